//! How a closure becomes steps: nothing lost, every permission in one layer, refusals that say what to do.

use sage_oci_hint::Hint as _;
use sage_oci_names::{Algorithm, Architecture, Compression, Sha256, StorePath};
use sage_oci_step::{BaseContents, ClosureImage, ClosureMember, ClosureSteps, Permission, Sealing, split};
use std::collections::BTreeSet;

fn path(name: &str) -> StorePath {
    StorePath::parse(&format!("/nix/store/{}-{name}", "0".repeat(32))).unwrap()
}

fn member(name: &str, nar_size: u64, references: &[&str]) -> ClosureMember {
    let references = references.iter().map(|name| path(name)).collect();
    ClosureMember { path: path(name), nar_sha256: Sha256::new([1; 32]), nar_size, references }
}

fn image() -> ClosureImage {
    ClosureImage::new("x".parse().unwrap(), Architecture::Arm64)
}

/// A small program above two large libraries.
fn members() -> Vec<ClosureMember> {
    vec![member("app", 10, &["lib", "app"]), member("lib", 50 << 20, &["libc"]), member("libc", 30 << 20, &[])]
}

fn steps(image: &ClosureImage) -> ClosureSteps {
    split(image, &[path("app")], &members(), &BaseContents::default()).unwrap()
}

fn refused(change: impl FnOnce(&mut ClosureImage), members: &[ClosureMember]) -> (String, Option<String>) {
    let mut image = image();
    change(&mut image);
    let error = split(&image, &[path("app")], members, &BaseContents::default()).unwrap_err();
    (error.to_string(), error.hint())
}

fn permission(path: &str) -> Permission {
    Permission { path: path.to_owned(), recursive: true, mode: None, uid: Some(1), gid: None, capabilities: None }
}

#[test]
fn every_path_lies_in_one_layer_and_what_changes_most_on_top() {
    let steps = steps(&image());
    let names: Vec<&str> = steps.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["libc", "lib"]);
    assert_eq!(steps.top.layer.name.as_str(), "top");
    let all: Vec<&StorePath> =
        steps.layers.iter().chain([&steps.top.layer]).flat_map(|layer| &layer.paths).map(|one| &one.path).collect();
    assert_eq!(all.len(), 3);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(steps.top.architecture, Architecture::Arm64);
}

#[test]
fn layers_are_sealed_as_the_image_says() {
    let mut image = image();
    (image.created, image.compression, image.owner.uid) = (77, Algorithm::Gzip, 5);
    let steps = steps(&image);
    for layer in steps.layers.iter().chain([&steps.top.layer]) {
        assert_eq!(layer.sealing, Sealing { epoch: 77, compression: Compression::usual(Algorithm::Gzip) });
        assert_eq!(layer.owner.uid, 5);
    }
}

#[test]
fn a_registration_is_of_the_whole_closure_or_nothing() {
    assert!(steps(&image()).top.registration.is_empty());
    let mut image = image();
    image.include_nix_db = true;
    let mut turned = members();
    turned.reverse();
    let steps = split(&image, &[path("app")], &turned, &BaseContents::default()).unwrap();
    assert_eq!(steps.top.registration, members(), "sorted by path, whatever came first");
}

#[test]
fn what_the_base_image_has_gets_no_layer() {
    let base = BaseContents { layers: 4, paths: [path("libc")].into() };
    let mut image = image();
    image.include_nix_db = true;
    let steps = split(&image, &[path("app")], &members(), &base).unwrap();
    assert_eq!(steps.layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>(), ["lib"]);
    assert_eq!(steps.top.registration.len(), 3, "it is valid in the container all the same");
}

#[test]
fn a_permission_stands_in_the_layer_of_its_path_alone() {
    let mut image = image();
    let below = format!("{}/bin/x", path("lib"));
    image.permissions = vec![permission("/etc/x"), permission(&below), permission(path("app").as_str())];
    let steps = steps(&image);
    let said: Vec<Vec<&str>> = steps
        .layers
        .iter()
        .chain([&steps.top.layer])
        .map(|layer| layer.permissions.iter().map(|one| one.path.as_str()).collect())
        .collect();
    assert_eq!(said, [vec![], vec![below.as_str()], vec!["/etc/x", path("app").as_str()]]);
}

#[test]
fn refusals() {
    let zero = "0".repeat(32);
    assert_eq!(
        refused(|image| image.copy_to_root.push(path("gone")), &members()),
        (
            format!("/nix/store/{zero}-gone is not in the closure that Nix gave"),
            Some(format!("is it valid? `nix-store --check-validity /nix/store/{zero}-gone`"))
        )
    );
    let (said, hint) = refused(|_| {}, &members()[1..]);
    assert_eq!(said, format!("/nix/store/{zero}-app is not in the closure that Nix gave"));
    assert!(hint.is_some());
    assert_eq!(
        refused(|image| image.permissions.push(permission(&format!("{}/x", path("gone")))), &members()),
        (
            format!("a permission names `/nix/store/{zero}-gone/x`, but no layer of this image holds that store path"),
            Some("name a path of `contents`; what the base image holds keeps its permissions".to_owned())
        )
    );
    assert_eq!(
        refused(|_| {}, &members()[..2]),
        (
            format!("/nix/store/{zero}-lib refers to /nix/store/{zero}-libc, which is not in the closure"),
            Some("look what Nix knows: `nix-store --query --requisites PATH`".to_owned())
        )
    );
    assert_eq!(
        refused(|image| image.max_layers = 1, &members()),
        (
            "1 layers are too few: the base image has 0, and the closure needs at least 2 more".to_owned(),
            Some("allow at least 2 layers (`maxLayers`)".to_owned())
        )
    );
    assert_eq!(
        refused(|image| image.max_layers = 121, &members()),
        (
            "121 layers are too many: engines stop at 127, and 120 is the most that is taken here".to_owned(),
            Some("ask for at most 120 layers (`maxLayers`)".to_owned())
        )
    );
    let twice = [members(), members()].concat();
    assert_eq!(refused(|_| {}, &twice), (format!("the closure lists /nix/store/{zero}-app twice"), None));
}

#[test]
fn a_level_that_the_compressor_has_not_is_told() {
    let mut image = ClosureImage::new("x".parse().unwrap(), Architecture::Amd64);
    (image.compression, image.level) = (Algorithm::Gzip, Some(13));
    let error = split(&image, &[], &[], &BaseContents::default()).unwrap_err();
    assert_eq!(error.to_string(), "`13` is not a valid level of gzip: its levels are 1 to 12");
}
