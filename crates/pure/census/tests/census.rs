//! The census that the repository ships.

use std::collections::BTreeMap;

use sage_oci_census::{Census, Package};
use sage_oci_effects::{Document, Effect};
use sage_oci_names::PackageName;

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../nix/census/", $name)))
    };
}

const FILES: [(&str, &str); 7] = [
    file!("base.toml"),
    file!("desktop.toml"),
    file!("libraries.toml"),
    file!("omissions.toml"),
    file!("python.toml"),
    file!("r-and-java.toml"),
    file!("services.toml"),
];

#[test]
fn it_parses_and_every_omission_has_a_reason() {
    let census = Census::parse(FILES).unwrap();
    assert!(census.omissions().iter().any(|omission| omission.path == "/etc/machine-id"));
    assert!(census.omissions().iter().all(|omission| omission.reason.ends_with('.')));
}

#[test]
fn a_real_script_is_found_by_its_digest() {
    let census = Census::parse(FILES).unwrap();
    // libpam-systemd 262.1-1 of sid, postinst, whole.
    let script = "#!/bin/sh\n\nset -e\n\n# If $DPKG_ROOT is set and not empty (this happens if dpkg is run with\n# --force-script-chrootless) let pam-auth-update operate on a different\n# directory by passing the --root parameter.\n# Passing the root parameter is no longer needed if pam-auth-update\n# switches to $DPKG_ROOT as the default for --root. See #1137186.\npam-auth-update ${DPKG_ROOT:+--root \"$DPKG_ROOT\"} --package\n\n\n";
    let name = PackageName::parse("libpam-systemd").unwrap();
    let scripts = BTreeMap::from([("postinst".to_owned(), script.as_bytes().to_vec())]);
    let judgement = census.judge(&Package { name: &name, version: "262.1-1", scripts: &scripts }).unwrap();
    assert_eq!(judgement.effects[0].effect, Effect::Computed { document: Document::PamProfiles });
}
