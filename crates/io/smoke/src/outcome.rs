use sage_oci_checks::{Answer, Check, FileExpect};
use sage_oci_engine::{EngineError, RunOutput};
use serde::Serialize;
use std::time::Duration;

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The answer is the one expected.
    Passed,
    /// The answer is another one.
    Failed,
    /// The deadline ended the command.
    TimedOut,
    /// The engine could not run the command, so nothing is known.
    Broken,
    /// The check does not hold for this channel.
    Skipped,
}

/// What became of one check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The check's name.
    pub name: String,
    /// The command.
    pub command: Vec<String>,
    /// How it ended.
    pub result: Verdict,
    /// What differs from the expected, or the reason it was skipped; empty where it passed.
    pub message: String,
    /// How long it took, in seconds, with making and removing its container.
    pub seconds: f64,
    /// The exit status, where there is one.
    pub exit_code: Option<i64>,
    /// Whether the kernel killed something for want of memory.
    pub oom: bool,
    /// The end of standard output and standard error, where the check did not pass.
    pub output_tail: String,
}

/// How much of each stream a report shows, in bytes.
const TAIL: usize = 4096;

impl Outcome {
    /// The outcome of a command that was run.
    pub(crate) fn of(check: &Check, output: &RunOutput) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let judged = match output.exit {
            None => Err((Verdict::TimedOut, format!("no end within {} seconds", check.timeout.as_secs()))),
            Some(exit) => check
                .expect
                .judge(&Answer { exit, stdout: &stdout, file: output.artefact.as_deref() })
                .map_err(|why| (Verdict::Failed, why)),
        };
        let mut outcome = Self::new(check, output.took);
        outcome.exit_code = output.exit;
        outcome.oom = output.oom;
        if let Err((result, why)) = judged {
            outcome.result = result;
            outcome.message = if output.oom { format!("{why}; the memory limit was hit") } else { why };
            outcome.output_tail = tail(&output.stdout, &output.stderr);
        }
        outcome
    }

    /// The outcome of a command that the engine could not run.
    pub(crate) fn broken(check: &Check, error: &EngineError, took: Duration) -> Self {
        let chain = std::iter::successors(std::error::Error::source(error), |error| error.source());
        let message = chain.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
        Self { result: Verdict::Broken, message, ..Self::new(check, took) }
    }

    /// The outcome of a check that does not hold for the channel.
    pub(crate) fn skipped(name: &str, reason: &str) -> Self {
        Self {
            name: name.to_owned(),
            command: Vec::new(),
            result: Verdict::Skipped,
            message: reason.to_owned(),
            seconds: 0.0,
            exit_code: None,
            oom: false,
            output_tail: String::new(),
        }
    }

    fn new(check: &Check, took: Duration) -> Self {
        Self {
            command: check.command.clone(),
            result: Verdict::Passed,
            seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
            ..Self::skipped(&check.name, "")
        }
    }

    /// Whether the image is worse for it.
    pub fn is_bad(&self) -> bool {
        !matches!(self.result, Verdict::Passed | Verdict::Skipped)
    }
}

/// The file a check wants to see afterwards.
pub(crate) fn artefact(check: &Check) -> Option<String> {
    check.expect.file.as_ref().map(|FileExpect { path, .. }| path.clone())
}

/// The ends of both streams, the second marked where there is one. Control characters but for line ends are escaped.
fn tail(stdout: &[u8], stderr: &[u8]) -> String {
    let end = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).into_owned();
        let escape = |c: char| match c {
            '\n' | '\t' => c.to_string(),
            c if c.is_control() => c.escape_default().to_string(),
            c => c.to_string(),
        };
        text.trim_end().chars().map(escape).collect::<String>()
    };
    match (end(stdout), end(stderr)) {
        (out, err) if err.is_empty() => out,
        (out, err) if out.is_empty() => err,
        (out, err) => format!("{out}\n-- standard error --\n{err}"),
    }
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
