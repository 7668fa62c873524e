use crate::Verdict;
use sage_oci_engine::{EngineError, State};
use sage_oci_hint::Hint as _;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// How it ended.
    pub verdict: Verdict,
    /// What is not as expected.
    pub message: String,
}

impl Trouble {
    /// The answer is another one.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, message: message.into() }
    }

    /// The time is over.
    pub fn late(message: impl Into<String>) -> Self {
        Self { verdict: Verdict::TimedOut, message: message.into() }
    }

    /// Nothing is known.
    pub fn broken(message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Broken, message: message.into() }
    }

    /// The container ended where it should have stayed.
    pub fn ended(state: State, before: &str) -> Self {
        let status = state.exit.map_or_else(|| "an unknown status".to_owned(), |exit| format!("exit status {exit}"));
        let memory = if state.oom { "; the memory limit was hit" } else { "" };
        Self::failed(format!("the container ended with {status} before {before}{memory}"))
    }
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self::from(&error)
    }
}

impl From<&EngineError> for Trouble {
    /// The error with its causes, and what to do.
    fn from(error: &EngineError) -> Self {
        let chain = std::iter::successors(std::error::Error::source(error), |error| error.source());
        let message = chain.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
        Self::broken(match error.hint() {
            Some(hint) => format!("{message} ({hint})"),
            None => message,
        })
    }
}
