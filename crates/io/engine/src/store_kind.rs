/// How an engine keeps images; it decides what can be left out of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Docker's own store: layers known by chain id, image Id is the config's digest.
    GraphDriver,
    /// Docker on containerd's store: blobs known by digest, image Id is the manifest's digest.
    Containerd,
    /// Podman: image Id is the config's digest.
    Podman,
}

impl StoreKind {
    /// The program that people talk to such an engine with: the one place that decides what commands for them begin with.
    pub fn client(self) -> &'static str {
        match self {
            Self::GraphDriver | Self::Containerd => "docker",
            Self::Podman => "podman",
        }
    }
}

impl std::fmt::Display for StoreKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::GraphDriver => "classic graph driver",
            Self::Containerd => "containerd store",
            Self::Podman => "podman",
        })
    }
}
