use crate::Observed;

/// A traced program that has ended, and with it all that it had started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub how: How,
    /// What it asked.
    pub observed: Observed,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It ran longer than [`Launch::limit`](crate::Launch::limit) and was ended.
    OutOfTime,
}

impl How {
    /// Whether it ended by itself and well.
    pub fn succeeded(self) -> bool {
        self == Self::Exited(0)
    }
}
