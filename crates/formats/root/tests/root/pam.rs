//! PAM's stacks from profiles and templates.

use crate::common::*;
use sage_oci_effects::{Document, Effect};
use sage_oci_root::{Item, RootError};
use sage_oci_step::GenerateKind;

const STACKS: [&str; 5] = ["auth", "account", "password", "session", "session-noninteractive"];

const UNIX: &str = "Name: Unix authentication\nDefault: yes\nPriority: 256\n\
    Auth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_unix.so nullok  try_first_pass\n\
    Auth-Initial:\n\t[success=end default=ignore]\tpam_unix.so nullok\n\
    Account-Type: Primary\nAccount-Final:\n\t[success=end new_authtok_reqd=done default=ignore]\tpam_unix.so\n\
    Session-Type: Additional\nSession:\n\trequired\tpam_unix.so\n";
const HIGHER: &str = "Name: Higher\nDefault: yes\nPriority: 900\nSession-Interactive-Only: yes\n\
    Auth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_a.so\n\t[success=1 default=ignore]\tpam_b.so\n\
    Session-Type: Additional\nSession:\n\t[success=end default=bad]\tpam_c.so\n\toptional pam_d.so x   y\n";
const OFF: &str = "Name: Off\nDefault: no\nPriority: 500\nAuth-Type: Primary\nAuth:\n\trequired pam_off.so\n";
const GONE: &str = "Name: Gone\nDefault: yes\nPriority: 999\nAuth-Type: Primary\nAuth:\n\trequired pam_tally.so\n";

fn template(stack: &str) -> String {
    format!(
        "# head of {stack}\n# here are the per-package modules (the \"Primary\" block)\n$old_primary\n\
         # here's the fallback if no module succeeds\nx\trequisite\tpam_deny.so\n\
         # and here are more per-package modules (the \"Additional\" block)\n$old_additional\n\
         # end of pam-auth-update config\n"
    )
}

/// An image with some profiles, after a change of its `libpam-runtime`.
fn image(profiles: &[(&str, &str)], change: impl Fn(&str) -> String) -> Image {
    let mut package = Package::new("libpam-runtime");
    for stack in STACKS {
        package = package.file(&format!("usr/share/pam/common-{stack}"), change(stack));
    }
    for (name, text) in profiles {
        package = package.file(&format!("usr/share/pam-configs/{name}"), text);
    }
    Image::of([package])
}

fn make(mut image: Image) -> Result<Vec<Item>, RootError> {
    let effect = effect("libpam-runtime", Effect::Computed { document: Document::PamProfiles });
    let items = image.items(GenerateKind::Configuration, vec![effect]);
    assert!(image.reads <= 2, "an archive is read once for all profiles and once for all templates");
    items
}

fn profiles(profiles: &[(&str, &str)]) -> Result<Vec<Item>, RootError> {
    make(image(profiles, template))
}

fn malformed(profile: &str) -> String {
    let error = profiles(&[("x", profile)]).unwrap_err();
    assert!(matches!(&error, RootError::Malformed { what, .. } if what == "/usr/share/pam-configs/x"), "{error}");
    error.to_string()
}

#[test]
fn profiles_fill_the_stacks() {
    let all = [("unix", UNIX), ("higher", HIGHER), ("off", OFF), ("gone", GONE), ("unix~", "old"), ("#unix#", "old")];
    golden("pam", &profiles(&all).unwrap());
}

#[test]
fn a_stack_without_a_primary_module_permits() {
    let items = profiles(&[]).unwrap();
    let permit = "modules (the \"Primary\" block)\nauth\t[default=1]\t\t\tpam_permit.so\n# here's the fallback";
    assert!(text(&items, "etc/pam.d/common-auth").contains(permit), "{}", shown(&items));
    assert_eq!(text(&items, "var/lib/pam/auth"), "Module: null\n[default=1]\t\t\tpam_permit.so\n");
    assert_eq!(text(&items, "var/lib/pam/seen"), "");
}

#[test]
fn of_equal_priorities_the_later_name_goes_first() {
    let profile = |module: &str| format!("Default: yes\nPriority: 1\nAuth-Type: Primary\nAuth: required {module}\n");
    let items = profiles(&[("a", &profile("pam_a.so")), ("b", &profile("pam_b.so"))]).unwrap();
    assert_eq!(text(&items, "var/lib/pam/seen"), "b\na\n");
    let auth = text(&items, "etc/pam.d/common-auth");
    assert!(auth.contains("auth\trequired pam_b.so \nauth\trequired pam_a.so \n"), "{auth}");
}

#[test]
fn a_profile_quarrels_with_those_it_names_and_those_that_name_it() {
    let profile = |priority: u32, conflicts: &str| {
        format!(
            "Default: yes\nPriority: {priority}\nConflicts: {conflicts}\nAuth-Type: Primary\nAuth: required pam.so\n"
        )
    };
    for (high, low) in [("", "other, high"), ("low", "")] {
        let items = profiles(&[("high", &profile(9, high)), ("low", &profile(1, low))]).unwrap();
        assert_eq!(text(&items, "var/lib/pam/auth"), "Module: high\nrequired pam.so\n", "{high}/{low}");
        assert_eq!(text(&items, "var/lib/pam/seen"), "high\nlow\n");
    }
    let items = profiles(&[("high", &profile(9, "lo")), ("low", &profile(1, ""))]).unwrap();
    assert!(text(&items, "var/lib/pam/auth").contains("Module: low\n"));
}

#[test]
fn profiles_out_of_their_form_are_refused() {
    assert!(malformed("\tindented\n").ends_with("it begins without a field"));
    assert!(malformed("Priority: high\n").ends_with("its priority is no number"));
    let mut image = image(&[], template);
    image.packages.push(Package::new("latin").file("usr/share/pam-configs/x", b"Name: \xe9\n"));
    let error = make(image).unwrap_err().to_string();
    assert_eq!(error, "cannot make sense of `/usr/share/pam-configs/x`: it is not UTF-8");
}

#[test]
fn templates_must_be_there_with_all_their_marks() {
    for (from, to) in [
        ("# here are the per-package modules (the \"Primary\" block)", "#"),
        ("# here's the fallback", "#"),
        ("# and here are more per-package modules", "#"),
        ("# end of pam-auth-update config", "#"),
    ] {
        let broken =
            |stack: &str| if stack == "password" { template(stack).replace(from, to) } else { template(stack) };
        let error = make(image(&[("unix", UNIX)], broken)).unwrap_err().to_string();
        let expected = "cannot make sense of `/usr/share/pam/common-password`: its marks are incomplete";
        assert_eq!(error, expected, "{from}");
    }
    let error = make(Image::of([Package::new("libpam-runtime")])).unwrap_err();
    assert!(matches!(&error, RootError::Absent { path, .. } if path == "/usr/share/pam/common-account"), "{error}");
}
