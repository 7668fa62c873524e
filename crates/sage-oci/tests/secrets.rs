//! What the command starts gets no secret from its environment.

use assert_cmd::Command;
use sage_oci_fake_program::write_program;

/// Programs that write down their environment, one after the other into one file.
const PROGRAMS: [&str; 2] = ["docker", "nix-store"];

#[test]
fn programs_that_describe_the_machine_get_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    for name in PROGRAMS {
        let script = format!(
            "#!/bin/sh\n{{ echo \"BEGIN {name}\"; env; }} >>'{}'\necho '{name} (Nix) version 2.8.0'\n",
            seen.display()
        );
        write_program(folder.path().join(name), script);
    }
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let secrets = [
        "SAGE_OCI_REGISTRY_PASSWORD",
        "SAGE_OCI_HUB_PASSWORD",
        "DOCKER_AUTH_CONFIG",
        "CI_JOB_TOKEN",
        "CI_REGISTRY_PASSWORD",
        "GITHUB_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
    ];
    let output = Command::cargo_bin("sage-oci")
        .unwrap()
        .args(["doctor", "--json"])
        .envs(secrets.map(|name| (name, "geheim")))
        .env("SAGE_OCI_MARK", "harmless")
        .env("PATH", path)
        .output()
        .unwrap();
    let seen = sage_oci_files::read_to_string(seen).unwrap();
    for name in PROGRAMS {
        assert!(seen.contains(&format!("BEGIN {name}\n")), "{name} was not started: {seen}");
    }
    assert!(seen.contains("SAGE_OCI_MARK=harmless") && !seen.contains("geheim"), "{seen}");
    for text in [output.stdout, output.stderr] {
        assert!(!String::from_utf8_lossy(&text).contains("geheim"));
    }
}
