use serde::Serialize;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The answer is the one expected.
    Passed,
    /// The answer is another one.
    Failed,
    /// The deadline ended it.
    TimedOut,
    /// The engine could not run it, so nothing is known.
    Broken,
    /// It does not hold for this channel or image, or this machine lacks what it takes.
    Skipped,
}
