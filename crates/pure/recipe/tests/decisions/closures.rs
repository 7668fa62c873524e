//! Images of Nix closures: a step a layer, each with the store paths that it reads.

use sage_oci_names::{Architecture, Sha256, StorePath};
use sage_oci_recipe::{
    BaseContents, ClosureGraph, ClosureImage, ClosureMember, ClosureStepError, Graph, Permission, Step, closure_image,
};

fn path(name: &str) -> StorePath {
    StorePath::parse(&format!("/nix/store/{}-{name}", "a".repeat(32))).unwrap()
}

fn member(name: &str, nar_size: u64, references: &[&str]) -> ClosureMember {
    let references = references.iter().map(|name| path(name)).collect();
    ClosureMember { path: path(name), nar_sha256: Sha256::new([1; 32]), nar_size, references }
}

/// Two large libraries, each a layer, and a program on top.
fn members() -> Vec<ClosureMember> {
    vec![member("app", 10, &["lib", "libc"]), member("lib", 50 << 20, &["libc"]), member("libc", 30 << 20, &[])]
}

fn made(change: impl FnOnce(&mut ClosureImage), members: &[ClosureMember]) -> (Graph, ClosureGraph) {
    let mut image = ClosureImage::new("app".parse().unwrap(), Architecture::Amd64);
    change(&mut image);
    let mut graph = Graph::default();
    let made = closure_image(&mut graph, &image, &[path("app")], members, &BaseContents::default()).unwrap();
    (graph, made)
}

/// The steps with the store paths that each reads.
fn sources(graph: &Graph) -> Vec<(String, Vec<String>)> {
    let name = |path: &StorePath| path.name().to_owned();
    graph.jobs().iter().map(|job| (job.name.clone(), job.sources.iter().map(name).collect())).collect()
}

fn expected(all: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    all.iter().map(|(name, paths)| ((*name).to_owned(), texts(paths))).collect()
}

#[test]
fn a_layer_reads_its_own_paths_alone() {
    let (graph, made) = made(|_| {}, &members());
    assert_eq!(
        sources(&graph),
        expected(&[("layer-libc", &["libc"]), ("layer-lib", &["lib"]), ("layer-top", &["app"]), ("app-image", &[])])
    );
    let layers: Vec<&str> = made.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(layers, ["libc", "lib", "top"]);
    let Step::ClosureImage(step) = &graph.jobs()[made.image.place()].step else { panic!() };
    assert_eq!(step.layers, made.layers.iter().map(|layer| layer.node.out().clone()).collect::<Vec<_>>());
    assert!(graph.jobs().iter().all(|job| job.fixed.is_none()));
}

#[test]
fn what_a_config_names_is_read_by_what_writes_it() {
    let command = format!("{}/bin/lib", path("lib"));
    let (graph, _) = made(|image| image.config.cmd = vec![command], &members());
    assert_eq!(sources(&graph)[3], expected(&[("app-image", &["lib"])])[0]);
    let (graph, _) = made(|image| image.include_nix_db = true, &members());
    assert_eq!(sources(&graph)[2], expected(&[("layer-top", &["app", "lib", "libc"])])[0], "the registration");
    let (graph, _) = made(|image| image.copy_to_root = vec![path("app")], &members());
    assert_eq!(sources(&graph)[3], expected(&[("app-image", &[])])[0], "what only concerns layers");
}

#[test]
fn a_base_image_is_read_where_its_tree_counts() {
    let (graph, _) = made(|image| image.from_image = Some(path("base-image")), &members());
    assert_eq!(
        sources(&graph),
        expected(&[
            ("layer-libc", &["libc"]),
            ("layer-lib", &["lib"]),
            ("layer-top", &["app", "base-image"]),
            ("app-image", &["base-image"])
        ])
    );
}

#[test]
fn one_path_changes_its_own_layer() {
    let (before, _) = made(|_| {}, &members());
    let mut other = members();
    other[1].nar_sha256 = Sha256::new([9; 32]);
    let (after, _) = made(|_| {}, &other);
    let changed: Vec<&str> = before
        .jobs()
        .iter()
        .zip(after.jobs())
        .filter(|(before, after)| before != after)
        .map(|(before, _)| before.name.as_str())
        .collect();
    assert_eq!(changed, ["layer-lib"]);
}

#[test]
fn what_layers_say_is_no_part_of_the_image_s_own_step() {
    let permission =
        |path: String| Permission { path, recursive: true, mode: None, uid: Some(1), gid: None, capabilities: None };
    let (graph, made) = made(|image| image.permissions = vec![permission(path("lib").to_string())], &members());
    let Step::ClosureImage(step) = &graph.jobs()[made.image.place()].step else { panic!() };
    assert!(step.image.permissions.is_empty() && step.image.copy_to_root.is_empty());
    let Step::ClosureLayer(layer) = &graph.jobs()[1].step else { panic!() };
    assert_eq!(layer.permissions.len(), 1);
}

#[test]
fn a_closure_that_lacks_what_is_wanted() {
    let image = ClosureImage::new("app".parse().unwrap(), Architecture::Amd64);
    let error = closure_image(&mut Graph::default(), &image, &[path("gone")], &members(), &BaseContents::default());
    assert!(matches!(error, Err(ClosureStepError::NotInClosure { path: missing }) if missing == path("gone")));
}
