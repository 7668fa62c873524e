use sage_oci_fetch::FetchError;
use sage_oci_tags::ImageVersion;

/// Why an index of packages did not say where a version is.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum IndexError {
    /// It did not answer, or answered with an error.
    #[error("the index of packages cannot be read")]
    #[hint("look at the network, or name a mirror of the index with `--index`")]
    Fetch(#[source] FetchError),
    /// It was stopped.
    #[error("stopped")]
    Stopped,
    /// It knows nothing of the project.
    #[error("{index} has no project `{project}`")]
    #[hint("`--index` takes what pip takes as its index, as https://pypi.org/simple")]
    NoProject {
        /// The index, without a password.
        index: String,
        /// The project.
        project: String,
    },
    /// The answer is something else.
    #[error("{index} does not answer in the form of Python's simple API in JSON: {source}")]
    #[hint("a mirror that has pages alone does not do: name another with `--index`")]
    NotAnIndex {
        /// The index, without a password.
        index: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There is no such version.
    #[error("`{project}` has no version {version}; the newest are {newest}")]
    #[hint("`sage-oci lock --sage --check` says which are newer than the pinned ones")]
    NoVersion {
        /// The project.
        project: String,
        /// What was asked for.
        version: ImageVersion,
        /// The newest few.
        newest: String,
    },
    /// Nothing at all can be pinned.
    #[error("`{project}` has no version with a source archive")]
    #[hint("is `--index` a mirror of the whole index?")]
    Nothing {
        /// The project.
        project: String,
    },
    /// There are wheels alone, or an archive without size or digest.
    #[error("version {version} of `{project}` has no source archive whose size and SHA-256 are stated")]
    #[hint("ask again later, or another index; only a source archive can be pinned")]
    NoArchive {
        /// The project.
        project: String,
        /// The version.
        version: ImageVersion,
    },
    /// Its makers have taken it back.
    #[error("version {version} of `{project}` was taken back by its makers: {reason}")]
    #[hint("take another version")]
    Yanked {
        /// The project.
        project: String,
        /// The version.
        version: ImageVersion,
        /// What they say.
        reason: String,
    },
}
