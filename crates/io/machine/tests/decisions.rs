//! What is missing and what would mend it, decided from made-up facts.

use sage_oci_machine::{
    Cgroup, Daemon, Disk, Distribution, Engine, FORMAT, Fix, Init, Machine, Needs, Nix, NixAccess, Start, is_fine,
    missing, plan_fixes, wants_mending,
};

const GB: u64 = 1_000_000_000;

/// A fresh Debian 12 with nothing but its base system, as root, without systemd.
fn fresh() -> Machine {
    let disk = |purpose: &str, path: &str, needed: u64| Disk {
        purpose: purpose.to_owned(),
        path: path.into(),
        device: 1,
        free: 50 * GB,
        needed: needed * GB,
    };
    Machine {
        format: FORMAT,
        cores: 2,
        architecture: "x86_64".to_owned(),
        memory_total: 8 * GB,
        memory_available: 6 * GB,
        disks: vec![
            disk("fetched packages", "/root/.cache/sage-oci", 2),
            disk("the Nix store", "/nix/store", 4),
            disk("the engine's images", "/var/lib/docker", 6),
        ],
        kernel: "6.1.0".to_owned(),
        distribution: debian(Some("12")),
        engine: Engine {
            client: None,
            program: None,
            address: "unix:///var/run/docker.sock".to_owned(),
            daemon: Daemon::Silent { why: "No such file or directory".to_owned() },
        },
        nix: None,
        overcommit: Some(0),
        user_namespaces: Some(1000),
        cgroup: Cgroup::V2,
        root: true,
        sudo: false,
        apt: true,
        init: Init::Service,
        check_programs: Vec::new(),
    }
}

fn debian(version: Option<&str>) -> Option<Distribution> {
    let (id, name) = ("debian".to_owned(), "Debian".to_owned());
    Some(Distribution { id, version: version.map(str::to_owned), name })
}

/// The same with all it needs.
fn ready() -> Machine {
    let mut machine = fresh();
    machine.nix = Some(Nix { version: Some("2.8.0".to_owned()), access: NixAccess::Direct, build_group: false });
    machine.engine.client = Some("20.10.24".to_owned());
    machine.engine.program = Some("/usr/sbin/dockerd".into());
    machine.engine.daemon = Daemon::Answers { version: "20.10.24".to_owned(), name: "Engine".to_owned() };
    machine.check_programs = strings(&["qemu-x86_64-static"]);
    machine
}

fn fixes(machine: &Machine) -> Vec<Fix> {
    missing(machine, Needs::ALL).into_iter().map(|missing| missing.fix).collect()
}

fn lines(machine: &Machine) -> Vec<String> {
    plan_fixes(machine, &missing(machine, Needs::ALL)).lines()
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn nothing_is_missing_where_all_is_there_even_without_build_users() {
    assert_eq!(missing(&ready(), Needs::ALL), []);
    assert!(plan_fixes(&ready(), &[]).is_empty());
}

#[test]
fn a_fresh_machine_gets_nix_and_the_engine() {
    let lines = lines(&fresh());
    let apt = "env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300";
    assert_eq!(lines[0], format!("{apt} update"));
    assert_eq!(lines[1], format!("{apt} install -y --no-install-recommends docker.io iptables nix-bin"));
    assert!(lines[2].starts_with("service docker start"), "{lines:?}");
    assert!(lines[3].starts_with("setsid --fork dockerd </dev/null >") && lines.len() == 5, "{lines:?}");
    // Last and apart: nothing waits for it, and its failure keeps nothing back.
    let emulator = format!("{apt} install -y --no-install-recommends qemu-user-static");
    assert!(lines[4].starts_with(&emulator), "{lines:?}");
}

#[test]
fn what_only_checks_use_is_optional() {
    let mut machine = ready();
    machine.check_programs.clear();
    let found = missing(&machine, Needs::ALL);
    assert_eq!(
        found.iter().map(|one| (one.what.as_str(), one.optional)).collect::<Vec<_>>(),
        [("qemu-x86_64-static", true)]
    );
    let plan = plan_fixes(&machine, &found);
    assert_eq!((&plan.packages, &plan.optional), (&strings(&[]), &strings(&["qemu-user-static"])));
    assert!(!plan.is_empty() && plan.lines().len() == 2, "an update and the installation: {:?}", plan.lines());
    assert_eq!(missing(&machine, Needs { checks: false, ..Needs::ALL }), []);
    machine.apt = false;
    let plan = plan_fixes(&machine, &missing(&machine, Needs::ALL));
    assert!(plan.is_empty() && plan.advice[0].contains("qemu-user-static"), "{plan:?}");
    // All that an image needs is needed.
    assert!(missing(&fresh(), Needs { checks: false, ..Needs::ALL }).iter().all(|one| !one.optional));
}

/// A full disk, which only a person can mend, is no reason to install what only some checks use, nor to fail for want of it.
#[test]
fn a_full_disk_asks_for_no_command() {
    let mut machine = ready();
    let judged = |machine: &Machine| {
        let lacks = missing(machine, Needs::ALL);
        (lacks.len(), is_fine(&lacks), wants_mending(&lacks))
    };
    assert_eq!(judged(&machine), (0, true, false));
    machine.check_programs.clear();
    assert_eq!(judged(&machine), (1, true, false), "an emulator is not there");
    machine.disks[0].free = 0;
    assert_eq!(judged(&machine), (2, false, false), "nor is there room");
    machine.nix = None;
    assert_eq!(judged(&machine), (3, false, true), "Nix can be installed");
    let lacks = missing(&machine, Needs::ALL);
    let mended: Vec<_> = lacks.iter().map(|one| (one.what.as_str(), one.can_be_mended())).collect();
    assert_eq!(mended, [("disk space", false), ("Nix", true), ("qemu-x86_64-static", true)]);
}

#[test]
fn only_what_is_needed_is_missed() {
    let only_nix = missing(&fresh(), Needs { nix: true, engine: false, disk: false, checks: false });
    assert_eq!(
        only_nix.into_iter().map(|missing| missing.fix).collect::<Vec<_>>(),
        [Fix::Install(strings(&["nix-bin"]))]
    );
}

#[test]
fn a_client_without_a_daemon_is_no_engine() {
    let mut machine = ready();
    machine.engine.program = None;
    machine.engine.daemon = Daemon::Silent { why: "Connection refused".to_owned() };
    let found = missing(&machine, Needs::ALL);
    assert_eq!(found[0].fix, Fix::InstallEngine(strings(&["docker.io", "iptables"])));
    assert!(found[0].why.contains("only the client (20.10.24)"), "{}", found[0].why);
}

#[test]
fn the_client_is_a_package_of_its_own_since_debian_13() {
    for (version, expected) in [(Some("12"), false), (Some("13"), true), (None, true)] {
        let mut machine = fresh();
        machine.distribution = debian(version);
        let packages = plan_fixes(&machine, &missing(&machine, Needs::ALL)).packages;
        assert_eq!(packages.contains(&"docker-cli".to_owned()), expected, "{version:?}");
    }
    let mut ubuntu = fresh();
    ubuntu.distribution =
        Some(Distribution { id: "ubuntu".to_owned(), version: Some("24.04".to_owned()), name: String::new() });
    assert!(!plan_fixes(&ubuntu, &missing(&ubuntu, Needs::ALL)).packages.contains(&"docker-cli".to_owned()));
}

#[test]
fn a_daemon_that_sleeps_is_started_the_way_of_the_machine() {
    for (init, expected) in [
        (Init::Systemd, &[Start::Systemctl][..]),
        (Init::Service, &[Start::Service, Start::Direct]),
        (Init::None, &[Start::Direct]),
    ] {
        let mut machine = ready();
        machine.init = init;
        machine.engine.daemon = Daemon::Silent { why: "Connection refused".to_owned() };
        assert_eq!(fixes(&machine), [Fix::StartEngine]);
        let plan = plan_fixes(&machine, &missing(&machine, Needs::ALL));
        assert_eq!(plan.start, expected);
        assert_eq!(plan.packages, strings(&[]));
    }
}

#[test]
fn without_apt_each_piece_comes_with_advice_and_nothing_is_run() {
    let mut machine = fresh();
    machine.apt = false;
    let plan = plan_fixes(&machine, &missing(&machine, Needs::ALL));
    assert!(plan.is_empty() && plan.lines().is_empty());
    assert!(plan.advice[0].contains("nixos.org") && plan.advice[1].contains("docs.docker.com"), "{:?}", plan.advice);
}

#[test]
fn what_a_person_must_decide_is_advice() {
    let advice = |change: fn(&mut Machine)| {
        let mut machine = ready();
        change(&mut machine);
        let plan = plan_fixes(&machine, &missing(&machine, Needs::ALL));
        assert!(plan.is_empty());
        plan.advice.join("\n")
    };
    assert!(advice(|machine| machine.engine.daemon = Daemon::Denied).contains("usermod -aG docker"));
    assert!(
        advice(|machine| {
            machine.engine.address = "tcp://elsewhere:2375".to_owned();
            machine.engine.daemon = Daemon::Silent { why: "refused".to_owned() };
        })
        .contains("unset DOCKER_HOST")
    );
    assert!(
        advice(|machine| {
            machine.cgroup = Cgroup::None;
            machine.engine.daemon = Daemon::Silent { why: "refused".to_owned() };
        })
        .contains("mount the control groups")
    );
}

#[test]
fn users_other_than_root_need_the_nix_daemon() {
    let mut machine = ready();
    machine.root = false;
    machine.init = Init::Systemd;
    machine.nix = None;
    assert_eq!(fixes(&machine), [Fix::Install(strings(&["nix-bin", "nix-setup-systemd"]))]);
    let mut set = |access| {
        machine.nix = Some(Nix { version: Some("2.8.0".to_owned()), access, build_group: true });
        fixes(&machine)
    };
    assert_eq!(set(NixAccess::Daemon), []);
    assert_eq!(set(NixAccess::None), [Fix::Install(strings(&["nix-setup-systemd"]))]);
    assert!(matches!(&set(NixAccess::Denied)[..], [Fix::Advice(text)] if text.contains("nix-users")));
    machine.init = Init::Service;
    machine.nix = None;
    assert!(matches!(&fixes(&machine)[..], [Fix::Advice(text)] if text.contains("as root")));
}

#[test]
fn nix_that_is_there_and_not_open_to_this_user_is_not_called_absent() {
    let mut machine = ready();
    (machine.root, machine.init) = (false, Init::Service);
    let own = "NIX_REMOTE=\"local?root=$HOME/nix\"";
    for (access, why, way) in [
        (NixAccess::None, "this user may not write its store, and no daemon runs", "start `nix-daemon` as root"),
        (NixAccess::Denied, "its daemon is not open to this user", "usermod -aG nix-users"),
    ] {
        machine.nix = Some(Nix { version: Some("2.8.0".to_owned()), access, build_group: true });
        let found = missing(&machine, Needs::ALL);
        assert!(found.len() == 1 && found[0].why.contains(why), "{found:?}");
        let Fix::Advice(text) = &found[0].fix else { panic!("{found:?}") };
        assert!(text.contains(way) && text.contains("as root") && text.contains(own), "{text}");
        // A store below another root takes user namespaces.
        let closed = Machine { user_namespaces: Some(0), ..machine.clone() };
        let Fix::Advice(text) = &fixes(&closed)[0] else { panic!("{closed:?}") };
        assert!(text.contains(way) && !text.contains("NIX_REMOTE"), "{text}");
    }
    machine.nix = Some(Nix { version: Some("2.8.0".to_owned()), access: NixAccess::Named, build_group: true });
    assert_eq!(missing(&machine, Needs::ALL), []);
    machine.nix = Some(Nix { version: None, access: NixAccess::Direct, build_group: true });
    let found = missing(&machine, Needs::ALL);
    assert!(found.len() == 1 && found[0].why.contains("does not say its version"), "{found:?}");
}

#[test]
fn needs_on_one_disk_add_up() {
    let mut machine = ready();
    machine.disks.iter_mut().for_each(|disk| disk.free = 11 * GB);
    let found = missing(&machine, Needs::ALL);
    assert!(found.len() == 1 && found[0].why.contains("12.0 GB"), "{found:?}");
    assert!(found[0].why.contains("11.0 GB are free"), "{found:?}");
    let advice = |machine: &Machine| plan_fixes(machine, &missing(machine, Needs::ALL)).advice.join("\n");
    assert!(advice(&machine).contains("`docker system prune`"));
    machine.engine.daemon = Daemon::Answers { version: "4.3.1".to_owned(), name: "Podman Engine".to_owned() };
    assert!(advice(&machine).contains("`podman system prune`"));
    // On disks of their own each needs but its share.
    machine.disks.iter_mut().zip(1..).for_each(|(disk, device)| disk.device = device);
    assert_eq!(missing(&machine, Needs::ALL), []);
    assert_eq!(missing(&machine, Needs { disk: false, ..Needs::ALL }), []);
}

#[test]
fn a_machine_reads_well() {
    let mut machine = ready();
    machine.overcommit = Some(2);
    let text: Vec<_> = machine.lines().into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let text = text.join("\n");
    for part in [
        "cores: 2 (x86_64)",
        "memory: 6.0 GB of 8.0 GB available",
        "disk: 50.0 GB free for the Nix store (/nix/store)",
        "engine: Engine 20.10.24 answers at unix:///var/run/docker.sock",
        "nix: 2.8.0 (this user writes the store; no nixbld group)",
        "overcommit: never (2)",
        "cgroups: version 2",
    ] {
        assert!(text.contains(part), "`{part}` in:\n{text}");
    }
}

/// Every combination of what Nix needs: what would be installed, or what a person is told.
#[test]
fn nix_for_everybody() {
    for (root, apt, init, expected) in [
        (true, true, Init::None, Ok("nix-bin")),
        (true, true, Init::Systemd, Ok("nix-bin")),
        (false, true, Init::Systemd, Ok("nix-bin nix-setup-systemd")),
        (false, true, Init::Service, Err("run this as root, who needs no Nix daemon")),
        (false, true, Init::None, Err("run this as root, who needs no Nix daemon")),
        (true, false, Init::Systemd, Err("nixos.org/download")),
        (false, false, Init::None, Err("nixos.org/download")),
    ] {
        let machine = Machine { root, apt, init, nix: None, ..ready() };
        let found = missing(&machine, Needs::ALL);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].what.as_str(), found[0].optional), ("Nix", false));
        match (&found[0].fix, expected) {
            (Fix::Install(packages), Ok(names)) => assert_eq!(packages.join(" "), names),
            (Fix::Advice(text), Err(words)) => assert!(text.contains(words), "{text}"),
            (fix, expected) => panic!("{fix:?}, expected {expected:?}"),
        }
    }
    // Without apt there is no package to set a daemon up with.
    let nix = Some(Nix { version: Some("2.8".to_owned()), access: NixAccess::None, build_group: false });
    let machine = Machine { root: false, apt: false, init: Init::Systemd, nix, ..ready() };
    assert!(matches!(&fixes(&machine)[..], [Fix::Advice(text)] if text.contains("start `nix-daemon` as root")));
    // One user namespace is enough.
    let one = Machine { user_namespaces: Some(1), ..machine.clone() };
    assert!(matches!(&fixes(&one)[..], [Fix::Advice(text)] if text.contains("NIX_REMOTE")));
    // Where it is not known whether there are user namespaces, nothing is promised of them.
    let unknown = Machine { user_namespaces: None, ..machine };
    assert!(matches!(&fixes(&unknown)[..], [Fix::Advice(text)] if !text.contains("NIX_REMOTE")));
}

#[test]
fn an_engine_is_missed_only_where_none_can_be() {
    let silent = || Daemon::Silent { why: "refused".to_owned() };
    let engine = |change: fn(&mut Machine)| {
        let mut machine = ready();
        machine.engine.daemon = silent();
        change(&mut machine);
        missing(&machine, Needs::ALL).into_iter().map(|one| (one.what, one.why)).collect::<Vec<_>>()
    };
    assert_eq!(engine(|machine| machine.engine.daemon = Daemon::Unprobed), []);
    let asleep = engine(|_| {});
    assert_eq!(asleep, [("the Docker daemon".to_owned(), "it is installed but does not answer (refused)".to_owned())]);
    let none = engine(|machine| (machine.engine.program, machine.engine.client) = (None, None));
    assert_eq!(none, [("the Docker engine".to_owned(), "images are imported there; it is not installed".to_owned())]);
    // Another address is the business of whoever named it, whatever is installed here.
    let other = engine(|machine| machine.engine.address = "tcp://x:1".to_owned());
    assert_eq!(
        other[0],
        ("the engine that DOCKER_HOST names".to_owned(), "nothing answers there (refused)".to_owned())
    );
    let groups = engine(|machine| machine.cgroup = Cgroup::None);
    assert_eq!(groups[0].0, "control groups");
    // An engine that answers runs containers, whatever is mounted here.
    assert_eq!(missing(&Machine { cgroup: Cgroup::None, ..ready() }, Needs::ALL), []);
}

#[test]
fn another_architecture_needs_no_emulator_of_its_own() {
    let mut machine = Machine { architecture: "aarch64".to_owned(), ..ready() };
    machine.check_programs.clear();
    assert_eq!(missing(&machine, Needs::ALL), []);
}

#[test]
fn room_is_missed_by_the_byte() {
    let mut machine = ready();
    machine.disks.iter_mut().for_each(|disk| disk.free = 12 * GB);
    assert_eq!(missing(&machine, Needs::ALL), []);
    machine.disks[1].free -= 1;
    assert_eq!(missing(&machine, Needs::ALL).len(), 1, "the least of what a file system's places say counts");
    machine.disks.clear();
    assert_eq!(missing(&machine, Needs::ALL), [], "nothing is known");
    // Two file systems, each too small, are told one by one.
    let mut machine = ready();
    machine.disks[0].device = 2;
    machine.disks.iter_mut().for_each(|disk| disk.free = GB);
    let found: Vec<_> = missing(&machine, Needs::ALL).into_iter().map(|one| one.why).collect();
    assert_eq!(
        found,
        [
            "one image needs about 10.0 GB for the Nix store (/nix/store), the engine's images (/var/lib/docker); 1.0 GB are free",
            "one image needs about 2.0 GB for fetched packages (/root/.cache/sage-oci); 1.0 GB are free",
        ]
    );
}

#[test]
fn every_word_for_what_there_is() {
    let line = |machine: &Machine, name: &str| {
        machine.lines().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value).unwrap()
    };
    let mut machine = ready();
    for (mode, words) in [(Some(0), "heuristic (0)"), (Some(1), "always (1)"), (Some(7), "7"), (None, "unknown")] {
        machine.overcommit = mode;
        assert_eq!(line(&machine, "overcommit"), words);
    }
    for (number, words) in [(Some(5), "up to 5"), (Some(0), "none"), (None, "none")] {
        machine.user_namespaces = number;
        assert_eq!(line(&machine, "user namespaces"), words);
    }
    for (access, words) in [
        (NixAccess::Daemon, "2.8.0 (through its daemon)"),
        (NixAccess::Named, "2.8.0 (the store that NIX_REMOTE names)"),
        (NixAccess::Denied, "2.8.0 (its daemon is not open to this user)"),
        (NixAccess::None, "2.8.0 (this user cannot build: they may not write the store, and no daemon runs)"),
    ] {
        machine.nix = Some(Nix { version: Some("2.8.0".to_owned()), access, build_group: true });
        assert_eq!(line(&machine, "nix"), words);
    }
    machine.nix = Some(Nix { version: None, access: NixAccess::Daemon, build_group: true });
    assert_eq!(line(&machine, "nix"), "of unknown version (through its daemon)");
    machine.nix = None;
    assert_eq!(line(&machine, "nix"), "none");
    for (daemon, words) in [
        (Daemon::Denied, "at unix:///var/run/docker.sock, not open to this user"),
        (Daemon::Silent { why: "refused".to_owned() }, "none answers (refused)"),
        (Daemon::Unprobed, "at unix:///var/run/docker.sock, not looked at"),
    ] {
        machine.engine.daemon = daemon;
        assert_eq!(line(&machine, "engine"), words);
    }
    for (init, words) in
        [(Init::Systemd, "systemd"), (Init::Service, "init scripts (systemd does not run)"), (Init::None, "none")]
    {
        machine.init = init;
        assert_eq!(line(&machine, "services"), words);
    }
    for (cgroup, words) in [(Cgroup::V1, "version 1"), (Cgroup::None, "none are mounted")] {
        machine.cgroup = cgroup;
        assert_eq!(line(&machine, "cgroups"), words);
    }
    for (root, sudo, words) in
        [(true, true, "root"), (false, true, "not root; sudo is installed"), (false, false, "not root, no sudo")]
    {
        (machine.root, machine.sudo) = (root, sudo);
        assert_eq!(line(&machine, "user"), words);
    }
    (machine.distribution, machine.engine.client) = (None, None);
    machine.check_programs.clear();
    assert_eq!(line(&machine, "system"), "unknown");
    assert_eq!(line(&machine, "client"), "none");
    assert_eq!(line(&machine, "for checks"), "none of the programs that some checks run");
}
