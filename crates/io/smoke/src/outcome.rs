use crate::Verdict;
use crate::trouble::Trouble;
use sage_oci_checks::{Answer, Check};
use sage_oci_engine::{RunOutput, State};
use serde::Serialize;
use std::time::Duration;

/// What became of one check, or of one step of a check that has several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The check's name; of a step `check: step`.
    pub name: String,
    /// The heading it stands under.
    pub group: String,
    /// The rows of the contract that it proves.
    pub proves: Vec<String>,
    /// The command.
    pub command: Vec<String>,
    /// How it ended.
    pub result: Verdict,
    /// What differs from the expected, or the reason it was skipped; where it passed what is to be known, mostly nothing.
    pub message: String,
    /// How long it took, in seconds, with making and removing its container.
    pub seconds: f64,
    /// The exit status, where there is one.
    pub exit_code: Option<i64>,
    /// Whether the kernel killed something for want of memory.
    pub oom: bool,
    /// The end of standard output and standard error, where the check did not pass; of doctests the failures.
    pub output_tail: String,
    /// Commands with which a person looks into the container, where the check did not pass.
    pub enter: Vec<String>,
}

/// How much of each stream a report shows, in bytes.
const TAIL: usize = 4096;

impl Outcome {
    /// The outcome of a command that was run.
    pub(crate) fn of(check: &Check, output: &RunOutput) -> Self {
        let mut outcome = Self::passed(check, output.took);
        outcome.exit_code = output.exit;
        outcome.oom = output.oom;
        if let Err(trouble) = judge(check, output) {
            outcome = outcome.with(trouble);
            outcome.output_tail = tail(&output.stdout, &output.stderr);
        }
        outcome
    }

    /// The outcome of a check with which all is well so far.
    pub(crate) fn passed(check: &Check, took: Duration) -> Self {
        Self {
            name: check.name.clone(),
            group: check.group.clone(),
            proves: check.proves.clone(),
            command: check.command.clone(),
            result: Verdict::Passed,
            message: String::new(),
            seconds: seconds(took),
            exit_code: None,
            oom: false,
            output_tail: String::new(),
            enter: Vec::new(),
        }
    }

    /// The outcome of a check that was not run.
    pub(crate) fn skipped(check: &Check, reason: &str) -> Self {
        let message = reason.to_owned();
        Self { result: Verdict::Skipped, message, ..Self::passed(check, Duration::ZERO) }
    }

    /// The same with what went wrong.
    pub(crate) fn with(self, trouble: Trouble) -> Self {
        Self { result: trouble.verdict, message: trouble.message, ..self }
    }

    /// The same with what the engine says of the container and the end of its log.
    pub(crate) fn with_container(self, state: State, log: &[u8]) -> Self {
        Self { exit_code: state.exit, oom: state.oom, output_tail: tail(log, b""), ..self }
    }

    /// Whether the image is worse for it.
    pub fn is_bad(&self) -> bool {
        !matches!(self.result, Verdict::Passed | Verdict::Skipped)
    }
}

/// Decides over what a command left behind.
pub(crate) fn judge(check: &Check, output: &RunOutput) -> Result<(), Trouble> {
    let memory = if output.oom { "; the memory limit was hit" } else { "" };
    let Some(exit) = output.exit else {
        return Err(Trouble::late(format!("no end within {} seconds{memory}", check.timeout.as_secs())));
    };
    let stdout = String::from_utf8_lossy(&output.stdout);
    let answer = Answer { exit, stdout: &stdout, file: output.artefact.as_deref() };
    check.expect.judge(&answer).map_err(|why| Trouble::failed(why + memory))
}

/// Seconds with milliseconds.
pub(crate) fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

/// The ends of both streams, the second marked where there is one. Control characters but for line ends are escaped.
fn tail(stdout: &[u8], stderr: &[u8]) -> String {
    let end = |bytes: &[u8]| readable(String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).trim_end());
    match (end(stdout), end(stderr)) {
        (out, err) if err.is_empty() => out,
        (out, err) if out.is_empty() => err,
        (out, err) => format!("{out}\n-- standard error --\n{err}"),
    }
}

/// A text whose control characters but for line ends are escaped.
pub(crate) fn readable(text: &str) -> String {
    let escape = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_show_both_streams_without_control_characters() {
        assert_eq!(tail(b"a\n", b""), "a");
        assert_eq!(tail(b"", b"\x1b[1mb"), "\\u{1b}[1mb");
        assert_eq!(tail(b"a", b"b"), "a\n-- standard error --\nb");
        assert_eq!(tail(&vec![b'x'; 10_000], b"").len(), TAIL);
    }
}
