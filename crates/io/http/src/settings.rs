use std::time::Duration;

/// What requests of this program call themselves, where nothing else is said.
pub const USER_AGENT: &str = concat!("sage-oci/", env!("CARGO_PKG_VERSION"));

/// How connections behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the requests call themselves.
    pub user_agent: String,
    /// How long a name look-up and a connection may take, each.
    pub connect_timeout: Duration,
    /// How long the other side may say or take nothing.
    pub quiet_timeout: Duration,
    /// Connections that are kept open for the next request, in all and for one host.
    pub idle: usize,
    /// How many redirects are followed; with 0 the caller gets the redirect itself.
    pub redirects: u32,
}
