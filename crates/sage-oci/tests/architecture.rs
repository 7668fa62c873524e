//! Arrows between crates go one way: pure, then formats, then I/O, then the command.

use std::collections::BTreeMap;
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

fn members() -> BTreeMap<String, Member> {
    let mut members = BTreeMap::new();
    for layer in LAYERS {
        for folder in sage_oci_files::list(crates().join(layer)).unwrap() {
            let text = sage_oci_files::read_to_string(folder.join("Cargo.toml")).unwrap();
            let mut section = "";
            let (mut name, mut depends) = (String::new(), Vec::new());
            for line in text.lines() {
                if line.starts_with('[') {
                    section = line;
                } else if section == "[package]" && line.starts_with("name") {
                    name = line.split('"').nth(1).unwrap().to_owned();
                } else if section == "[dependencies]" && line.starts_with("sage-oci-") {
                    depends.push(line.split(['.', ' ', '=']).next().unwrap().to_owned());
                }
            }
            members.insert(name, Member { layer, depends });
        }
    }
    members
}

#[test]
fn arrows_go_one_way() {
    let members = members();
    assert!(members.len() > 15, "only {} crates were found", members.len());
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
fn pure_and_format_crates_touch_no_file_process_or_clock() {
    let forbidden = ["std::fs", "std::process", "std::net", "SystemTime", "Instant::now", "tokio", "env::var"];
    for layer in ["pure", "formats"] {
        for folder in sage_oci_files::list(crates().join(layer)).unwrap() {
            for file in sources(&folder.join("src")) {
                let text = sage_oci_files::read_to_string(&file).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                for line in lines {
                    let found = forbidden.iter().find(|word| line.contains(*word));
                    assert_eq!(found, None, "{}: {line}", file.display());
                }
            }
        }
    }
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
