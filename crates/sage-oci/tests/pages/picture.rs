//! The picture of the crates in `crates/README.md` is made from their manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

const LAYERS: [&str; 3] = ["pure", "formats", "io"];
fn crates() -> PathBuf {
    super::root().join("crates")
}

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The folder's name of every crate of a layer, with those that it depends on outside of tests.
fn arrows() -> Vec<(&'static str, Arrows)> {
    let read = |layer: &'static str| {
        let of = |folder: PathBuf| {
            let text = sage_oci_files::read_to_string(folder.join("Cargo.toml")).unwrap();
            let dependencies = text.split("[dependencies]").nth(1).unwrap_or_default().split("\n[").next().unwrap();
            let names =
                dependencies.lines().filter_map(|line| line.strip_prefix("sage-oci-")?.split(['.', ' ']).next());
            (folder.file_name().unwrap().to_str().unwrap().to_owned(), names.map(str::to_owned).collect())
        };
        (layer, sage_oci_files::list(crates().join(layer)).unwrap().into_iter().map(of).collect())
    };
    LAYERS.into_iter().map(read).collect()
}

/// Everything that can be reached from a crate by at least two arrows.
fn beyond(all: &Arrows, from: &str) -> BTreeSet<String> {
    let mut todo: Vec<&String> = all[from].iter().flat_map(|next| &all[next]).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = todo.pop() {
        if seen.insert(name.clone()) {
            todo.extend(&all[name]);
        }
    }
    seen
}

/// One box a layer, with an arrow for each dependency that does not follow from others.
fn picture() -> String {
    let layers = arrows();
    let all: Arrows = layers.iter().flat_map(|(_, arrows)| arrows.clone()).collect();
    assert!(all.len() > 20, "only {} crates were found", all.len());
    let mut text = "```mermaid\nflowchart BT\n".to_owned();
    for (layer, arrows) in &layers {
        writeln!(text, "  subgraph {layer}").unwrap();
        for name in arrows.keys() {
            writeln!(text, "    {name}").unwrap();
        }
        text.push_str("  end\n");
    }
    for (name, depends) in &all {
        let implied = beyond(&all, name);
        for other in depends.difference(&implied) {
            writeln!(text, "  {other} --> {name}").unwrap();
        }
    }
    text.push_str("```\n");
    text
}

#[test]
fn the_picture_shows_the_crates_as_they_are() {
    super::holds("crates/README.md", "picture", &picture());
}
