//! What generated layers are made from: accounts, dpkg's database, placed files.

use crate::locked::omitted;
use crate::project::{Made, Project, changed, effect, names};
use sage_oci_effects::Effect;
use sage_oci_lock::Reason;
use sage_oci_recipe::{GenerateKind, PlacedContent, PlacedFile, SourcePatch, Step};
use std::collections::BTreeMap;

const GAMES: &str = r#"{"kind":"user","name":"games","uid":5,"gid":60,"home":"/usr/games","shell":"/bin/sh"}"#;
const GAMES_GROUP: &str = r#"{"kind":"group","name":"games","gid":60}"#;

fn numbers<const N: usize>(pairs: [(&str, u32); N]) -> BTreeMap<String, u32> {
    pairs.map(|(name, number)| (name.to_owned(), number)).into()
}

#[test]
fn the_image_s_own_user_comes_last() {
    let made = Project::with(|project| {
        project.lock.effects.push(effect("bash", GAMES_GROUP));
        project.lock.effects.push(effect("bash", GAMES));
    })
    .made("tool");
    let step = made.generate("users");
    assert_eq!(step.generate, GenerateKind::Users { user: "me".to_owned(), sudo: false });
    let expected = [
        effect("bash", GAMES_GROUP),
        effect("bash", GAMES),
        effect("tool", r#"{"kind":"group","name":"me","gid":1000}"#),
        effect("tool", r#"{"kind":"user","name":"me","uid":1000,"gid":1000,"home":"/home/me","shell":"/bin/bash"}"#),
    ];
    assert_eq!(step.effects, expected);
}

#[test]
fn every_layer_resolves_names_by_the_same_numbers() {
    let made = Project::with(|project| {
        project.lock.effects.push(effect("tool", GAMES_GROUP));
        project.lock.effects.push(effect("tool", GAMES));
    })
    .made("tool");
    let (users, groups) = (numbers([("games", 5), ("me", 1000)]), numbers([("games", 60), ("me", 1000)]));
    let mut seen = 0;
    for job in made.jobs() {
        let found = match &job.step {
            Step::Layer(step) => (&step.users, &step.groups),
            Step::Generate(step) => (&step.users, &step.groups),
            _ => continue,
        };
        assert_eq!(found, (&users, &groups), "{}", job.name);
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn the_last_word_on_an_account_counts() {
    let made = Project::with(|project| {
        project.lock.effects.push(effect("bash", GAMES));
        project.lock.effects.push(effect("tool", &GAMES.replace("\"uid\":5", "\"uid\":7")));
        project.lock.effects.push(effect("bash", GAMES_GROUP));
        project.lock.effects.push(effect("tool", &GAMES_GROUP.replace("60", "61")));
    })
    .made("tool");
    assert_eq!(made.layer("base").users["games"], 7);
    assert_eq!(made.layer("base").groups["games"], 61);
}

#[test]
fn the_user_s_rights_and_home_are_the_definition_s() {
    let made = Project::with(|project| {
        project.redefine(
            "id = 1000\nhome = \"/home/me\"\nshell = \"/bin/bash\"",
            "id = 7\nhome = \"/srv\"\nshell = \"/bin/sh\"\nsudo = true",
        );
    })
    .made("tool");
    let step = made.generate("users");
    assert_eq!(step.generate, GenerateKind::Users { user: "me".to_owned(), sudo: true });
    let Effect::User { uid, gid, home, shell, gecos, .. } = &step.effects[1].effect else { panic!() };
    assert_eq!((*uid, *gid, home.as_str(), shell.as_str(), gecos.as_str()), (7, 7, "/srv", "/bin/sh", ""));
    assert_eq!(made.last().config.user, "7");
    assert_eq!(made.last().config.working_dir, "/srv");
}

fn database(made: &Made) -> (Vec<String>, BTreeMap<String, String>, &str) {
    match &made.generate("dpkg").generate {
        GenerateKind::Dpkg { automatic, omitted, sources } => {
            let omitted = omitted.iter().map(|(name, version)| (name.to_string(), version.clone())).collect();
            (names(automatic), omitted, sources)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_something_else_needs_is_installed_automatically() {
    let made = Project::with(|project| {
        project.package("bash").reason = Reason::Essential;
        project.package("libc6").reason = Reason::Wanted;
    })
    .made("tool");
    let (automatic, omitted, sources) = database(&made);
    assert_eq!(
        automatic,
        [
            "ca-certificates",
            "libc-bin",
            "libpam-modules",
            "libpython3.14-stdlib",
            "python3-minimal",
            "python3.14-minimal"
        ]
    );
    assert!(omitted.is_empty());
    assert_eq!(sources, "Types: deb\n", "apt's sources, as they were given");
}

#[test]
fn a_stand_in_provides_what_is_left_out_and_what_that_is_needed_for() {
    let made = Project::with(|project| {
        let mut doc = omitted("tool-doc", "1:2.1-3", "tool");
        doc.provides = BTreeMap::from([
            ("manual".parse().unwrap(), None),
            ("tool-manual".parse().unwrap(), Some("2.1".parse().unwrap())),
        ]);
        project.lock.omitted = vec![omitted("man-db", "2.13-1", "tool"), doc];
        project.lock.check().unwrap();
    })
    .made("tool");
    let expected = [("man-db", "2.13-1"), ("manual", ""), ("tool-doc", "1:2.1-3"), ("tool-manual", "2.1")];
    assert_eq!(database(&made).1, expected.map(|(name, version)| (name.to_owned(), version.to_owned())).into());
}

#[test]
fn a_virtual_package_keeps_its_version_whoever_provides_it_without_one() {
    let provided = |versions: &[Option<&str>]| {
        let made = Project::with(|project| {
            for (number, version) in versions.iter().enumerate() {
                let mut one = omitted(&format!("doc{number}"), "1-1", "tool");
                let version = version.map(|version| version.parse().unwrap());
                one.provides = BTreeMap::from([("manual".parse().unwrap(), version)]);
                project.lock.omitted.push(one);
            }
        })
        .made("tool");
        database(&made).1["manual"].clone()
    };
    // `Depends: manual (>= 2)` would not hold for a stand-in that provides it without a version.
    assert_eq!(provided(&[Some("2"), None]), "2");
    assert_eq!(provided(&[None, Some("2")]), "2");
    assert_eq!(provided(&[Some("10"), Some("9")]), "10");
    assert_eq!(provided(&[Some("9"), Some("10"), None]), "10");
    assert_eq!(provided(&[None, None]), "");
}

#[test]
fn a_package_that_is_left_out_has_its_own_version_whoever_else_provides_it() {
    let made = Project::with(|project| {
        let mut doc = omitted("tool-doc", "1-1", "tool");
        doc.provides = BTreeMap::from([("viewer".parse().unwrap(), Some("9".parse().unwrap()))]);
        project.lock.omitted = vec![doc, omitted("viewer", "3-1", "tool")];
    })
    .made("tool");
    assert_eq!(database(&made).1["viewer"], "3-1");
}

fn files(made: &Made, layer: &str) -> Vec<PlacedFile> {
    match &made.generate(layer).generate {
        GenerateKind::Files { files } => files.clone(),
        other => panic!("{other:?}"),
    }
}

fn placed(path: &str, content: PlacedContent, mode: u32) -> PlacedFile {
    PlacedFile {
        path: path.to_owned(),
        content,
        mode: sage_oci_effects::Mode::new(mode),
        owner: "root".to_owned(),
        group: "root".to_owned(),
    }
}

#[test]
fn a_placed_path_is_a_file_a_patched_file_a_link_or_a_folder() {
    let made = Project::with(|project| {
        project.define(
            "tool",
            r#"
[[files]]
path = "/usr/share/tool/page.js"
patch = "first.patch"
of = "tool"
divert = true
mode = "0600"

[[files]]
path = "/opt/tool"
directory = true
owner = "me"
group = "games"

[[files]]
path = "/opt/bin"
link = "../usr/bin"
"#,
        );
    })
    .made("tool");
    let text = |name: &str| PlacedContent::Text(format!("text of {name}\n"));
    let patch = SourcePatch { name: "first.patch".to_owned(), text: "text of first.patch\n".to_owned() };
    let folder = PlacedFile {
        owner: "me".to_owned(),
        group: "games".to_owned(),
        ..placed("/opt/tool", PlacedContent::Directory(true), 0o755)
    };
    let expected = [
        placed("/etc/tool.conf", text("tool.conf"), 0o644),
        placed("/usr/bin/which", text("which"), 0o755),
        placed("/usr/share/tool/page.js", PlacedContent::Patch { package: "tool".parse().unwrap(), patch }, 0o600),
        folder,
        placed("/opt/bin", PlacedContent::Link("../usr/bin".to_owned()), 0o644),
    ];
    assert_eq!(files(&made, "files"), expected);
    let step = made.generate("files");
    assert_eq!(names(step.archives.keys()), ["tool"], "the package that ships what is patched");
    assert!(step.effects.is_empty());
}

#[test]
fn the_files_of_a_channel_stand_behind_those_of_all() {
    let made = Project::with(|project| {
        project.define("tool", "[[channels.sid.files]]\npath = \"/etc/sid\"\nsource = \"which\"\n");
    })
    .made("tool");
    let paths: Vec<String> = files(&made, "files").into_iter().map(|file| file.path).collect();
    assert_eq!(paths, ["/etc/tool.conf", "/usr/bin/which", "/etc/sid"]);
}

#[test]
fn the_text_of_a_placed_file_changes_its_layer_alone() {
    let before = Project::new().made("tool-dev");
    let after = Project::with(|project| drop(project.files.insert("which".to_owned(), "other".to_owned())));
    assert_eq!(changed(&before, &after.made("tool-dev")), ["layer-files"]);
    let after = Project::with(|project| project.redefine("divert = true\n", "")).made("tool-dev");
    // A diversion is every layer's.
    assert_eq!(
        changed(&before, &after),
        ["layer-base", "layer-dev-dpkg", "layer-dev-gcc", "layer-dpkg", "layer-python", "layer-tool"]
    );
}

#[test]
fn what_is_generated_is_for_the_image_s_architecture() {
    let project = Project::with(|project| {
        project.lock.architecture = sage_oci_names::Architecture::Arm64;
        project.machine = sage_oci_names::Architecture::Arm64;
    });
    let made = project.made("tool");
    for layer in ["users", "alternatives", "ld-cache", "certificates", "configuration", "files", "dpkg"] {
        assert_eq!(made.generate(layer).architecture, sage_oci_names::Architecture::Arm64, "{layer}");
    }
    assert_eq!(made.last().architecture, sage_oci_names::Architecture::Arm64);
}
