use serde::Serialize;

/// Where a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// CircleCI.
    CircleCi,
    /// No service: a person's machine.
    Home,
}

impl Service {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab CI",
            Self::CircleCi => "CircleCI",
            Self::Home => "home",
        }
    }
}

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ref {
    /// A branch, by its name.
    Branch(String),
    /// A tag, by its name.
    Tag(String),
    /// A pull request, or merge request.
    PullRequest {
        /// Its number, where it is told.
        number: Option<u64>,
        /// Whose branch it is.
        origin: Origin,
    },
    /// Nobody says: at home.
    Untold,
}

/// Whose branch a pull request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The repository's own.
    Own,
    /// A fork's.
    Fork,
    /// The service does not tell.
    Untold,
}

/// Whether the service says that only chosen people can write a ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// It says so.
    Protected,
    /// It says that it is not so.
    Unprotected,
    /// It does not tell.
    Untold,
}

impl std::fmt::Display for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Branch(name) => write!(f, "branch {name}"),
            Self::Tag(name) => write!(f, "tag {name}"),
            Self::PullRequest { number: Some(number), .. } => write!(f, "pull request {number}"),
            Self::PullRequest { number: None, .. } => write!(f, "a pull request"),
            Self::Untold => write!(f, "no ref"),
        }
    }
}
