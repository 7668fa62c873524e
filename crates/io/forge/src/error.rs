use sage_oci_http::{BadProxy, Broken};

/// Why a commit has no status.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ForgeError {
    /// The API's address is none.
    #[error("`{address}` is no address for a token: {why}")]
    #[hint("it must begin with https://, or with http:// for this machine")]
    BadAddress {
        /// The address.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A variable that should hold a proxy.
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    /// No answer came.
    #[error("the commit's status was not set: {host}: {source}")]
    NoAnswer {
        /// Who was asked.
        host: String,
        /// What went wrong.
        source: Broken,
    },
    /// The service refuses.
    #[error("the commit's status was not set: {host} answered with status {code}")]
    #[hint("the token must be allowed to write statuses: `statuses: write` on GitHub, the scope `api` on GitLab")]
    Refused {
        /// Who was asked.
        host: String,
        /// Its status.
        code: u16,
    },
}
