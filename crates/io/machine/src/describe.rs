use crate::engine::{USUAL, probe};
use crate::{CHECK_PROGRAMS, Cgroup, Disk, Distribution, Engine, FORMAT, Init, Machine, Nix, NixAccess};
use sage_oci_files as files;
use sage_oci_store::{Access, Installed, StoreError, store_root};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// What one image needs: fetched packages; packages and layers in the store; layers unpacked by the engine.
const CACHE: u64 = 2_000_000_000;
const STORE: u64 = 4_000_000_000;
const ENGINE: u64 = 6_000_000_000;

/// Looks at this machine. Nothing is changed, nothing needs root, and what cannot be learnt is left out.
pub fn describe() -> Machine {
    let memory = file("/proc/meminfo");
    let root = rustix::process::geteuid().is_root();
    Machine {
        format: FORMAT,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        architecture: std::env::consts::ARCH.to_owned(),
        memory_total: kilobytes(&memory, "MemTotal:"),
        memory_available: kilobytes(&memory, "MemAvailable:"),
        disks: [
            ("fetched packages", files::cache_dir(), CACHE),
            ("the Nix store", store_root().join("nix/store"), STORE),
            ("the engine's images", PathBuf::from("/var/lib/docker"), ENGINE),
        ]
        .into_iter()
        .filter_map(|(purpose, path, needed)| disk(purpose, path, needed))
        .collect(),
        kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
        distribution: distribution(&file("/etc/os-release")),
        engine: engine(),
        nix: nix(),
        overcommit: file("/proc/sys/vm/overcommit_memory").trim().parse().ok(),
        user_namespaces: user_namespaces(),
        cgroup: cgroup(),
        root,
        sudo: which::which("sudo").is_ok(),
        apt: which::which("apt-get").is_ok(),
        init: init(),
        check_programs: check_programs(),
    }
}

/// Memory that can be had without swapping, in bytes; 0 if the kernel does not say.
pub fn memory_available() -> u64 {
    kilobytes(&file("/proc/meminfo"), "MemAvailable:")
}

/// A small file of the system, empty if it cannot be read.
fn file(path: &str) -> String {
    files::read_to_string(path).unwrap_or_default()
}

fn there(path: &str) -> bool {
    files::exists(path).unwrap_or(false)
}

fn kilobytes(meminfo: &str, key: &str) -> u64 {
    let value = meminfo.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix("kB"));
    value.and_then(|number| number.trim().parse::<u64>().ok()).map_or(0, |number| number * 1024)
}

fn disk(purpose: &str, path: PathBuf, needed: u64) -> Option<Disk> {
    let free = files::free_space(&path).ok()?;
    // `.` makes a symbolic link count as what it leads to.
    let device = path.ancestors().find_map(|path| files::metadata(path.join(".")).ok())?.dev();
    Some(Disk { purpose: purpose.to_owned(), path, device, free, needed })
}

fn distribution(os_release: &str) -> Option<Distribution> {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim_matches(['"', '\'']).to_owned())
    };
    let id = value("ID")?;
    Some(Distribution { version: value("VERSION_ID"), name: value("PRETTY_NAME").unwrap_or_else(|| id.clone()), id })
}

/// The first line a program prints, if it runs and succeeds.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = sage_oci_child::expression(program, arguments)
        .stdin_null()
        .stderr_null()
        .stdout_capture()
        .unchecked()
        .run()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn engine() -> Engine {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let address = variable("DOCKER_HOST").unwrap_or_else(|| USUAL.to_owned());
    let tls = variable("DOCKER_TLS_VERIFY").is_some();
    // `--version` speaks of the client alone; `docker version` would wait for a daemon.
    let client = first_line("docker", &["--version"]);
    let client = client.map(|line| word_after(&line, "version").unwrap_or(line));
    // /usr/sbin is not on everybody's PATH.
    let program = which::which("dockerd")
        .ok()
        .or_else(|| Some(PathBuf::from("/usr/sbin/dockerd")).filter(|path| files::exists(path).unwrap_or(false)));
    Engine { client, program, daemon: probe(&address, tls), address }
}

/// The word after another, without a comma: the version in `Docker version 28.2.2, build e6534b4`.
fn word_after(line: &str, word: &str) -> Option<String> {
    let mut words = line.split_whitespace().skip_while(|other| *other != word);
    words.nth(1).map(|version| version.trim_end_matches(',').to_owned())
}

/// Nix as `build` will find it: one rule for both, in the crate that drives it.
fn nix() -> Option<Nix> {
    let version = match Installed::find(None) {
        Ok(found) => Some(found.words),
        Err(StoreError::NotInstalled) => return None,
        Err(_) => None,
    };
    let build_group = file("/etc/group").lines().any(|line| line.starts_with("nixbld:"));
    Some(Nix { version, access: nix_access(), build_group })
}

fn nix_access() -> NixAccess {
    match Access::find(None) {
        Ok(_) if store_root() != Path::new("/") => NixAccess::Named,
        Ok(Access::Direct) => NixAccess::Direct,
        // A socket outlives a daemon that was killed.
        Ok(Access::Daemon) if answers() => NixAccess::Daemon,
        Ok(Access::Daemon) => NixAccess::None,
        Ok(Access::Remote) => NixAccess::Named,
        Err(StoreError::DaemonDenied { .. }) => NixAccess::Denied,
        Err(_) => NixAccess::None,
    }
}

/// Whether a daemon listens at the usual socket; another one, which the environment names, is taken at its word.
fn answers() -> bool {
    ["NIX_REMOTE", "NIX_DAEMON_SOCKET_PATH", "NIX_STATE_DIR"].iter().any(|name| std::env::var_os(name).is_some())
        || UnixStream::connect("/nix/var/nix/daemon-socket/socket").is_ok()
}

fn user_namespaces() -> Option<u64> {
    // Debian's older kernels had a switch of their own beside the limit.
    if file("/proc/sys/kernel/unprivileged_userns_clone").trim() == "0" {
        return Some(0);
    }
    file("/proc/sys/user/max_user_namespaces").trim().parse().ok()
}

fn cgroup() -> Cgroup {
    if there("/sys/fs/cgroup/cgroup.controllers") {
        Cgroup::V2
    } else if there("/sys/fs/cgroup/memory") || there("/sys/fs/cgroup/cpu") {
        Cgroup::V1
    } else {
        Cgroup::None
    }
}

fn init() -> Init {
    // The test that sd_booted(3) prescribes.
    if there("/run/systemd/system/") {
        Init::Systemd
    } else if which::which("service").is_ok() || there("/usr/sbin/service") {
        Init::Service
    } else {
        Init::None
    }
}

fn check_programs() -> Vec<String> {
    let programs = CHECK_PROGRAMS.into_iter().map(|(program, _)| program);
    programs.filter(|program| which::which(program).is_ok()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_described() {
        let machine = describe();
        assert!(machine.cores >= 1 && machine.memory_total > 100_000_000, "{machine:?}");
        assert!(machine.memory_available <= machine.memory_total);
        assert_eq!(machine.disks.len(), 3, "{machine:?}");
        assert!(machine.kernel.starts_with(|first: char| first.is_ascii_digit()), "{}", machine.kernel);
        let json = serde_json::to_value(&machine).unwrap();
        assert_eq!(json["format"], 1);
        assert_eq!(json["cores"], machine.cores);
    }

    #[test]
    fn system_files_are_understood() {
        assert_eq!(kilobytes("MemTotal:       16 kB\nMemAvailable:    8 kB\n", "MemAvailable:"), 8192);
        assert_eq!(kilobytes("", "MemTotal:"), 0);
        let found =
            distribution("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n").unwrap();
        assert_eq!((found.id.as_str(), found.version.as_deref()), ("debian", Some("12")));
        assert_eq!(distribution("ID=arch\n").unwrap().name, "arch");
        assert_eq!(distribution(""), None);
        assert_eq!(word_after("Docker version 28.2.2, build e6534b4", "version").unwrap(), "28.2.2");
    }
}
