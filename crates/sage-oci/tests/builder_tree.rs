//! What the builder is made of: every derivation depends on it, so it holds what steps need and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Packages that only the command needs: its verbs, the engine's API, signatures, the resolver, definitions and locks, reports.
const NEVER: [&str; 32] = [
    "sage-oci",
    "sage-oci-archive",
    "sage-oci-census",
    "sage-oci-checks",
    "sage-oci-child",
    "sage-oci-credentials",
    "sage-oci-definition",
    "sage-oci-delta",
    "sage-oci-emit",
    "sage-oci-engine",
    "sage-oci-hub",
    "sage-oci-lock",
    "sage-oci-machine",
    "sage-oci-produce",
    "sage-oci-project",
    "sage-oci-recipe",
    "sage-oci-reproduce",
    "sage-oci-resolve",
    "sage-oci-signature",
    "sage-oci-smoke",
    "sage-oci-store",
    "sage-oci-trace",
    "sage-oci-verify",
    "bollard",
    "clap",
    "console",
    "hyper",
    "indicatif",
    "pgp",
    "resolvo",
    "tokio",
    "toml",
];

/// The packages that cargo compiles for a package of the workspace; build scripts, macros and their dependencies included.
fn tree(package: &str) -> BTreeSet<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args([
            "tree",
            "--locked",
            "--package",
            package,
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_builder_holds_nothing_that_only_the_command_needs() {
    let builder = tree("sage-oci-builder");
    let needed = ["sage-oci-steps", "sage-oci-root", "zstd-sys"];
    assert!(needed.iter().all(|name| builder.contains(*name)), "{builder:?}");
    let found: Vec<&str> = NEVER.into_iter().filter(|name| builder.contains(*name)).collect();
    assert_eq!(found, Vec::<&str>::new());
    // The list speaks of packages that are there: the command has each of them.
    let command = tree("sage-oci");
    let unknown: Vec<&str> = NEVER.into_iter().filter(|name| !command.contains(*name)).collect();
    assert_eq!(unknown, Vec::<&str>::new());
}
