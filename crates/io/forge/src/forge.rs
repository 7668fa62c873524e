/// A service that shows the status of commits, and the project there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forge {
    /// GitHub.
    GitHub {
        /// The API's address, as `https://api.github.com` (`GITHUB_API_URL`).
        api: String,
        /// The repository, as `sagemath/sage-oci`.
        repository: String,
    },
    /// GitLab.
    GitLab {
        /// The API's address, as `https://gitlab.com/api/v4` (`CI_API_V4_URL`).
        api: String,
        /// The project's number, or its path.
        project: String,
    },
}

impl Forge {
    pub(crate) fn api(&self) -> &str {
        match self {
            Self::GitHub { api, .. } | Self::GitLab { api, .. } => api,
        }
    }

    /// The parts of the path behind the API's address.
    pub(crate) fn path<'a>(&'a self, commit: &'a str) -> Vec<&'a str> {
        match self {
            Self::GitHub { repository, .. } => {
                let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
                vec!["repos", owner, name, "statuses", commit]
            }
            // A path in one piece, its slashes escaped.
            Self::GitLab { project, .. } => vec!["projects", project, "statuses", commit],
        }
    }
}
