use crate::{Fix, Init, Machine, Missing};
use serde::Serialize;
use std::path::PathBuf;

/// What would mend a machine: commands for root, in order, and advice for the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Packages to install, sorted, each once.
    pub packages: Vec<String>,
    /// Packages to install after them that nothing depends on but some checks, sorted, each once; they may fail.
    pub optional: Vec<String>,
    /// Ways to start the engine's daemon, tried in order until it answers; empty if that is not needed.
    pub start: Vec<Start>,
    /// What a person has to do.
    pub advice: Vec<String>,
    /// Where the daemon writes what it has to say, if it is started directly.
    pub daemon_log: PathBuf,
    /// Where the commands' output goes.
    pub log: PathBuf,
}

/// A way to start the engine's daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Installing the package has started it, as is usual.
    Installed,
    /// `systemctl start docker`.
    Systemctl,
    /// `service docker start`.
    Service,
    /// `dockerd`, detached from this process.
    Direct,
}

/// Turns what is missing into commands. Logs go below [`sage_oci_files::state_dir`].
pub fn plan_fixes(machine: &Machine, missing: &[Missing]) -> Plan {
    let logs = sage_oci_files::state_dir().join("logs");
    let mut plan = Plan {
        packages: Vec::new(),
        optional: Vec::new(),
        start: Vec::new(),
        advice: Vec::new(),
        daemon_log: logs.join("dockerd.log"),
        log: logs.join("setup.log"),
    };
    for missing in missing {
        match &missing.fix {
            Fix::Install(packages) if missing.optional => plan.optional.extend(packages.iter().cloned()),
            Fix::Install(packages) => plan.packages.extend(packages.iter().cloned()),
            Fix::InstallEngine(packages) => {
                plan.packages.extend(packages.iter().cloned());
                plan.start.push(Start::Installed);
                plan.start.extend(starts(machine.init));
            }
            Fix::StartEngine => plan.start.extend(starts(machine.init)),
            Fix::Advice(text) => plan.advice.push(format!("{}: {text}", missing.what)),
        }
    }
    for packages in [&mut plan.packages, &mut plan.optional] {
        packages.sort();
        packages.dedup();
    }
    plan
}

fn starts(init: Init) -> &'static [Start] {
    match init {
        Init::Systemd => &[Start::Systemctl],
        // Init scripts refuse in some containers where the daemon itself runs well.
        Init::Service => &[Start::Service, Start::Direct],
        Init::None => &[Start::Direct],
    }
}

impl Plan {
    /// Whether there is nothing that could be run.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty() && self.optional.is_empty() && self.start.is_empty()
    }

    /// The commands to be run as root, as one would type them into a shell.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.installs().iter().map(|words| words.join(" ")).collect();
        let also = |position: usize| if position == 0 { "" } else { "   # if no engine answers by then" };
        for (position, start) in self.start.iter().enumerate() {
            match start {
                Start::Installed => {}
                Start::Direct => lines.push(format!(
                    "setsid --fork dockerd </dev/null >{} 2>&1{}",
                    self.daemon_log.display(),
                    also(position)
                )),
                other => lines.push(format!("{}{}", other.words().join(" "), also(position))),
            }
        }
        lines.extend(self.optional_install().map(|words| format!("{}   # some checks use it", words.join(" "))));
        lines
    }

    /// The words of the commands that install.
    pub(crate) fn installs(&self) -> Vec<Vec<&str>> {
        if self.packages.is_empty() && self.optional.is_empty() {
            return Vec::new();
        }
        let update = [&APT[..], &["update"]].concat();
        let install = (!self.packages.is_empty()).then(|| install(&self.packages));
        std::iter::once(update).chain(install).collect()
    }

    /// The words of the command that installs what may be missing; apart, so that its failure keeps nothing else back.
    pub(crate) fn optional_install(&self) -> Option<Vec<&str>> {
        (!self.optional.is_empty()).then(|| install(&self.optional))
    }
}

/// Another apt may run (unattended upgrades on a fresh machine); questions would wait for ever.
const APT: [&str; 5] = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"];

fn install(packages: &[String]) -> Vec<&str> {
    let words = [&APT[..], &["install", "-y", "--no-install-recommends"]].concat();
    words.into_iter().chain(packages.iter().map(String::as_str)).collect()
}

impl Start {
    /// The words of the command; none where there is nothing to run.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Start::Installed => &[],
            Start::Systemctl => &["systemctl", "start", "docker"],
            Start::Service => &["service", "docker", "start"],
            Start::Direct => &["setsid", "--fork", "dockerd"],
        }
    }
}
