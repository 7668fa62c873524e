use sage_oci_engine::RunId;

/// How checks are run.
#[derive(Debug, Clone)]
pub struct SmokeOptions {
    /// How many run at once, at least one.
    pub jobs: usize,
    /// The run their containers belong to; a Ctrl-C handler removes them by it.
    pub run: RunId,
    /// Whether containers of checks that do not pass stay.
    pub keep: bool,
    /// The port of this machine that services are published at; a free one each where nothing is said.
    pub port: Option<u16>,
}
