use crate::Matcher;
use std::time::Duration;

/// How a check is carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Kind {
    /// A command that ends by itself.
    #[default]
    Command,
    /// A container that stays until it is stopped.
    Service(Service),
    /// A look at the image's own documents; nothing is run.
    Image(ImageExpect),
    /// A notebook server that is used through its published port.
    Notebook(Notebook),
}

/// A container that stays. What the check expects is the answer of `exec`, or without one the log until it is ready.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// What a line of its log must hold before it counts as ready.
    pub ready: Option<String>,
    /// The port, published on this machine, that must answer HTTP before it counts as ready.
    pub port: Option<u16>,
    /// Seconds until it must be ready.
    pub within: u64,
    /// A command to run in the container once it is ready.
    pub exec: Vec<String>,
    /// Seconds it may take to end after SIGTERM; it is not asked to where nothing is said.
    pub stop_within: Option<u64>,
    /// The exit statuses that it may end with then: its own 0, or 143 for the signal.
    pub stop_exit: Vec<i64>,
}

impl Default for Service {
    fn default() -> Self {
        Self { ready: None, port: None, within: 60, exec: Vec::new(), stop_within: None, stop_exit: vec![0, 143] }
    }
}

/// What an image's documents must say.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImageExpect {
    /// The user.
    pub user: Option<String>,
    /// The folder that commands start in.
    pub working_dir: Option<String>,
    /// The default command.
    pub cmd: Option<Vec<String>>,
    /// The entry point; an empty one means that there must be none.
    pub entrypoint: Option<Vec<String>>,
    /// Ports that must be exposed, as `8888/tcp`.
    pub ports: Vec<String>,
    /// Labels that must be there and not be empty.
    pub labels: Vec<String>,
    /// The fewest layers it may have.
    pub min_layers: Option<usize>,
    /// The most layers it may have.
    pub max_layers: Option<usize>,
}

/// A notebook server and what is done with it, each step a line of the report.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notebook {
    /// The port in the container.
    #[serde(default = "Notebook::default_port")]
    pub port: u16,
    /// The name of the kernel to use.
    pub kernel: String,
    /// Seconds until it must have said its address and answer.
    #[serde(default = "Notebook::default_seconds")]
    pub within: u64,
    /// Seconds until the kernel must be up.
    #[serde(default = "Notebook::default_seconds")]
    pub kernel_within: u64,
    /// What is run in the kernel, in this order.
    #[serde(default)]
    pub cell: Vec<Cell>,
    /// Seconds it may take to end after SIGTERM.
    #[serde(default = "Notebook::default_stop")]
    pub stop_within: u64,
    /// The exit statuses that it may end with then.
    #[serde(default = "Notebook::default_exit")]
    pub stop_exit: Vec<i64>,
}

impl Notebook {
    fn default_port() -> u16 {
        8888
    }

    fn default_seconds() -> u64 {
        60
    }

    fn default_stop() -> u64 {
        5
    }

    fn default_exit() -> Vec<i64> {
        vec![0, 143]
    }
}

/// A cell of a notebook and what it must answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// What the report calls it.
    pub name: String,
    /// The code.
    pub code: String,
    /// Its result, or what it displays, as plain text.
    pub text: Option<Matcher>,
    /// What it prints.
    pub stdout: Option<Matcher>,
    /// Whether it displays a picture as PNG.
    #[serde(default)]
    pub png: bool,
    /// The error that it must raise; none where nothing is said.
    pub error: Option<String>,
    /// Whether the kernel is interrupted as soon as the cell prints something.
    #[serde(default)]
    pub interrupt: bool,
    /// Seconds until it must have answered.
    #[serde(default = "Notebook::default_seconds")]
    pub timeout: u64,
}

impl Cell {
    /// How long it may take.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}
