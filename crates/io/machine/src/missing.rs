use crate::text::gigabytes;
use crate::{Cgroup, Daemon, Disk, Init, Machine, NixAccess};
use sage_oci_store::OWN_STORE;
use serde::Serialize;

/// What a command is going to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Nix, to build.
    pub nix: bool,
    /// A container engine, to import and run.
    pub engine: bool,
    /// Room for one image.
    pub disk: bool,
    /// Programs that some checks of an image run; see [`CHECK_PROGRAMS`].
    pub checks: bool,
}

/// The programs of this machine that checks of our images run, each with the Debian package that brings it. Nothing else
/// needs them, and a check whose program is missing is skipped.
pub const CHECK_PROGRAMS: [(&str, &str); 1] = [("qemu-x86_64-static", "qemu-user-static")];

impl Needs {
    /// All that building, importing and testing an image takes.
    pub const ALL: Needs = Needs { nix: true, engine: true, disk: true, checks: true };
}

/// Something a machine lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What, as a noun: `Nix`.
    pub what: String,
    /// What it is needed for, and what was found instead.
    pub why: String,
    /// How to get it.
    pub fix: Fix,
    /// Whether everything but some checks works without it.
    pub optional: bool,
}

/// A way to mend something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fix {
    /// Debian packages, without what they recommend.
    Install(Vec<String>),
    /// The engine's packages, and then its daemon.
    InstallEngine(Vec<String>),
    /// The engine's daemon, whose program is there.
    StartEngine,
    /// Only a person can do or decide this; the text says what.
    Advice(String),
}

impl Missing {
    /// Whether there are commands that mend it; all else is a person's to do.
    pub fn can_be_mended(&self) -> bool {
        !matches!(self.fix, Fix::Advice(_))
    }
}

/// Whether a machine that lacks these does all that images take, some checks of them apart.
pub fn is_fine(missing: &[Missing]) -> bool {
    missing.iter().all(|missing| missing.optional)
}

/// Whether commands would mend something that is needed. Where they would not, there is no reason to run any, or to fail for
/// want of them: what only some checks use can wait, and what only a person can do says so itself when it is in the way.
pub fn wants_mending(missing: &[Missing]) -> bool {
    missing.iter().any(|missing| !missing.optional && missing.can_be_mended())
}

/// What the machine lacks of what is needed, in the order in which it should be mended.
pub fn missing(machine: &Machine, needs: Needs) -> Vec<Missing> {
    let mut list = Vec::new();
    if needs.disk {
        list.extend(disk(machine));
    }
    if needs.nix {
        list.extend(nix(machine));
    }
    if needs.engine {
        list.extend(engine(machine));
    }
    if needs.checks {
        list.extend(check_programs(machine));
    }
    list
}

fn check_programs(machine: &Machine) -> impl Iterator<Item = Missing> {
    // They are about images for amd64, which other machines build, but do not test.
    let used = CHECK_PROGRAMS.into_iter().filter(|_| machine.architecture == "x86_64");
    let absent = used.filter(|(program, _)| !machine.check_programs.iter().any(|has| has == program));
    absent.map(|(program, package)| Missing {
        what: program.to_owned(),
        why: "a check runs the image's programs on the oldest processor with it, and is skipped without it".to_owned(),
        fix: match machine.apt {
            true => Fix::Install(vec![package.to_owned()]),
            false => Fix::Advice(format!("install what Debian calls {package}")),
        },
        optional: true,
    })
}

/// Why Nix cannot be used by somebody it is not open to.
const NO_STORE: &str =
    "it is installed, but this user may not write its store, and no daemon runs for those who are not root";

/// The way without root, as the end of a sentence, where the kernel lets Nix show builders that store at `/nix/store`.
fn own_store(machine: &Machine) -> String {
    machine.user_namespaces.filter(|most| *most > 0).map_or_else(String::new, |_| format!("; or {OWN_STORE}"))
}

fn nix(machine: &Machine) -> Option<Missing> {
    let found = |why: &str, fix: Fix| {
        Some(Missing { what: "Nix".to_owned(), why: format!("it builds the images; {why}"), fix, optional: false })
    };
    let Some(nix) = &machine.nix else {
        let mut packages = vec!["nix-bin".to_owned()];
        if !machine.root {
            // Other users build through the daemon, which this package sets up.
            packages.push("nix-setup-systemd".to_owned());
        }
        let fix = match (machine.apt, machine.root || machine.init == Init::Systemd) {
            (true, true) => Fix::Install(packages),
            (true, false) => Fix::Advice(
                "run this as root, who needs no Nix daemon; without systemd there is nothing to start one".to_owned(),
            ),
            (false, _) => Fix::Advice("install it as https://nixos.org/download says for your system".to_owned()),
        };
        return found("`nix-store` is neither on PATH nor where Nix's installers put it", fix);
    };
    if nix.version.is_none() {
        let fix = Fix::Advice("look what `nix-store --version` says, and put Nix's own before it on PATH".to_owned());
        return found("`nix-store` is there and does not say its version", fix);
    }
    match nix.access {
        NixAccess::Direct | NixAccess::Daemon | NixAccess::Named => None,
        NixAccess::Denied => found(
            "it is installed, but its daemon is not open to this user",
            Fix::Advice(format!(
                "join the group that may use it (Debian: `sudo usermod -aG nix-users $USER`) and log in anew; or run this \
                 as root{}",
                own_store(machine)
            )),
        ),
        NixAccess::None if machine.apt && machine.init == Init::Systemd => {
            found(NO_STORE, Fix::Install(vec!["nix-setup-systemd".to_owned()]))
        }
        NixAccess::None => found(
            NO_STORE,
            Fix::Advice(format!(
                "run this as root; or start `nix-daemon` as root, which wants the group `nixbld` (Debian: \
                 `apt-get install nix-setup-systemd`, then join the group `nix-users`){}",
                own_store(machine)
            )),
        ),
    }
}

fn engine(machine: &Machine) -> Option<Missing> {
    let engine = &machine.engine;
    let found = |what: &str, why: String, fix: Fix| Some(Missing { what: what.to_owned(), why, fix, optional: false });
    let why = match &engine.daemon {
        Daemon::Answers { .. } | Daemon::Unprobed => return None,
        Daemon::Denied => {
            return found(
                "access to the Docker engine",
                format!("images are imported there; {} is not open to this user", engine.address),
                Fix::Advice(
                    "join its group with `sudo usermod -aG docker $USER` and log in anew (members of that group are as good \
                     as root), or run this as root"
                        .to_owned(),
                ),
            );
        }
        Daemon::Silent { why } => why,
    };
    if engine.address != crate::engine::USUAL {
        let fix = Fix::Advice("start the engine that DOCKER_HOST names, or unset DOCKER_HOST".to_owned());
        return found("the engine that DOCKER_HOST names", format!("nothing answers there ({why})"), fix);
    }
    if machine.cgroup == Cgroup::None {
        let fix = Fix::Advice("mount the control groups, or use a machine or container that has them".to_owned());
        return found("control groups", "no engine can start containers without them".to_owned(), fix);
    }
    if engine.program.is_some() {
        return found("the Docker daemon", format!("it is installed but does not answer ({why})"), Fix::StartEngine);
    }
    let why = match &engine.client {
        // A client that came without its daemon, as in development containers, is not an engine.
        Some(version) => format!("images are imported there; only the client ({version}) is installed, no daemon"),
        None => "images are imported there; it is not installed".to_owned(),
    };
    let fix = if machine.apt {
        Fix::InstallEngine(packages(machine))
    } else {
        Fix::Advice("install it as https://docs.docker.com/engine/install says for your system".to_owned())
    };
    found("the Docker engine", why, fix)
}

/// The engine's packages. Networks need iptables, which some releases only recommend; so is the client since Debian 13.
fn packages(machine: &Machine) -> Vec<String> {
    let mut packages = vec!["docker.io", "iptables"];
    let debian = machine.distribution.as_ref().filter(|distribution| distribution.id == "debian");
    let major = |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    let split = debian.is_some_and(|debian| {
        // Testing and sid have no version.
        debian.version.as_deref().and_then(major).is_none_or(|major| major >= 13)
    });
    if split && machine.engine.client.is_none() {
        packages.push("docker-cli");
    }
    packages.into_iter().map(str::to_owned).collect()
}

/// Places on one file system share its free space, so their needs are added up.
fn disk(machine: &Machine) -> Vec<Missing> {
    let mut devices: Vec<u64> = machine.disks.iter().map(|disk| disk.device).collect();
    devices.sort_unstable();
    devices.dedup();
    let mut list = Vec::new();
    for device in devices {
        let here: Vec<&Disk> = machine.disks.iter().filter(|disk| disk.device == device).collect();
        let needed: u64 = here.iter().map(|disk| disk.needed).sum();
        let free = here.iter().map(|disk| disk.free).min().unwrap_or(0);
        if free >= needed {
            continue;
        }
        let purposes: Vec<_> = here.iter().map(|disk| format!("{} ({})", disk.purpose, disk.path.display())).collect();
        list.push(Missing {
            what: "disk space".to_owned(),
            why: format!(
                "one image needs about {} for {}; {} are free",
                gigabytes(needed),
                purposes.join(", "),
                gigabytes(free)
            ),
            fix: Fix::Advice(format!(
                "free some space (`{} system prune`, `nix-store --gc`), or set SAGE_OCI_CACHE to another disk",
                machine.engine.daemon.client()
            )),
            optional: false,
        });
    }
    list
}
