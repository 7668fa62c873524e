use serde::Serialize;
use std::path::PathBuf;

/// The version of [`Machine`]'s JSON form; it grows when a field changes its meaning or goes away.
pub const FORMAT: u32 = 1;

/// What a machine is, as far as building and running images depends on it. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// [`FORMAT`].
    pub format: u32,
    /// Processor cores this process may use.
    pub cores: usize,
    /// The processor's architecture as the kernel names it.
    pub architecture: String,
    /// All memory.
    pub memory_total: u64,
    /// Memory that can be had without swapping.
    pub memory_available: u64,
    /// The places that fill up: our cache, the Nix store, the engine's images.
    pub disks: Vec<Disk>,
    /// The kernel's release.
    pub kernel: String,
    /// The distribution, if `/etc/os-release` names one.
    pub distribution: Option<Distribution>,
    /// The container engine.
    pub engine: Engine,
    /// Nix, if its programs are found.
    pub nix: Option<Nix>,
    /// `vm.overcommit_memory`: 2 makes programs fail that reserve much and use little, as Sage's do.
    pub overcommit: Option<u8>,
    /// How many user namespaces may exist; none or zero means that a build sandbox is for root only.
    pub user_namespaces: Option<u64>,
    /// Control groups.
    pub cgroup: Cgroup,
    /// Whether this process runs as root.
    pub root: bool,
    /// Whether `sudo` is installed.
    pub sudo: bool,
    /// Whether `apt-get` is installed.
    pub apt: bool,
    /// What starts services here.
    pub init: Init,
    /// Which of [`crate::CHECK_PROGRAMS`] are installed.
    pub check_programs: Vec<String>,
}

/// A place and the room that is left there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// What it is for, as a person would say it.
    pub purpose: String,
    /// The place; it may not exist yet.
    pub path: PathBuf,
    /// The file system's number: equal numbers share their free space.
    pub device: u64,
    /// Free bytes there.
    pub free: u64,
    /// Bytes that one image needs there.
    pub needed: u64,
}

/// What `/etc/os-release` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// `ID`: `debian`.
    pub id: String,
    /// `VERSION_ID`: `12`; Debian's testing and sid have none.
    pub version: Option<String>,
    /// `PRETTY_NAME`.
    pub name: String,
}

/// The container engine: a client may be there without a daemon, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Engine {
    /// The version of the `docker` client, if there is one. Only people need it: this program speaks to the daemon itself.
    pub client: Option<String>,
    /// The daemon's program on this machine, if found.
    pub program: Option<PathBuf>,
    /// Where the daemon is expected: `DOCKER_HOST` or the usual socket.
    pub address: String,
    /// What came from there.
    pub daemon: Daemon,
}

/// Whether the engine's daemon answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Daemon {
    /// It does.
    Answers {
        /// Its version.
        version: String,
        /// Its name: `Engine` for Docker, `Podman Engine` for podman.
        name: String,
    },
    /// It is there, but this user may not speak to it.
    Denied,
    /// Nothing answers.
    Silent {
        /// Why not.
        why: String,
    },
    /// The address is of a kind that is not probed here (`ssh://`, TLS).
    Unprobed,
}

impl Daemon {
    /// The program that people talk to it with.
    pub(crate) fn client(&self) -> &'static str {
        match self {
            Self::Answers { name, .. } if name.contains("Podman") => "podman",
            _ => "docker",
        }
    }
}

/// Nix on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nix {
    /// Its version; none where `nix-store` is there and does not say it.
    pub version: Option<String>,
    /// How this user can build with it.
    pub access: NixAccess,
    /// Whether the group `nixbld` exists. Root alone does well without it, with an empty `build-users-group`.
    pub build_group: bool,
}

/// How this user reaches the Nix store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NixAccess {
    /// Writes it directly: root, or the owner of a single-user installation.
    Direct,
    /// Through the daemon.
    Daemon,
    /// A store of its own, or another machine's: `NIX_REMOTE` says which.
    Named,
    /// The daemon's socket is closed to this user.
    Denied,
    /// There is neither a store that this user may write nor a daemon.
    None,
}

/// Which control groups are mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cgroup {
    /// Version 1, one hierarchy a controller.
    V1,
    /// Version 2, the unified hierarchy.
    V2,
    /// None: no engine can start a container.
    None,
}

/// What starts services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// systemd runs.
    Systemd,
    /// It does not, but the `service` command and its scripts are there.
    Service,
    /// Neither, as in many containers.
    None,
}
