/// How it keeps images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Docker's own store.
    GraphDriver,
    /// Docker on containerd's store.
    Containerd,
    /// Podman.
    Podman,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// How it keeps images.
    pub kind: Kind,
    /// Its version.
    pub version: String,
    /// The API that it speaks.
    pub api: String,
    /// Its machine, in Go's word; nothing is said where it is empty.
    pub machine: String,
}

impl About {
    /// An engine of this kind and version.
    pub fn new(kind: Kind, version: &str, api: &str) -> Self {
        Self { kind, version: version.to_owned(), api: api.to_owned(), machine: String::new() }
    }

    /// Docker 20.10, as Debian 12 has it.
    pub fn docker_20() -> Self {
        Self::new(Kind::GraphDriver, "20.10.24", "1.41")
    }

    /// Docker 28.5.
    pub fn docker_28() -> Self {
        Self::new(Kind::GraphDriver, "28.5.1", "1.51")
    }

    /// Docker 28.5 on containerd's store.
    pub fn containerd() -> Self {
        Self::new(Kind::Containerd, "28.5.1", "1.51")
    }

    /// Podman 4.3, as Debian 12 has it.
    pub fn podman() -> Self {
        Self::new(Kind::Podman, "4.3.1", "1.41")
    }

    /// The same on another machine.
    pub fn on(self, machine: &str) -> Self {
        Self { machine: machine.to_owned(), ..self }
    }
}
