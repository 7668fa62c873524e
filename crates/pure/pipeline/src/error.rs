/// Why it cannot be said what a job does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum PipelineError {
    /// A variable that the service always sets is not there.
    #[error("{service} should set `{variable}`, and it is not set")]
    #[hint("run the job as the service starts it, or unset the variable that names the service")]
    Missing {
        /// The service.
        service: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// A variable that cannot be read.
    #[error("the variable `{variable}` is {value:?}: {why}")]
    #[hint("rename the branch or tag, or run the job as the service starts it")]
    Unreadable {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// Two variables that cannot both be true.
    #[error("the variables `{first}` and `{second}` contradict each other")]
    #[hint("unset the one that is not meant: a job has one service and one branch or tag")]
    Contradiction {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A version that a YAML file gave as a number.
    #[error("`{variable}` is `{value}`{}: YAML reads 10.0 as the number 10, and 10.10 as 10.1", instead(meant.as_deref()))]
    #[hint("put the version into quotes in the YAML file, as \"10.0\"")]
    YamlNumber {
        /// The variable.
        variable: &'static str,
        /// What is left of the version.
        value: String,
        /// The tag that it should have been.
        meant: Option<String>,
    },
    /// The event's file is not what GitHub writes.
    #[error("the event's description cannot be read: {why}")]
    #[hint("`GITHUB_EVENT_PATH` should name the JSON file that GitHub writes")]
    Event {
        /// What is wrong.
        why: String,
    },
    /// The configuration is not TOML, has a key that nobody reads, or a value of the wrong kind.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file's name as the caller gave it.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The configuration, or a result, was written for a newer program.
    #[error("{file} has format {found}, this program knows format {known}")]
    #[hint("update sage-oci")]
    Newer {
        /// The file's name.
        file: String,
        /// Its format.
        found: u64,
        /// The newest that we know.
        known: u64,
    },
    /// A result of another job is not what this program writes.
    #[error("{file}:{line}: {message}")]
    #[hint(
        "the jobs of one pipeline must run one version of sage-oci: remove the file, and run the job that wrote it again"
    )]
    Outcome {
        /// The file's name as the caller gave it.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A place to push to that no registry takes.
    #[error("`{prefix}` is no place for images: {why}")]
    #[hint("name a registry and a namespace in lower case, as ghcr.io/sagemath")]
    BadPrefix {
        /// The place.
        prefix: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What a version should have been.
fn instead(tag: Option<&str>) -> String {
    tag.map_or_else(String::new, |tag| format!(", and the tag is `{tag}`"))
}
