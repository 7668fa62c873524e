//! Which layers an image of a commit has, with the packaged files beneath them and without.

use crate::project::{Made, Project, changed, name};
use sage_oci_rebuild::{Change as OfFile, Rebuild};
use sage_oci_recipe::{Change, Commit, DEFINITION, FLAKE, Graph, OverlayStep, Step, Surroundings, image};
use sage_oci_source::BlobId;
use std::collections::{BTreeMap, BTreeSet};

const UPSTREAM: &str = r#"
[channels.sid.upstream]
name = "Tool"
package = "tool"
modules = "/usr/lib/python3/dist-packages"
folder = "src"
top = "tool"
release = { image = "tool-dev", source = "tree" }
marks = ["meson.build"]
mark-hint = "none"
versions = ["VERSION"]
options = []
"#;

const MODULES: &str = "/usr/lib/python3/dist-packages";

/// A commit that changes one module, removes another one and a text with an odd name, and adds a file.
fn commit(replaced: &[&str]) -> Commit {
    let content = BlobId::of(b"x");
    let file = OfFile::File { id: content, executable: false };
    let files = [
        ("tool/a.py", file),
        ("tool/new.py", file),
        ("tool/old.py", OfFile::Removed),
        ("tool/[a-z]*.txt", OfFile::Removed),
    ];
    let files = files.map(|(path, change)| (path.to_owned(), change)).into();
    Commit {
        rebuild: Rebuild { files, ..Rebuild::default() },
        contents: [(content, name(&format!("/nix/store/{}-source", "1".repeat(32))))].into(),
        configured: BTreeMap::new(),
        replaced: replaced.iter().map(|path| (*path).to_owned()).collect(),
        annotations: BTreeMap::new(),
        checkout: None,
    }
}

/// All that the package has of what the commit changes.
const REPLACED: [&str; 3] = ["tool/[a-z]*.txt", "tool/a.py", "tool/old.py"];

fn project() -> Project {
    Project::with(|project| project.redefine("\n[user]\n", &format!("\n{UPSTREAM}\n[user]\n")))
}

fn made(project: &Project, wanted: &str, commit: &Commit) -> Made {
    let mut graph = Graph::default();
    let compilers = project.resolved("tool-dev");
    let change = Change { commit, toolchain: None, compilers: &compilers };
    let surroundings = Surroundings { commit: Some(change), ..project.surroundings() };
    let image = image(&mut graph, &project.lock.clone().into(), &project.resolved(wanted), surroundings).unwrap();
    Made { graph, image }
}

#[test]
fn an_image_of_a_commit_says_by_what_rules_it_was_laid_over_the_package() {
    let said = |project: &Project, key: &str| {
        let made = made(project, "tool", &commit(&[]));
        made.last().annotations.get(key).cloned()
    };
    let mut of = project();
    let before = said(&of, DEFINITION);
    assert_ne!(before, of.made("tool").last().annotations.get(DEFINITION).cloned());
    of.redefine("options = []", "options = [\"-Dx=y\"]");
    assert_ne!(said(&of, DEFINITION), before);
    let packaged = |of: &Project| of.made("tool").last().annotations[DEFINITION].clone();
    assert_eq!(packaged(&of), packaged(&project()));
    let mut other = project();
    other.dev = other.dev.replace("[\"gcc\"]", "[\"gcc\", \"make\"]");
    assert_ne!(said(&other, DEFINITION), before, "the compilers are others");
    assert_eq!(packaged(&other), packaged(&project()));
    of.redefine("licenses =", "repository = \"https://github.com/o/r\"\nlicenses =");
    assert_eq!(said(&of, FLAKE).as_deref(), Some("github:o/r"), "no output of the flake is of a commit");
}

/// The steps that make an image's layers, bottom first.
fn steps(made: &Made) -> Vec<&str> {
    made.image.layers.iter().map(|layer| made.graph.jobs()[layer.node.place()].name.as_str()).collect()
}

fn overlay<'m>(made: &'m Made, layer: &str) -> &'m OverlayStep {
    match &made.job(&format!("layer-{layer}")).step {
        Step::Overlay(step) => step,
        other => panic!("{other:?}"),
    }
}

fn paths(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("{MODULES}/{name}")).collect()
}

#[test]
fn only_the_package_s_own_layers_are_made_anew() {
    let project = project();
    for wanted in ["tool", "tool-server", "tool-dev"] {
        let (above, replaced) = (made(&project, wanted, &commit(&[])), made(&project, wanted, &commit(&REPLACED)));
        let expected: Vec<&str> = steps(&above)
            .into_iter()
            .map(|step| match step {
                "layer-tool" => "layer-tool-replaced",
                "layer-bytecode-rest" => "layer-bytecode-rest-replaced",
                other => other,
            })
            .collect();
        assert_eq!(steps(&replaced), expected, "{wanted}");
        assert_eq!(replaced.layers(), above.layers(), "layers keep their names");
        // What makes every other layer is what makes the packaged image's, to the letter.
        let (packaged, texts) = (project.made(wanted), replaced.texts());
        for layer in packaged.layers().into_iter().filter(|layer| !["tool", "bytecode-rest"].contains(layer)) {
            let step = format!("layer-{layer}");
            assert_eq!(texts[step.as_str()], packaged.texts()[step.as_str()], "{wanted}: {layer}");
        }
    }
}

#[test]
fn they_lack_what_the_commit_changes_or_removes_and_nothing_else() {
    let project = project();
    let replaced = made(&project, "tool", &commit(&REPLACED));
    let mut layer = replaced.layer("tool-replaced").clone();
    assert_eq!(layer.left_out, paths(&REPLACED));
    layer.left_out.clear();
    assert_eq!(&layer, replaced.layer("tool"));
    let bytecode = |layer: &str| match &replaced.job(&format!("layer-{layer}")).step {
        Step::Bytecode(step) => step.clone(),
        other => panic!("{other:?}"),
    };
    let mut step = bytecode("bytecode-rest-replaced");
    assert_eq!(step.left_out, paths(&["tool/a.py", "tool/old.py"]));
    step.left_out.clear();
    assert_eq!(step, bytecode("bytecode-rest"));
}

#[test]
fn what_is_not_below_is_not_taken_away_again() {
    let project = project();
    let (above, replaced) = (made(&project, "tool", &commit(&[])), made(&project, "tool", &commit(&REPLACED)));
    assert_eq!(overlay(&above, "commit-files").removed, paths(&["tool/[a-z]*.txt", "tool/old.py"]));
    assert_eq!(overlay(&above, "commit-bytecode").removed, paths(&["tool/old.py"]));
    for layer in ["commit-files", "commit-bytecode"] {
        let step = overlay(&replaced, layer);
        assert_eq!(step.removed, BTreeSet::new(), "{layer}");
        assert_eq!(step.files, overlay(&above, layer).files, "{layer}");
        let below = replaced.reads(&step.contents);
        assert!(below.contains(&"layer-tool-replaced.contents".to_owned()), "{below:?}");
        assert!(!below.contains(&"layer-tool.contents".to_owned()), "{below:?}");
    }
}

#[test]
fn a_commit_that_changes_nothing_has_the_packaged_layers() {
    let project = project();
    let release = Commit { rebuild: Rebuild::default(), ..commit(&[]) };
    for wanted in ["tool", "tool-server", "tool-dev"] {
        let (packaged, of_release) = (project.made(wanted), made(&project, wanted, &release));
        assert_eq!(changed(&packaged, &of_release), [""; 0], "{wanted}");
    }
}

#[test]
fn byte_code_stays_where_no_module_changes() {
    let project = project();
    let mut texts = commit(&["tool/[a-z]*.txt"]);
    texts.rebuild.files.retain(|path, _| path.ends_with(".txt"));
    let made = made(&project, "tool", &texts);
    assert!(steps(&made).contains(&"layer-tool-replaced") && steps(&made).contains(&"layer-bytecode-rest"));
    assert!(!made.layers().iter().any(|layer| layer.starts_with("commit-")), "nothing is above");
}
