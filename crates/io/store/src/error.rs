use crate::NixVersion;
use sage_oci_derivation::DerivationError;
use sage_oci_files::FileError;
use sage_oci_names::StorePath;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What can go wrong between us and Nix.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum StoreError {
    /// There is no `nix-store`.
    #[error("Nix is not installed: `nix-store` is neither on PATH nor where Nix's installers put it")]
    #[hint("on Debian: `apt-get install nix-bin` as root, and `nix-setup-systemd` too for use by other users")]
    NotInstalled,
    /// This Nix is too old.
    #[error("Nix {version} is too old; {oldest} or newer is needed", oldest = NixVersion::OLDEST)]
    #[hint("install a newer Nix: https://nixos.org/download, or Debian's `nix-bin`")]
    TooOld {
        /// The version found.
        version: NixVersion,
    },
    /// A program that is called `nix-store` does not answer like one.
    #[error("`{program}` does not say its version, but: {output}")]
    #[hint("look what `{}` is, and put Nix's own before it on PATH", program.display())]
    NotNix {
        /// The program.
        program: PathBuf,
        /// What it says.
        output: String,
    },
    /// There is neither a store that may be written nor a daemon.
    #[error(
        "Nix is there, but no store that this user can use: they may not write `{state}`, and no Nix daemon listens at `{socket}`"
    )]
    #[hint(
        "run this as root; or let root start the daemon (Debian: `apt-get install nix-setup-systemd`, where systemd \
         does not run also `nix-daemon`; then join the group `nix-users`); or {OWN_STORE}"
    )]
    NoStore {
        /// Nix's state folder.
        state: PathBuf,
        /// Where a daemon's socket would be.
        socket: PathBuf,
    },
    /// The daemon's socket is closed to this user.
    #[error("Nix is there, but its daemon's socket `{socket}` is not open to this user")]
    #[hint(
        "join the group that may use it (Debian: `sudo usermod -aG nix-users $USER`) and log in anew; or {OWN_STORE}"
    )]
    DaemonDenied {
        /// The socket.
        socket: PathBuf,
    },
    /// A program cannot be started, or talking to it failed.
    #[error("cannot run `{program}`")]
    Run {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A derivation or an archive cannot be written.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// A path that is not in the store, or not registered there.
    #[error("{path} is not a valid path of the Nix store: it is not there, or Nix does not know it")]
    #[hint(
        "build or fetch it: `nix-store --realise {path}`; what was only copied there must be added: `nix-store --add`"
    )]
    NotValid {
        /// The path.
        path: StorePath,
    },
    /// Nix answered in a form that is not known here.
    #[error("Nix was to {action}, but its answer cannot be read")]
    #[hint("tell the developers which version of Nix this is")]
    Unreadable {
        /// What it was asked, as a verb.
        action: &'static str,
    },
    /// Nix did not do what it was asked.
    #[error("Nix could not {action}: {message}")]
    #[hint(with = look_further(message, log.as_deref()))]
    Failed {
        /// What it was asked, as a verb.
        action: &'static str,
        /// Its own words.
        message: String,
        /// The whole log, where one was kept.
        log: Option<PathBuf>,
    },
    /// The disk is full.
    #[error("Nix could not {action}: no space is left on the device: {message}")]
    #[hint(
        "free space where /nix lies, `nix-store --gc` removes what nothing uses, and where Nix builds: TMPDIR, or /tmp"
    )]
    NoSpace {
        /// What it was asked, as a verb.
        action: &'static str,
        /// Its own words.
        message: String,
        /// The whole log, where one was kept.
        log: Option<PathBuf>,
    },
    /// The store may not be written.
    #[error("Nix could not {action}: the store may not be written: {message}")]
    #[hint("check the mount options and the owner of /nix, or use the Nix daemon")]
    ReadOnly {
        /// What it was asked, as a verb.
        action: &'static str,
        /// Its own words.
        message: String,
        /// The whole log, where one was kept.
        log: Option<PathBuf>,
    },
    /// The Nix daemon takes no unsigned objects from this user.
    #[error("Nix could not {action}: its daemon does not trust this user: {message}")]
    #[hint("add this user to `trusted-users` in /etc/nix/nix.conf and restart nix-daemon, or run as root")]
    NotTrusted {
        /// What it was asked, as a verb.
        action: &'static str,
        /// Its own words.
        message: String,
    },
    /// A build failed.
    #[error("{derivation} could not be built: {reason}{}", tail(.lines))]
    #[hint("the whole log is in {}", log.display())]
    BuildFailed {
        /// The derivation.
        derivation: StorePath,
        /// Nix's own words.
        reason: String,
        /// The builder's exit status, where it ran and ended by itself.
        status: Option<i32>,
        /// The last lines that it wrote, 20 at most.
        lines: Vec<String>,
        /// How many further derivations failed by themselves.
        others: usize,
        /// The whole log of all builds.
        log: PathBuf,
    },
    /// Builds stood still for longer than [`Settings::patience`](crate::Settings::patience), and were ended.
    #[error(
        "{} hung: neither output nor processor time for {} s{}",
        derivations.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        idle.as_secs(),
        tail(.processes)
    )]
    #[hint(
        "try again; a longer `--stall-timeout` gives a slow machine more time. The whole log is in {}",
        log.display()
    )]
    Stalled {
        /// The derivations that were being built.
        derivations: Vec<StorePath>,
        /// How long nothing had happened.
        idle: Duration,
        /// Their processes, and where each one waited.
        processes: Vec<String>,
        /// The whole log of all builds.
        log: PathBuf,
    },
    /// Added files have another path than they were to have: their content is not what the path promises.
    #[error("the files added as `{expected}` became `{actual}`: their content is not the one that was promised")]
    #[hint("remove the files from the cache, so that they are fetched anew")]
    WrongContent {
        /// The path that was promised.
        expected: StorePath,
        /// What Nix made of them.
        actual: String,
    },
    /// Nix computes another path for a derivation than we do; this is a bug, here or there.
    #[error("Nix computes `{actual}` for the derivation `{expected}`")]
    #[hint("please report this, with the version of Nix")]
    Disagreement {
        /// Our path.
        expected: StorePath,
        /// Nix's.
        actual: String,
    },
    /// Someone stopped it: Ctrl-C, a termination signal, or the caller.
    #[error("interrupted while Nix was to {action}")]
    Interrupted {
        /// What it was asked, as a verb.
        action: &'static str,
    },
}

/// What a user can do without root, as the end of a sentence. It takes user namespaces: Nix shows builders the store at `/nix/store`.
pub const OWN_STORE: &str = "build in a store of your own: `export NIX_REMOTE=\"local?root=$HOME/nix\"`";

/// What can be done where Nix failed, by its words.
fn look_further(message: &str, log: Option<&Path>) -> Option<String> {
    if message.contains("user namespaces are not enabled") {
        return Some(
            "allow user namespaces (in a container: start it with `--privileged`), or give the sandbox up: \
             `NIX_CONFIG='sandbox = false'`; the builder reads nothing but its inputs either way"
                .to_owned(),
        );
    }
    log.map(|log| format!("the whole log is in {}", log.display()))
}

impl StoreError {
    /// Whether the same call can succeed later without anything being mended.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::Interrupted { .. } | Self::Stalled { .. } => true,
            Self::File(error) => error.should_retry(),
            Self::Failed { message, .. } => {
                ["database is busy", "Connection refused", "timed out"].iter().any(|sign| message.contains(sign))
            }
            _ => false,
        }
    }

    /// The whole log, where one was kept.
    pub fn log(&self) -> Option<&Path> {
        match self {
            Self::BuildFailed { log, .. } | Self::Stalled { log, .. } => Some(log),
            Self::Failed { log, .. } | Self::NoSpace { log, .. } | Self::ReadOnly { log, .. } => log.as_deref(),
            _ => None,
        }
    }
}

/// The builder's last lines as the end of a message.
fn tail(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  > {line}")).collect()
}
