//! Programs are started in one place, which leaves the secrets out of their environment.
//!
//! `clippy.toml` could forbid the calls, too, and would then want an exception in each of the many tests that start programs.

use crate::code::Code;
use crate::{crates, sources};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Who starts programs, and why.
const STARTERS: [&str; 5] = [
    // The place itself.
    "io/child/src/start.rs",
    // A part of the builder, which depends on as little as it can: it clears the environment.
    "io/steps/src/bytecode/interpreter.rs",
    // The same of what runs in a root of packages; the other two start the builder itself again, whose environment is Nix's.
    "io/steps/src/enclosure/commands.rs",
    "io/steps/src/enclosure/namespaces.rs",
    "io/steps/src/enclosure/outside.rs",
];

/// Whether a path starts a program, or brings a name that would hide it.
fn starts(path: &str) -> bool {
    path.ends_with("Command::new")
        || ["duct::cmd", "duct::*", "std::process::*"].contains(&path)
        || ["execve", "posix_spawn", "fork"].iter().any(|call| path.ends_with(&format!("::{call}")))
}

#[test]
fn programs_are_started_without_secrets() {
    let mut found = BTreeSet::new();
    let mut seen = 0;
    for layer in ["io", "builder", "sage-oci"] {
        let files = sources(&crates().join(layer));
        let files: Vec<PathBuf> =
            files.into_iter().filter(|file| file.components().any(|part| part.as_os_str() == "src")).collect();
        let code: Vec<(PathBuf, Code)> = files.into_iter().map(|file| (file.clone(), Code::of_file(&file))).collect();
        let tests: BTreeSet<PathBuf> = code.iter().flat_map(|(file, code)| code.test_files(file)).collect();
        for (file, code) in code.iter().filter(|(file, _)| !tests.contains(file)) {
            seen += 1;
            if code.paths.iter().any(|path| starts(path)) {
                found.insert(file.strip_prefix(crates()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert!(seen > 150, "only {seen} files were looked at");
    assert_eq!(found, BTreeSet::from(STARTERS.map(str::to_owned)), "start programs by `sage_oci_child::command`");
    for cleared in &STARTERS[1..3] {
        let builder = sage_oci_files::read_to_string(crates().join(cleared)).unwrap();
        assert!(builder.contains(".env_clear()"), "{cleared} must clear the environment");
    }
}

#[test]
fn starting_is_seen_however_it_is_written() {
    let found = |text: &str| Code::of(text).unwrap().paths.iter().any(|path| starts(path));
    for text in [
        "use std::process::Command; fn f() { Command::new(\"git\"); }",
        "fn f() { std::process::Command::new(\"git\"); }",
        "fn f() { tokio::process::Command::new(\"git\"); }",
        "use duct::cmd;",
        "fn f() { duct::cmd!(\"git\"); }",
        "use duct::*;",
        "use std::process::*;",
        "fn f() { nix::unistd::fork(); }",
    ] {
        assert!(found(text), "{text}");
    }
    for text in [
        "use std::process::{Command, Stdio}; fn f(command: Command) {}",
        "fn f() { sage_oci_child::command(\"git\"); }",
        "#[cfg(test)] mod tests { fn f() { std::process::Command::new(\"git\"); } }",
    ] {
        assert!(!found(text), "{text}");
    }
}
