//! How programs are started, and what is wrong where they are not.

use crate::World;
use sage_oci_hint::Hint;
use sage_oci_trace::{Launch, TraceError, run};
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_environment_is_what_was_said() {
    let mut world = World::probe(&["variables"]);
    let variables = [("GITHUB_TOKEN", "1"), ("LANG", "tr_TR.UTF-8"), ("empty", "")];
    world.launch.environment = variables.map(|(name, value)| (name.into(), value.into())).into();
    assert_eq!(world.lines().1, ["GITHUB_TOKEN=1", "LANG=tr_TR.UTF-8", "empty="]);
    world.launch.environment.clear();
    assert_eq!(world.lines().1, [""; 0]);
}

#[test]
fn rights_of_new_files() {
    for (umask, expected) in [(0o077, 0o600), (0o022, 0o644), (0, 0o666)] {
        let mut world = World::probe(&["write=file"]);
        world.launch.umask = Some(umask);
        world.lines();
        let mode = std::fs::metadata(world.path().join("file")).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{umask:o}");
    }
}

#[test]
fn addresses_can_be_fixed() {
    let address = |fixed| {
        let mut world = World::probe(&["address"]);
        world.launch.fixed_addresses = fixed;
        world.launch.environment.clear();
        world.lines().1
    };
    // The working folder's name is on the stack only as an argument of nobody.
    assert_eq!(address(true), address(true));
    assert_ne!(address(false), address(false));
}

#[test]
fn the_kernel_can_call_itself_an_old_one() {
    let mut world = World::of("uname", &["-r"]);
    world.launch.kernel_26 = true;
    assert!(world.lines().1[0].starts_with("2.6."));
    world.launch.answers.release = Some("5.4.0".to_owned());
    assert_eq!(world.lines().1, ["5.4.0"]);
}

#[test]
fn both_outputs_in_one_file() {
    let mut world = World::of("sh", &["-c", "echo one; echo two >&2; echo three"]);
    world.launch.stderr = world.launch.stdout.clone();
    world.run();
    assert_eq!(world.said(), "one\ntwo\nthree\n");
}

#[test]
fn an_absent_program_is_named() {
    let error = run(&World::of("/nowhere/program", &[]).launch).unwrap_err();
    assert_eq!(error.to_string(), "cannot start `/nowhere/program`: No such file or directory (os error 2)");
    let error = run(&Launch::new("/nowhere/launcher", "true")).unwrap_err();
    assert!(matches!(error, TraceError::Start { program, .. } if program.ends_with("launcher")));
    let mut world = World::probe(&["exit=0"]);
    world.launch.directory = "/nowhere".into();
    assert!(matches!(run(&world.launch), Err(TraceError::Start { .. })));
}

#[test]
fn a_launcher_that_knows_nothing_of_it_is_named() {
    let world = World::probe(&["exit=0"]);
    for launcher in ["/bin/true", "/bin/false"] {
        let launch = Launch { launcher: launcher.into(), ..world.launch.clone() };
        let error = run(&launch).unwrap_err();
        assert_eq!(error.to_string(), format!("`{launcher}` did not start the program"));
    }
}

/// What a launcher is refused whose machine forbids a call.
fn refused(call: &str) -> TraceError {
    let mut world = World::probe(&["exit=0"]);
    world.launch.environment.insert("PROBE_FORBIDS".into(), call.into());
    world.launch.fixed_addresses = call == "personality";
    run(&world.launch).unwrap_err()
}

#[test]
fn what_a_machine_forbids_is_said() {
    for (call, expected) in [
        ("ptrace", "this machine does not let an ordinary user trace a program by `ptrace`: "),
        ("seccomp", "this machine does not let an ordinary user filter a program's calls by `seccomp`: "),
        ("personality", "this machine does not let an ordinary user change a program's personality: "),
    ] {
        let error = refused(call);
        assert!(error.is_not_allowed(), "{error}");
        assert_eq!(error.to_string(), format!("{expected}Operation not permitted (os error 1)"));
        assert!(error.hint().unwrap().contains("ptrace_scope"));
    }
}

#[test]
fn a_traced_program_cannot_trace() {
    let world = World::probe(&["trace=/bin/true"]);
    let expected =
        "this machine does not let an ordinary user trace a program by `ptrace`: Operation not permitted (os error 1)";
    assert_eq!(world.lines().1, [expected]);
}

#[test]
fn where_memory_is_forbidden_its_file_does() {
    for call in ["process_vm_readv", "process_vm_writev"] {
        // A dynamic program, which asks for the time by a call only because its memory was changed.
        let acts = [format!("forbid={call}"), "trace=/bin/date".to_owned()];
        let output = std::process::Command::new(crate::PROBE).args(acts).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.trim().parse::<u64>().unwrap() > 0, "{call}: {said}");
    }
}
