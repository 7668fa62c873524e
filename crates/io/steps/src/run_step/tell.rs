use super::error::RunError;
use crate::enclosure::{Enclosed, Ran};

/// How many lines of a failed command's output are shown.
const LINES: usize = 60;
/// What gcc's driver says where its compiler was killed; it exits with a status then.
const KILLED: &str = "Killed signal terminated program";
/// SIGKILL, which the kernel sends where memory runs out.
const SIGKILL: i32 = 9;

/// The error of the command that failed, if one did.
pub(crate) fn outcome(subject: &str, commands: &[String], enclosed: &Enclosed) -> Result<(), RunError> {
    let Some((ran, command)) = enclosed.ran.iter().zip(commands).find(|(ran, _)| !ran.succeeded()) else {
        return Ok(());
    };
    let (subject, command) = (subject.to_owned(), command.clone());
    let output = last_lines(&enclosed.log);
    let killed = ran.killed_by().or_else(|| output.contains(KILLED).then_some(SIGKILL));
    Err(match killed {
        Some(signal) => RunError::Killed { subject, command, signal, output },
        None => RunError::Failed { subject, command, status: ran.code.unwrap_or_default(), output },
    })
}

/// The end of an output; all of it where it is short.
pub(crate) fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end().lines().collect();
    let left_out = lines.len().saturating_sub(LINES);
    let shown = lines[left_out..].join("\n");
    if left_out == 0 { shown } else { format!("({left_out} lines before)\n{shown}") }
}

/// How long each command took: `cython 0.8 s, cc 2.1 s`.
pub(crate) fn times(commands: &[String], ran: &[Ran]) -> String {
    let times = commands.iter().zip(ran).map(|(command, ran)| {
        let tenths = ran.milliseconds / 100;
        format!("{} {}.{} s", program(command), tenths / 10, tenths % 10)
    });
    times.collect::<Vec<_>>().join(", ")
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

    fn enclosed(code: Option<i32>, signal: Option<i32>, log: &str) -> Enclosed {
        let fine = Ran { milliseconds: 840, code: Some(0), signal: None };
        Enclosed { ran: vec![fine, Ran { milliseconds: 2199, code, signal }], log: log.to_owned() }
    }

    fn commands() -> Vec<String> {
        vec!["/usr/bin/cython -3 a.pyx".to_owned(), "cc a.c".to_owned(), "ld a.o".to_owned()]
    }

    #[test]
    fn a_success_is_one_line_of_times() {
        let enclosed = enclosed(Some(0), None, "warning: x");
        outcome("demo", &commands(), &enclosed).unwrap();
        assert_eq!(times(&commands(), &enclosed.ran), "cython 0.8 s, cc 2.1 s");
    }

    #[test]
    fn a_failure_shows_the_end_of_the_output() {
        let log: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let text = outcome("demo", &commands(), &enclosed(Some(1), None, &log)).unwrap_err().to_string();
        assert!(text.starts_with("demo: `cc a.c` failed with status 1\n(40 lines before)\nline 40\n"), "{text}");
        assert!(text.ends_with("line 99"), "{text}");
        assert_eq!(last_lines("a\nb\n"), "a\nb");
    }

    #[test]
    fn whoever_was_killed_may_have_lacked_memory() {
        let gcc = "gcc: fatal error: Killed signal terminated program cc1\ncompilation terminated.";
        for enclosed in [enclosed(None, Some(9), ""), enclosed(Some(137), None, ""), enclosed(Some(1), None, gcc)] {
            let error = outcome("demo", &commands(), &enclosed).unwrap_err();
            assert!(error.to_string().contains("killed by signal 9"), "{error}");
            assert!(error.hint().unwrap().contains("memory"), "{error}");
        }
        let error = outcome("demo", &commands(), &enclosed(Some(127), None, "")).unwrap_err();
        assert!(matches!(error, RunError::Failed { status: 127, .. }));
    }
}
