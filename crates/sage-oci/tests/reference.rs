//! What is written from the command line's definition is what is committed.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn output(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("sage-oci").unwrap().env("NO_COLOR", "1").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn committed(file: &str, arguments: &[&str]) {
    let written = sage_oci_files::read_to_string(root().join(file)).unwrap();
    let is_same = written == output(arguments);
    assert!(is_same, "{file} is out of date: `sage-oci {} >{file}`", arguments.join(" "));
}

#[test]
fn the_reference_is_that_of_this_command() {
    committed("crates/sage-oci/REFERENCE.md", &["reference"]);
}

#[test]
fn the_flake_has_the_verbs_of_this_command() {
    committed("nix/verbs.json", &["reference", "--verbs"]);
}

#[test]
fn every_verb_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    output(&["man", pages.to_str().unwrap()]);
    let verbs: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&output(&["reference", "--verbs"])).unwrap();
    assert_eq!(sage_oci_files::list(&pages).unwrap().len(), verbs.len() + 1);
    for (verb, about) in verbs {
        let page = sage_oci_files::read_to_string(pages.join(format!("sage-oci-{verb}.1"))).unwrap();
        let start: String = about.split(['`', '\'', '-']).next().unwrap().to_owned();
        assert!(page.contains(start.trim()), "{verb}: {about}");
    }
}

#[test]
fn shells_complete_verbs_and_flags() {
    for shell in ["bash", "zsh", "fish"] {
        let script = output(&["completions", shell]);
        assert!(script.contains("why-layer") && script.contains("substituters"), "{shell}");
    }
    // The shell itself takes it.
    let script = output(&["completions", "bash"]);
    let ask = "COMP_WORDS=(sage-oci up --sub) COMP_CWORD=2; \
               function=$(complete -p sage-oci | sed 's/.*-F \\([^ ]*\\) .*/\\1/'); \"$function\" sage-oci --sub up; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", &format!("{script}\n{ask}")]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("--substituters"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
