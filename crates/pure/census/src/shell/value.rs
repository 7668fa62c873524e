/// A value, or `None` where only a run could tell.
pub(super) type Value = Option<String>;

/// What a script knows of a variable; of one that it never spoke of, the environment decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Variable {
    Text(String),
    Unset,
    /// Only a run could tell, whether it is set, too.
    Unknown,
}

impl From<Value> for Variable {
    fn from(value: Value) -> Self {
        value.map_or(Self::Unknown, Self::Text)
    }
}

/// Whether a command succeeds, as far as it is known without running it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Failure,
    /// It depends on the machine; a script that behaves differently by it is not understood.
    Either,
}

impl Status {
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Success => Self::Failure,
            Self::Failure => Self::Success,
            Self::Either => Self::Either,
        }
    }
}

impl From<bool> for Status {
    fn from(success: bool) -> Self {
        if success { Self::Success } else { Self::Failure }
    }
}
