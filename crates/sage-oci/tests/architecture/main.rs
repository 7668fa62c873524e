//! Arrows between crates go one way: pure, then formats, then I/O, then the command.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod circles;
mod code;
mod hints;
mod programs;

use code::Code;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A crate's folder, its layer, and the workspace crates it depends on outside tests.
struct Member {
    layer: &'static str,
    depends: Vec<String>,
}

const LAYERS: [&str; 4] = ["pure", "formats", "io", "fakes"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A crate's name and the crates of ours that it depends on, but for its tests, from its manifest.
fn manifest(text: &str) -> (String, Vec<String>) {
    let (mut name, mut depends, mut section) = (String::new(), Vec::new(), "");
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            section = head.trim_end_matches(']');
            // `[dependencies.sage-oci-x]`, with a table of its own.
            let own = section.rsplit_once("dependencies.").map(|(_, package)| package);
            depends.extend(own.filter(|_| !section.contains("dev-")).map(str::to_owned));
        } else if section == "package" && line.starts_with("name") {
            name = line.split('"').nth(1).unwrap().to_owned();
        } else if section.ends_with("dependencies") && !section.ends_with("dev-dependencies") {
            depends.push(line.split(['.', ' ', '=']).next().unwrap().to_owned());
        }
    }
    depends.retain(|depend| depend.starts_with("sage-oci-"));
    (name, depends)
}

fn members() -> BTreeMap<String, Member> {
    let mut members = BTreeMap::new();
    for layer in LAYERS {
        for folder in sage_oci_files::list(crates().join(layer)).unwrap() {
            let text = sage_oci_files::read_to_string(folder.join("Cargo.toml")).unwrap();
            let (name, depends) = manifest(&text);
            members.insert(name, Member { layer, depends });
        }
    }
    members
}

#[test]
fn arrows_go_one_way() {
    let members = members();
    assert!(members.len() > 15, "only {} crates were found", members.len());
    let arrows: usize = members.values().map(|member| member.depends.len()).sum();
    assert!(arrows > 50, "only {arrows} dependencies were found");
    for (name, member) in &members {
        for other in &member.depends {
            let below = members[other].layer;
            let allowed: &[&str] = match member.layer {
                "pure" => &["pure"],
                "formats" => &["pure", "formats"],
                "io" => &["pure", "formats", "io"],
                _ => &LAYERS,
            };
            assert!(allowed.contains(&below), "{name} ({}) must not depend on {other} ({below})", member.layer);
        }
    }
}

#[test]
fn dependencies_are_found_wherever_a_manifest_has_them() {
    let text = "[package]\nname = \"sage-oci-a\"\n[dependencies]\nsage-oci-b.workspace = true\nserde = \"1\"\n\
                [target.'cfg(unix)'.dependencies]\n  sage-oci-c = { path = \"c\" }\n[build-dependencies]\nsage-oci-d = \"1\"\n\
                [dependencies.sage-oci-e]\npath = \"e\"\n[dev-dependencies]\nsage-oci-f.workspace = true\n\
                [dev-dependencies.sage-oci-g]\npath = \"g\"\n";
    let depends = ["b", "c", "d", "e"].map(|letter| format!("sage-oci-{letter}"));
    assert_eq!(manifest(text), ("sage-oci-a".to_owned(), depends.to_vec()));
}

#[test]
fn pure_and_format_crates_touch_no_file_process_or_clock() {
    let mut seen = 0;
    for layer in ["pure", "formats"] {
        for folder in sage_oci_files::list(crates().join(layer)).unwrap() {
            let files = sources(&folder.join("src"));
            let code: Vec<(PathBuf, Code)> =
                files.into_iter().map(|file| (file.clone(), Code::of_file(&file))).collect();
            let tests: BTreeSet<PathBuf> = code.iter().flat_map(|(file, code)| code.test_files(file)).collect();
            for (file, code) in code.iter().filter(|(file, _)| !tests.contains(file)) {
                seen += code.paths.len();
                assert_eq!(code.forbidden(), Vec::<&String>::new(), "{}", file.display());
            }
        }
    }
    assert!(seen > 10_000, "only {seen} paths were looked at");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in sage_oci_files::list(folder).unwrap() {
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all
}
