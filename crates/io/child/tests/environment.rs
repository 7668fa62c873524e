//! What programs find in their environment. The test starts itself with secrets in its own, for they cannot be set safely while
//! other threads run.

use std::process::Command;

/// Prints its environment's variables of the test, each value in brackets.
const SCRIPT: &str = "echo \"[$SAGE_OCI_REGISTRY_PASSWORD][$CI_JOB_TOKEN][$SAGE_OCI_MARK]\"";

/// Runs one of the tests below in a process with secrets and gives what it prints.
fn with_secrets(test: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("SAGE_OCI_REGISTRY_PASSWORD", "geheim")
        .env("CI_JOB_TOKEN", "geheim")
        .env("SAGE_OCI_MARK", "seen")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines().find(|line| line.starts_with('[')).unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[test]
#[ignore = "a part of secrets_are_left_out"]
fn start_command() {
    println!();
    sage_oci_child::command("sh").args(["-c", SCRIPT]).status().unwrap();
}

#[test]
#[ignore = "a part of secrets_are_left_out"]
fn start_command_that_needs_one() {
    println!();
    sage_oci_child::command("sh").args(["-c", SCRIPT]).env("CI_JOB_TOKEN", "given").status().unwrap();
}

#[test]
#[ignore = "a part of secrets_are_left_out"]
fn start_expression() {
    println!();
    println!("{}", sage_oci_child::expression("sh", ["-c", SCRIPT]).read().unwrap());
}

#[test]
#[ignore = "a part of secrets_are_left_out"]
fn start_trusted() {
    println!();
    sage_oci_child::trusted_command("sh").args(["-c", SCRIPT]).status().unwrap();
}

#[test]
fn secrets_are_left_out() {
    assert_eq!(with_secrets("start_command"), "[][][seen]");
    assert_eq!(with_secrets("start_expression"), "[][][seen]");
    assert_eq!(with_secrets("start_command_that_needs_one"), "[][given][seen]");
    assert_eq!(with_secrets("start_trusted"), "[geheim][geheim][seen]");
}
