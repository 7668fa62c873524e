//! The outputs do not depend on where, how wide and under which environment a step runs.

mod common;

use common::*;
use sage_oci_step::Step;
use sage_oci_steps::run_from_environment;
use std::path::Path;
use std::process::Command;

const PACKAGES: [Package; 3] = [
    Package { name: "aa", control: "", files: &[("usr/bin/aa", 0o755, "aa"), ("usr/share/x/", 0o711, "")], extra: &[] },
    Package {
        name: "bb",
        control: "",
        files: &[("etc/bb.conf", 0o600, "bb"), ("usr/share/x/b", 0o644, "b")],
        extra: &[("conffiles", "/etc/bb.conf\n")],
    },
    Package { name: "cc", control: "", files: &[("lib/cc/c", 0o644, "c"), ("lib/cc/d", 0o777, "-> c")], extra: &[] },
];

/// Does nothing unless the other test calls it as a builder.
#[test]
fn builder() {
    if std::env::var_os("specPath").is_some() {
        run_from_environment().unwrap();
    }
}

fn build(folder: &Path, umask: &str, variables: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let scratch = scratch(folder);
    // A shell, because a umask belongs to a process.
    let script = format!("umask {umask}; exec \"$0\" --exact builder");
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("specPath", folder.parent().unwrap().join("spec"))
        .env("out", folder.join("out"))
        .env("contents", folder.join("contents"))
        .env("TMPDIR", &scratch)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut bytes = Vec::new();
    for name in ["out/blob", "out/layer.json", "contents"] {
        bytes.push((name.to_owned(), sage_oci_files::read(folder.join(name)).unwrap()));
    }
    assert_eq!(sage_oci_files::list(folder.join("out")).unwrap().len(), 2);
    assert!(sage_oci_files::list(scratch).unwrap().is_empty(), "scratch is left clean");
    bytes
}

#[test]
fn nothing_of_the_surroundings_reaches_the_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let packages = PACKAGES.iter().map(|package| package.in_step(package.build(dir.path()))).collect();
    let spec = serde_json::to_vec(&Step::Layer(step(packages))).unwrap();
    sage_oci_files::write_atomic(dir.path().join("spec"), &spec).unwrap();
    let folders = ["one", "another-and-longer-name"].map(|name| dir.path().join(name));
    let first = build(&folders[0], "022", &[("NIX_BUILD_CORES", "1"), ("TZ", "UTC"), ("LANG", "C")]);
    let second = build(
        &folders[1],
        "077",
        &[("NIX_BUILD_CORES", "3"), ("TZ", "Asia/Kathmandu"), ("LANG", "de_DE.UTF-8"), ("SOURCE_DATE_EPOCH", "7")],
    );
    for ((name, first), (_, second)) in first.iter().zip(&second) {
        assert!(first == second, "{name} differs");
    }
}
