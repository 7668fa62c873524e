use crate::{Cgroup, Daemon, Init, Machine, NixAccess};

impl Machine {
    /// The machine in lines of a name and a value, for people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("cores", format!("{} ({})", self.cores, self.architecture)),
            ("memory", format!("{} of {} available", gigabytes(self.memory_available), gigabytes(self.memory_total))),
        ];
        for disk in &self.disks {
            lines.push((
                "disk",
                format!("{} free for {} ({})", gigabytes(disk.free), disk.purpose, disk.path.display()),
            ));
        }
        lines.push(("kernel", self.kernel.clone()));
        lines.push((
            "system",
            self.distribution.as_ref().map_or("unknown", |distribution| &distribution.name).to_owned(),
        ));
        lines.push(("services", services(self.init).to_owned()));
        lines.push(("engine", engine(&self.engine.daemon, &self.engine.address)));
        lines.push((
            "client",
            self.engine.client.as_ref().map_or("none".to_owned(), |version| format!("docker {version}")),
        ));
        lines.push((
            "nix",
            self.nix.as_ref().map_or("none".to_owned(), |nix| {
                let group = if nix.build_group { "" } else { "; no nixbld group" };
                let version = nix.version.as_deref().unwrap_or("of unknown version");
                format!("{version} ({}{group})", access(nix.access))
            }),
        ));
        lines.push(("overcommit", self.overcommit.map_or("unknown".to_owned(), overcommit)));
        lines.push((
            "user namespaces",
            match self.user_namespaces {
                Some(0) | None => "none".to_owned(),
                Some(number) => format!("up to {number}"),
            },
        ));
        lines.push((
            "cgroups",
            match self.cgroup {
                Cgroup::V1 => "version 1".to_owned(),
                Cgroup::V2 => "version 2".to_owned(),
                Cgroup::None => "none are mounted".to_owned(),
            },
        ));
        lines.push((
            "for checks",
            match self.check_programs.as_slice() {
                [] => "none of the programs that some checks run".to_owned(),
                programs => programs.join(", "),
            },
        ));
        lines.push((
            "user",
            match (self.root, self.sudo) {
                (true, _) => "root".to_owned(),
                (false, true) => "not root; sudo is installed".to_owned(),
                (false, false) => "not root, no sudo".to_owned(),
            },
        ));
        lines
    }
}

/// Bytes as decimal gigabytes with one digit after the point.
pub(crate) fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

fn services(init: Init) -> &'static str {
    match init {
        Init::Systemd => "systemd",
        Init::Service => "init scripts (systemd does not run)",
        Init::None => "none",
    }
}

fn engine(daemon: &Daemon, address: &str) -> String {
    match daemon {
        Daemon::Answers { version, name } => format!("{name} {version} answers at {address}"),
        Daemon::Denied => format!("at {address}, not open to this user"),
        Daemon::Silent { why } => format!("none answers ({why})"),
        Daemon::Unprobed => format!("at {address}, not looked at"),
    }
}

fn access(access: NixAccess) -> &'static str {
    match access {
        NixAccess::Direct => "this user writes the store",
        NixAccess::Daemon => "through its daemon",
        NixAccess::Named => "the store that NIX_REMOTE names",
        NixAccess::Denied => "its daemon is not open to this user",
        NixAccess::None => "this user cannot build: they may not write the store, and no daemon runs",
    }
}

fn overcommit(mode: u8) -> String {
    match mode {
        0 => "heuristic (0)".to_owned(),
        1 => "always (1)".to_owned(),
        2 => "never (2): programs that reserve much memory will fail".to_owned(),
        other => other.to_string(),
    }
}
