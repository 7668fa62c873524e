use super::error::RunError;
use crate::enclosure::{Ended, Ran};
use std::collections::BTreeMap;

/// How many lines of a failed command's output are shown.
const SHOWN: usize = 60;
/// What gcc's driver says where its compiler was killed; it exits with a status then.
const KILLED: &str = "Killed signal terminated program";
/// SIGKILL, which the kernel sends where memory runs out.
const SIGKILL: i32 = 9;

/// The error of the command that failed, if one did.
pub(crate) fn outcome(subject: &str, lines: &[&str], ended: &[Option<Ended>]) -> Result<(), RunError> {
    let mut all = ended.iter().zip(lines).filter_map(|(ended, line)| Some((ended.as_ref()?, line)));
    let Some((Ended { ran, log }, line)) = all.find(|(ended, _)| !ended.ran.succeeded()) else {
        return Ok(());
    };
    let (subject, command) = (subject.to_owned(), (*line).to_owned());
    let output = last_lines(log);
    Err(match killed_by(ran, &output) {
        Some(signal) => RunError::Killed { subject, command, signal, output },
        None => RunError::Failed { subject, command, status: ran.code.unwrap_or_default(), output },
    })
}

/// The signal that ended a program, or one that it waited for.
fn killed_by(ran: &Ran, output: &str) -> Option<i32> {
    ran.killed_by().or_else(|| output.contains(KILLED).then_some(SIGKILL))
}

/// The end of an output; all of it where it is short.
pub(crate) fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end().lines().collect();
    let left_out = lines.len().saturating_sub(SHOWN);
    let shown = lines[left_out..].join("\n");
    if left_out == 0 { shown } else { format!("({left_out} lines before)\n{shown}") }
}

/// How long each program took, in all its runs: `cython 0.8 s, cc (12 times) 21.5 s`.
pub(crate) fn times(lines: &[&str], ended: &[Option<Ended>]) -> String {
    let mut order: Vec<&str> = Vec::new();
    let mut sums: BTreeMap<&str, (u32, u64)> = BTreeMap::new();
    for (line, ended) in lines.iter().zip(ended) {
        let (name, Some(ended)) = (program(line), ended) else { continue };
        let sum = sums.entry(name).or_insert_with(|| {
            order.push(name);
            (0, 0)
        });
        *sum = (sum.0 + 1, sum.1 + ended.ran.milliseconds);
    }
    let one = |name: &&str| {
        let (runs, milliseconds) = sums[name];
        let times = if runs > 1 { format!(" ({runs} times)") } else { String::new() };
        format!("{name}{times} {}.{} s", milliseconds / 1000, milliseconds / 100 % 10)
    };
    order.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The name of the program that a line starts.
fn program(line: &str) -> &str {
    let first = line.split_whitespace().next().unwrap_or_default();
    first.rsplit('/').next().unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;

    const LINES: [&str; 4] = ["/usr/bin/cython -3 a.pyx", "cc a.c", "cc b.c", "ld a.o b.o"];

    fn ended(code: Option<i32>, signal: Option<i32>, log: &str) -> Vec<Option<Ended>> {
        let one = |milliseconds, code, signal, log: &str| {
            Some(Ended { ran: Ran { milliseconds, code, signal }, log: log.to_owned() })
        };
        vec![one(840, Some(0), None, "fine"), one(900, Some(0), None, ""), one(2199, code, signal, log), None]
    }

    #[test]
    fn a_success_is_one_line_of_times() {
        let ended = ended(Some(0), None, "warning: x");
        outcome("demo", &LINES, &ended).unwrap();
        assert_eq!(times(&LINES, &ended), "cython 0.8 s, cc (2 times) 3.0 s");
    }

    #[test]
    fn a_failure_shows_the_end_of_the_output() {
        let log: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let text = outcome("demo", &LINES, &ended(Some(1), None, &log)).unwrap_err().to_string();
        assert!(text.starts_with("demo: `cc b.c` failed with status 1\n(40 lines before)\nline 40\n"), "{text}");
        assert!(text.ends_with("line 99"), "{text}");
        assert_eq!(last_lines("a\nb\n"), "a\nb");
    }

    #[test]
    fn whoever_was_killed_may_have_lacked_memory() {
        let gcc = "gcc: fatal error: Killed signal terminated program cc1\ncompilation terminated.";
        for ended in [ended(None, Some(9), ""), ended(Some(137), None, ""), ended(Some(1), None, gcc)] {
            let error = outcome("demo", &LINES, &ended).unwrap_err();
            assert!(error.to_string().contains("killed by signal 9"), "{error}");
            assert!(error.hint().unwrap().contains("memory"), "{error}");
        }
        let error = outcome("demo", &LINES, &ended(Some(127), None, "")).unwrap_err();
        assert!(matches!(error, RunError::Failed { status: 127, .. }));
    }
}
