//! Where each kind of effect takes place: adding one changes exactly the steps that are named here.

use crate::project::{Made, Project, changed, effect, name};
use sage_oci_recipe::{GenerateStep, Job, Step};

/// The effects that a step's text holds.
fn effects(job: &Job) -> usize {
    match &job.step {
        Step::Layer(step) => step.effects.len(),
        Step::Generate(step) => step.effects.len(),
        _ => 0,
    }
}

/// The steps of `image` that hold one effect more when the lock has one more of `package`.
fn routed(image: &str, package: &str, text: &str) -> Vec<String> {
    let before = Project::new().made(image);
    let after = Project::with(|project| project.lock.effects.push(effect(package, text))).made(image);
    let more = |job: &&Job| effects(job) > before.find(&job.name).map_or(0, effects);
    let holding: Vec<String> = after.jobs().filter(more).map(|job| job.name.clone()).collect();
    let changed = changed(&before, &after);
    // A step that holds it has another text; others change only by reading those.
    assert!(holding.iter().all(|job| changed.contains(job)), "{changed:?}");
    holding
}

#[track_caller]
fn goes(text: &str, expected: &[&str]) {
    assert_eq!(routed("tool", "tool", text), expected, "{text}");
}

#[test]
fn accounts() {
    goes(r#"{"kind":"user","name":"games","uid":5,"gid":60,"home":"/usr/games","shell":"/bin/sh"}"#, &["layer-users"]);
    goes(r#"{"kind":"group","name":"audio","gid":29,"members":["games"]}"#, &["layer-users"]);
}

#[test]
fn alternatives() {
    let text =
        r#"{"kind":"alternative","name":"editor","link":"/usr/bin/editor","path":"/usr/bin/tool","priority":10}"#;
    goes(text, &["layer-alternatives"]);
}

#[test]
fn what_scripts_write() {
    for text in [
        r#"{"kind":"directory","path":"/var/lib/tool","mode":"0755"}"#,
        r#"{"kind":"symlink","path":"/etc/link","target":"tool"}"#,
        r#"{"kind":"file","path":"/etc/made","mode":"0644","content":"made\n"}"#,
        r#"{"kind":"copy","from":"/usr/share/tool/default","to":"/etc/tool","mode":"0644"}"#,
        r#"{"kind":"shell","path":"/usr/bin/tool"}"#,
        r#"{"kind":"computed","document":"pam-profiles"}"#,
        r#"{"kind":"computed","document":"xml-catalogs"}"#,
    ] {
        goes(text, &["layer-configuration"]);
    }
}

#[test]
fn certificates() {
    goes(r#"{"kind":"computed","document":"ca-certificates"}"#, &["layer-certificates"]);
}

#[test]
fn owners_and_modes_are_the_layer_s_and_dpkg_notes_them() {
    let text = r#"{"kind":"metadata","path":"/usr/bin/tool","mode":"4755"}"#;
    goes(text, &["layer-tool", "layer-dpkg"]);
    assert_eq!(routed("tool", "bash", text), ["layer-base", "layer-dpkg"]);
}

#[test]
fn a_diversion_is_every_layer_s_and_dpkg_notes_it() {
    let text = r#"{"kind":"diversion","from":"/usr/bin/x","to":"/usr/bin/x.tool"}"#;
    goes(text, &["layer-base", "layer-python", "layer-tool", "layer-dpkg"]);
}

#[test]
fn byte_code_is_compiled_and_noted_nowhere() {
    let text = r#"{"kind":"bytecode","directories":["/usr/share/tool"]}"#;
    goes(text, &[]);
    let changed = changed(
        &Project::new().made("tool"),
        &Project::with(|project| project.lock.effects.push(effect("tool", text))).made("tool"),
    );
    assert_eq!(changed, ["layer-bytecode-rest"]);
}

#[test]
fn the_loader_s_cache_is_made_whoever_asks_for_it() {
    goes(r#"{"kind":"computed","document":"ld-cache"}"#, &[]);
    let made = Project::with(|project| project.lock.effects.clear()).made("tool");
    assert!(made.layers().contains(&"ld-cache"));
}

#[test]
fn what_an_upper_package_does_changes_no_lower_layer() {
    for (text, expected) in [
        (
            r#"{"kind":"user","name":"games","uid":5,"gid":60,"home":"/usr/games","shell":"/bin/sh"}"#,
            &["layer-dev-users"][..],
        ),
        (
            r#"{"kind":"alternative","name":"cc","link":"/usr/bin/cc","path":"/usr/bin/gcc","priority":10}"#,
            &["layer-dev-alternatives"],
        ),
        (r#"{"kind":"shell","path":"/usr/bin/gcc"}"#, &["layer-dev-configuration"]),
        (r#"{"kind":"computed","document":"ca-certificates"}"#, &["layer-dev-certificates"]),
        (r#"{"kind":"metadata","path":"/usr/bin/gcc","mode":"4755"}"#, &["layer-dev-gcc", "layer-dev-dpkg"]),
        (r#"{"kind":"diversion","from":"/usr/x","to":"/usr/y"}"#, &["layer-dev-gcc", "layer-dev-dpkg"]),
    ] {
        let holding = routed("tool-dev", "gcc", text);
        // A layer that is made for it alone holds those of the image below, too.
        assert_eq!(holding, expected, "{text}");
        let before = Project::new().made("tool");
        let after = Project::with(|project| project.lock.effects.push(effect("gcc", text))).made("tool");
        assert_eq!(changed(&before, &after), [""; 0], "{text}");
    }
}

/// The packages whose archives a generated layer reads.
fn archives(made: &Made, layer: &str) -> Vec<String> {
    let GenerateStep { archives, .. } = made.generate(layer);
    let read: Vec<String> = made.reads(archives.values());
    assert!(archives.keys().zip(&read).all(|(package, path)| path.contains(&format!("/{package}_"))), "{read:?}");
    archives.keys().map(ToString::to_string).collect()
}

#[test]
fn a_layer_reads_the_archives_that_its_effects_take_files_from() {
    let with = |package: &str, text: &str| {
        Project::with(|project| project.lock.effects.push(effect(package, text))).made("tool")
    };
    let before = Project::new().made("tool");
    assert_eq!(archives(&before, "configuration"), ["libpam-modules"]);
    assert_eq!(archives(&before, "certificates"), ["ca-certificates"]);
    assert_eq!(archives(&before, "ld-cache"), ["libc-bin", "libc6"]);
    assert_eq!(archives(&before, "users"), ["bash"]);
    for layer in ["alternatives", "files", "dpkg"] {
        assert_eq!(archives(&before, layer), [""; 0], "{layer}");
    }
    for text in [
        r#"{"kind":"copy","from":"/usr/share/tool/default","to":"/etc/tool","mode":"0644"}"#,
        r#"{"kind":"computed","document":"pam-profiles"}"#,
        r#"{"kind":"computed","document":"xml-catalogs"}"#,
    ] {
        assert_eq!(archives(&with("tool", text), "configuration"), ["libpam-modules", "tool"], "{text}");
    }
    assert_eq!(
        archives(&with("tool", r#"{"kind":"computed","document":"ca-certificates"}"#), "certificates"),
        ["ca-certificates", "tool"]
    );
    // What the others do needs no file of their package.
    for text in [
        r#"{"kind":"directory","path":"/var/lib/tool","mode":"0755"}"#,
        r#"{"kind":"symlink","path":"/etc/link","target":"tool"}"#,
        r#"{"kind":"file","path":"/etc/made","mode":"0644","content":"made\n"}"#,
        r#"{"kind":"shell","path":"/usr/bin/tool"}"#,
    ] {
        assert_eq!(archives(&with("tool", text), "configuration"), ["libpam-modules"], "{text}");
    }
}

#[test]
fn both_packages_that_ship_profiles_of_pam_are_read() {
    let made = Project::with(|project| {
        let mut systemd = project.package("libpam-modules").clone();
        systemd.name = name("libpam-systemd");
        project.lock.packages.insert(6, systemd);
    })
    .made("tool");
    assert_eq!(archives(&made, "configuration"), ["libpam-modules", "libpam-systemd"]);
}

#[test]
fn effects_keep_the_order_of_the_lock() {
    let link = |path: &str| format!(r#"{{"kind":"symlink","path":"{path}","target":"x"}}"#);
    let made = Project::with(|project| {
        for path in ["/z", "/a", "/m"] {
            project.lock.effects.push(effect("tool", &link(path)));
        }
    })
    .made("tool");
    let expected: Vec<_> = ["/z", "/a", "/m"].iter().map(|path| effect("tool", &link(path))).collect();
    assert_eq!(made.generate("configuration").effects[1..], expected);
}

#[test]
fn a_layer_of_packages_has_its_own_effects_in_the_order_of_the_lock() {
    let metadata = |path: &str| format!(r#"{{"kind":"metadata","path":"{path}","mode":"0700"}}"#);
    let made = Project::with(|project| {
        project.lock.effects.push(effect("bash", &metadata("/z")));
        project.lock.effects.push(effect("tool", r#"{"kind":"diversion","from":"/x","to":"/y"}"#));
        project.lock.effects.push(effect("libc6", &metadata("/a")));
        project.lock.effects.push(effect("tool", &metadata("/t")));
    })
    .made("tool");
    let owners = |layer: &str| -> Vec<String> {
        made.layer(layer).effects.iter().map(|owned| owned.package.to_string()).collect()
    };
    // The last one is the diversion that the definition asks for.
    assert_eq!(owners("base"), ["bash", "tool", "libc6", "tool"]);
    assert_eq!(owners("python"), ["tool", "tool"]);
    assert_eq!(owners("tool"), ["tool", "tool", "tool"]);
    assert_eq!(made.generate("dpkg").effects.len(), 5);
}

#[test]
fn what_the_definition_diverts_stands_behind_what_scripts_divert() {
    let scripted = effect("tool", r#"{"kind":"diversion","from":"/usr/bin/which","to":"/usr/bin/which.tool"}"#);
    let made = Project::with(|project| project.lock.effects.push(scripted.clone())).made("tool");
    let own =
        effect("tool", r#"{"kind":"diversion","from":"/usr/bin/which","to":"/usr/bin/which.distrib","local":true}"#);
    assert_eq!(made.layer("base").effects, [scripted, own.clone()]);
    // It is booked under the package whose version the image has.
    let made = Project::with(|project| project.redefine("version-of = \"tool\"", "version-of = \"bash\"")).made("tool");
    assert_eq!(made.layer("tool").effects, [sage_oci_effects::OwnedEffect { package: name("bash"), ..own }]);
}
