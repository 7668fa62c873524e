//! The real binary: what it prints where, and how it ends.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

use assert_cmd::Command;
use std::path::{Path, PathBuf};

fn sage_oci() -> Command {
    let mut command = Command::cargo_bin("sage-oci").unwrap();
    command.env("NO_COLOR", "1").env_remove("SAGE_OCI_PROJECT").current_dir(root());
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Exit status, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = sage_oci().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_unknown_image_lists_the_known_ones() {
    let (status, stdout, stderr) = run(&["build", "sagemat"]);
    assert_eq!((status, stdout.as_str()), (2, ""));
    insta::assert_snapshot!(stderr, @"error: there is no image `sagemat`; there are `sagemath`, `sagemath-jupyter`, `sagemath-dev`");
}

#[test]
fn an_unknown_channel_lists_the_known_ones() {
    let (status, stdout, stderr) = run(&["build", "sagemath", "--channel", "trixie"]);
    assert_eq!((status, stdout.as_str()), (2, ""));
    insta::assert_snapshot!(stderr, @r"
    error: image `sagemath` has no channel `trixie`; it has `bookworm`, `sid`
    hint: try `--channel bookworm`
    ");
}

#[test]
fn outside_a_project_it_says_where_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    let output = sage_oci().current_dir(folder.path()).args(["build", "sagemath"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains(&folder.path().display().to_string()) && stderr.contains("hint: "), "{stderr}");
}

#[test]
fn a_lock_of_a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock.json");
    let text = sage_oci_files::read_to_string(root().join("nix/locks/bookworm.json")).unwrap();
    sage_oci_files::write_atomic(&path, text.replacen("\"format\": 2", "\"format\": 3", 1).as_bytes()).unwrap();
    let (status, _, stderr) = run(&["build", "sagemath", "--channel", "bookworm", "--lock", path.to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(stderr.contains("format 3") && stderr.contains("hint: update sage-oci"), "{stderr}");
}

#[test]
fn why_tells_the_chains_on_standard_output() {
    let (status, stdout, stderr) = run(&["why", "libgap8", "--channel", "bookworm"]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert!(stdout.contains("sagemath") && stdout.contains("python3-sage"), "{stdout}");
    let (status, stdout, _) = run(&["why", "libgap8", "--channel", "bookworm", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((status, &json["package"]), (0, &"libgap8".into()));
    assert_eq!(run(&["why", "no-such-package", "--channel", "bookworm"]).0, 2);
}

#[test]
fn a_link_called_like_a_verb_does_what_the_verb_does_and_brings_its_project() {
    let folder = tempfile::tempdir().unwrap();
    let links = folder.path().join("libexec/sage-oci");
    sage_oci_files::create_dir_all(&links).unwrap();
    sage_oci_files::symlink(assert_cmd::cargo::cargo_bin("sage-oci"), links.join("why")).unwrap();
    sage_oci_files::symlink(root().join("nix"), folder.path().join("nix")).unwrap();
    let mut command = Command::new(links.join("why"));
    let output = command.env_remove("SAGE_OCI_PROJECT").current_dir("/").args(["libgap8", "--channel", "bookworm"]);
    let output = output.output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && stdout.contains("python3-sage"), "{stdout}");
}

#[test]
fn a_diff_of_equal_locks_says_so() {
    let lock = root().join("nix/locks/bookworm.json");
    let (status, stdout, _) = run(&["lock", "--channel", "bookworm", "--diff", lock.to_str().unwrap()]);
    assert_eq!((status, stdout.as_str()), (0, "nothing changes\n"));
}

#[test]
fn an_expired_index_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    let copy = |from: &str| {
        for path in sage_oci_files::list(root().join(from)).unwrap() {
            if path.is_file() {
                let target = project.join(from).join(path.file_name().unwrap());
                sage_oci_files::create_dir_all(target.parent().unwrap()).unwrap();
                sage_oci_files::hard_link_or_copy(&path, &target).unwrap();
            }
        }
    };
    ["nix/images", "nix/images/files", "nix/channels", "nix/keys", "nix/census"].into_iter().for_each(copy);
    let mut suite = sage_oci_fake_suite::Suite::new("tiny");
    suite = suite.package(sage_oci_fake_suite::Package::new("hello", "1.0-1"));
    let mirror_folder = tempfile::tempdir().unwrap();
    suite.valid_until(1_000_000_000).write_to(mirror_folder.path()).unwrap();
    let mirror = sage_oci_fake_mirror::Mirror::serve(mirror_folder.path()).unwrap();
    sage_oci_files::write_atomic(project.join("nix/keys/test.asc"), sage_oci_fake_suite::key_armored().as_bytes())
        .unwrap();
    sage_oci_files::create_dir_all(project.join("nix/locks")).unwrap();
    let channel = format!(
        "format = 1\nname = \"sid\"\ndescription = \"x\"\nmirrors = [\"{}\"]\nkeys = [\"test\"]\nsuites = [{{ suite = \"tiny\", components = [\"main\"] }}]\n",
        mirror.url()
    );
    sage_oci_files::write_atomic(project.join("nix/channels/sid.toml"), channel.as_bytes()).unwrap();
    let output = sage_oci().current_dir(project).args(["lock", "--channel", "sid"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("was valid until") && stderr.contains("--accept-expired"), "{stderr}");
    assert_eq!(sage_oci_files::list(project.join("nix/locks")).unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn checks_that_nobody_knows_are_answered_with_the_groups() {
    let (status, stdout, stderr) = run(&["smoke", "sagemath", "--channel", "bookworm", "--only", "computation of"]);
    assert_eq!((status, stdout.as_str()), (2, ""));
    for text in [
        "no check has `computation of` in its name or its group's",
        "hint: the groups are `the processor`",
        "`computations`",
    ] {
        assert!(stderr.contains(text), "no `{text}` in:\n{stderr}");
    }
    // A group's own name finds its checks: a row that only they show is one of those that can be shown.
    let (_, stdout, _) = run(&["smoke", "sagemath", "--channel", "bookworm", "--only", "computations", "--contract"]);
    let row = |id: &str| stdout.lines().find(|line| line.trim_start().starts_with(&format!("{id} "))).unwrap();
    assert!(row("C1").contains("can be shown"), "{stdout}");
    assert!(row("I18").contains("not shown") && row("I18").contains("(not asked for)"), "{stdout}");
}

/// The row whose one check runs a program of this machine; in its place lies one that nobody runs here.
#[test]
fn a_contract_is_read_with_what_this_machine_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let contract = || {
        let arguments = ["smoke", "sagemath", "--channel", "bookworm", "--arch", "amd64", "--contract"];
        let output = sage_oci().env("PATH", folder.path()).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let stdout = text(&output.stdout);
        let row = stdout.lines().find(|line| line.trim_start().starts_with("I13 ")).unwrap();
        let row = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" | ");
        (output.status.code().unwrap(), row, text(&output.stderr))
    };
    let (status, row, stderr) = contract();
    assert_eq!(status, 1);
    insta::assert_snapshot!(row, @"I13 | runs on the oldest processor of the architecture | not shown | no instruction beyond the baseline (skipped: this machine has no program `qemu-x86_64-static`)");
    insta::assert_snapshot!(stderr, @"hint: `sage-oci doctor --fix` installs qemu-x86_64-static");
    sage_oci_files::symlink("/bin/true", folder.path().join("qemu-x86_64-static")).unwrap();
    let (status, row, stderr) = contract();
    assert_eq!((status, stderr.as_str()), (0, ""));
    insta::assert_snapshot!(row, @"I13 | runs on the oldest processor of the architecture | can be shown | no instruction beyond the baseline");
}

#[test]
fn what_is_said_of_a_commit_needs_one() {
    for option in ["--replace", "--compile-all", "--dirty"] {
        for verb in ["build", "up", "inspect", "load", "smoke", "push", "graph", "emit"] {
            let (status, stdout, stderr) = run(&[verb, "sagemath", option]);
            assert_eq!((status, stdout.as_str()), (2, ""), "{verb} {option}");
            assert!(stderr.contains("--sage <REVISION>") && stderr.contains("Usage: sage-oci"), "{stderr}");
        }
    }
}
