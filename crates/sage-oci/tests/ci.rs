//! `ci`: what it would do, and what it does with bad input. The life of a release is played by tests/ci.

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use std::process::Output;

fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("nix/template")
}

/// Runs it for the template's project, as in a job of GitHub's for a tag, or elsewhere.
fn ci(out: &Path, words: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::cargo_bin("sage-oci").unwrap();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", out).env("NO_COLOR", "1");
    command.envs(environment.iter().copied());
    command.arg("--project").arg(template()).arg("ci").arg("--out").arg(out.join("out")).args(words);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const RELEASE: [(&str, &str); 8] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REF", "refs/tags/10.10"),
    ("GITHUB_REF_TYPE", "tag"),
    ("GITHUB_REF_NAME", "10.10"),
    ("GITHUB_REF_PROTECTED", "true"),
    ("GITHUB_EVENT_NAME", "push"),
    ("GITHUB_REPOSITORY", "somebody/fork"),
    ("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"),
];

#[test]
fn a_plan_is_printed_and_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let output = ci(folder.path(), &["--plan"], &RELEASE);
    assert!(output.status.success(), "{}", said(&output));
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((plan["format"].as_u64(), plan["images"][0].as_str()), (Some(1), Some("pari")));
    // Nobody's project: it has no file that says whose refs move tags.
    assert_eq!((plan["push"].as_array().unwrap().len(), plan["tags"].is_null()), (0, true));
    assert!(!sage_oci_files::exists(folder.path().join("out")).unwrap());
}

/// Arguments, an environment, and what is said.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

#[test]
fn bad_input_is_named_before_anything_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let contrary: Vec<(&str, &str)> =
        RELEASE.iter().map(|(name, value)| (*name, if *name == "GITHUB_REF" { "refs/odd" } else { *value })).collect();
    let trap = [&RELEASE[..], &[("SAGE_OCI_VERSION", "10")]].concat();
    let cases: [Case<'_>; 6] = [
        (&["--deadline", "0"], &[], "0 is not in 1.."),
        (&["nosuch"], &[], "there is no image `nosuch`"),
        (&["--channel", "nosuch"], &[], "nosuch"),
        (&["--plan"], &contrary, "`GITHUB_REF`"),
        (&["--plan"], &trap, "YAML reads 10.0 as the number 10"),
        (&["--part", "publish"], &[], "has no results"),
    ];
    for (words, environment, text) in cases {
        let output = ci(folder.path(), words, environment);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(text), "{words:?}: {}", said(&output));
    }
    let newer = folder.path().join("out/results/x.json");
    sage_oci_files::write_atomic(&newer, br#"{"format":2}"#).unwrap();
    let output = ci(folder.path(), &["--part", "publish"], &[]);
    assert!(said(&output).contains("x.json has format 2"), "{}", said(&output));
}

#[test]
fn a_revision_that_cannot_be_had_is_named_before_anything_is_installed() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 6] = [
        (&["--plan", "--sage=-x"], "`-x` begins with a hyphen"),
        (&["--plan", "--sage", ""], "the revision is empty"),
        (&["--plan", "--sage", "11.0.beta"], "`11.0.beta` is no version"),
        (&["--dirty"], "--sage <REVISION>"),
        (&["--compile-all"], "--sage <REVISION>"),
        (&["--sage", "."], "cannot be made of a commit"),
    ];
    for (words, text) in cases {
        let output = ci(folder.path(), words, &RELEASE);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(text), "{words:?}: {}", said(&output));
    }
    let output = ci(folder.path(), &["--plan", "--sage", "https://me:hunter2@example.org/sage@x"], &RELEASE);
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["revision"], "https://example.org/sage@x");
}

/// The project itself, in which channels have images of revisions and others have none.
#[test]
fn of_a_revision_there_are_images_in_some_channels() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let ci = |words: &[&str]| {
        let mut command = Command::cargo_bin("sage-oci").unwrap();
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", folder.path());
        command.env("NO_COLOR", "1").arg("--project").arg(root).arg("ci").arg("--out").arg(folder.path().join("out"));
        command.args(words).output().unwrap()
    };
    let bookworm = ci(&["sagemath", "--channel", "bookworm", "--sage", "."]);
    assert_eq!(bookworm.status.code(), Some(2), "{}", said(&bookworm));
    assert!(said(&bookworm).contains("image `sagemath` of channel `bookworm` cannot be made of a commit"));
    // Where none is named, it is one that has them: so the folder is looked for.
    let gone = ci(&["--sage", "/no/such/sage"]);
    assert_eq!(gone.status.code(), Some(2), "{}", said(&gone));
    assert!(said(&gone).contains("/no/such/sage") && !said(&gone).contains("cannot be made"), "{}", said(&gone));
    let page = sage_oci_files::read_to_string(folder.path().join("out/summary.md")).unwrap();
    assert!(page.contains("with the source of `/no/such/sage`") && page.contains("### What went wrong"), "{page}");
}

#[test]
fn a_credential_that_is_half_there_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let branch = [("GITHUB_REF", "refs/heads/x"), ("GITHUB_REF_TYPE", "branch"), ("GITHUB_REF_NAME", "x")];
    let half = [&RELEASE[..], &branch, &[("SAGE_OCI_REGISTRY_PASSWORD", "hunter2-MARK")]].concat();
    let output = ci(folder.path(), &["--plan", "--repository", "registry.example/me"], &half);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("SAGE_OCI_REGISTRY_USER") && !said.contains("hunter2"), "{said}");
}
