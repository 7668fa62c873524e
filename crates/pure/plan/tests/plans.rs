//! Plans of a few packages, as they are written: names, order, what decides.

use sage_oci_hint::Hint as _;
use sage_oci_names::{ImageName, LayerName, PackageName, SourceName};
use sage_oci_plan::{Member, Options, PlanError, Planned, Previous, plan, plan_bytecode, stable_hash};
use std::collections::BTreeMap;

fn source(name: &str) -> SourceName {
    name.parse().unwrap()
}

fn layer(name: &str) -> LayerName {
    name.parse().unwrap()
}

/// A package of a source of its own name, in images.
fn member(name: &str, size: u64, images: &[&str]) -> Member {
    Member {
        name: PackageName::parse(&format!("{name}-bin")).unwrap(),
        source: source(name),
        installed_size: size,
        base: false,
        images: images.iter().map(|image| ImageName::parse(image).unwrap()).collect(),
    }
}

fn names(layers: &[Planned]) -> Vec<&str> {
    layers.iter().map(|layer| layer.name.as_str()).collect()
}

fn planned(members: &[Member], payload: &[&str], previous: Option<&Previous>) -> Vec<Planned> {
    let payload: Vec<SourceName> = payload.iter().map(|name| source(name)).collect();
    plan(members, &payload, previous, &Options::default()).unwrap()
}

const BIG: u64 = 40 * 1024;

#[test]
fn a_source_lies_alone_from_a_size_on() {
    let layers = planned(&[member("at", BIG, &["a"]), member("below", BIG - 1, &["a"])], &[], None);
    assert_eq!(names(&layers).len(), 2);
    assert!(names(&layers).contains(&"at") && !names(&layers).contains(&"below"));
    // The packages of a source count together.
    let mut half = member("half", BIG / 2, &["a"]);
    let first = half.clone();
    half.name = "other".parse().unwrap();
    let layers = planned(&[first, half], &[], None);
    assert_eq!((names(&layers), layers[0].size), (vec!["half"], BIG));
}

#[test]
fn what_every_system_has_lies_lowest_and_the_payload_on_top() {
    let base = |name: &str, size| Member { base: true, ..member(name, size, &["a"]) };
    let members = [
        member("zlib", 1, &["a"]),
        base("glibc", 10),
        base("huge", BIG),
        member("large", BIG, &["a"]),
        member("top", 1, &["a"]),
        member("over", BIG, &["a"]),
    ];
    let layers = planned(&members, &["over", "top"], None);
    let tail = format!("tail-{:02}", (0..10).max_by_key(|bin| (stable_hash("zlib", *bin), *bin)).unwrap());
    assert_eq!(names(&layers), ["base", &tail, "huge", "large", "over", "top"]);
}

#[test]
fn no_layer_of_packages_is_called_like_another_one() {
    // `dpkg` and `bytecode-compatibility-transformer` are source packages of Debian.
    for name in [
        "base",
        "newcomers",
        "tail-00",
        "users",
        "alternatives",
        "ld-cache",
        "certificates",
        "configuration",
        "files",
        "dpkg",
        "bytecode-compatibility-transformer",
        "wheel-x",
        "source-x",
    ] {
        let expected = format!("source-{name}");
        assert_eq!(names(&planned(&[member(name, BIG, &["a"])], &[], None)), [expected.as_str()]);
        assert_eq!(names(&planned(&[member(name, 1, &["a"])], &[name], None)), [expected.as_str()]);
        // It is found again.
        let was = Previous::from([(layer(&expected), [source(name)].into())]);
        assert_eq!(names(&planned(&[member(name, 1, &["a"])], &[], Some(&was))), [expected.as_str()]);
        let options = Options::above(&"a".parse().unwrap());
        let above = plan(&[member(name, BIG, &["a-dev"])], &[], None, &options).unwrap();
        assert_eq!(names(&above), [format!("dev-source-{name}")]);
    }
    for name in ["tails", "basement", "dpkg-x", "bytecode", "wheels", "sources", "users2"] {
        assert_eq!(names(&planned(&[member(name, BIG, &["a"])], &[], None)), [name]);
    }
}

#[test]
fn what_all_images_share_lies_below_what_some_have() {
    let members = [
        member("one", BIG, &["c"]),
        member("two", BIG, &["b", "c"]),
        member("all", BIG, &["a", "b", "c"]),
        member("pair", BIG, &["a", "b"]),
    ];
    let layers = planned(&members, &[], None);
    assert_eq!(names(&layers), ["all", "a+b.pair", "b+c.two", "c.one"]);
    let images: Vec<usize> = layers.iter().map(|layer| layer.images.len()).collect();
    assert_eq!(images, [3, 2, 2, 1]);
}

#[test]
fn a_source_that_two_sets_of_images_share_has_a_layer_in_each() {
    let mut dev = member("gcc", BIG, &["b"]);
    dev.name = "gcc-dev".parse().unwrap();
    let layers = planned(&[member("gcc", BIG, &["a", "b"]), dev], &[], None);
    assert_eq!(names(&layers), ["gcc", "b.gcc"]);
}

#[test]
fn layers_become_fewer_by_doubling_what_lies_alone() {
    let members: Vec<Member> = (1..=8_u64).map(|n| member(&format!("s{n}"), n * BIG, &["a"])).collect();
    let alone = |package_layers| {
        let options = Options { package_layers, bins: 1, ..Options::default() };
        let layers = plan(&members, &[], None, &options).unwrap();
        names(&layers).iter().filter(|name| name.starts_with('s')).count()
    };
    // From 1, 2, 4, 8, 16 times the size on; the others have one bin, which counts.
    assert_eq!([alone(8), alone(7), alone(6), alone(5), alone(2), alone(1)], [8, 5, 5, 1, 1, 0]);
}

#[test]
fn a_plan_that_exists_is_not_torn_up_for_the_limit() {
    let members: Vec<Member> = (1..=8_u64).map(|n| member(&format!("s{n}"), BIG, &["a"])).collect();
    let was: Previous = planned(&members, &[], None).into_iter().map(|one| (one.name, one.sources)).collect();
    let options = Options { package_layers: 2, ..Options::default() };
    assert_eq!(plan(&members, &[], Some(&was), &options).unwrap().len(), 8);
}

#[test]
fn a_source_stays_where_it_was() {
    let members = [member("grown", 10 * BIG, &["a"]), member("shrunk", 1, &["a"]), member("new", BIG, &["a"])];
    let was = Previous::from([
        (layer("tail-07"), [source("grown")].into()),
        (layer("shrunk"), [source("shrunk")].into()),
        // A bin beyond those that there are now.
        (layer("tail-33"), [source("gone")].into()),
    ]);
    let layers = planned(&members, &[], Some(&was));
    assert_eq!(names(&layers), ["tail-07", "shrunk", "newcomers"]);
    let far = Previous::from([(layer("tail-33"), [source("grown")].into())]);
    assert_eq!(names(&planned(&members[..1], &[], Some(&far))), ["tail-33"]);
    let base = Previous::from([(layer("base"), [source("grown")].into())]);
    assert_eq!(names(&planned(&members[..1], &[], Some(&base))), ["base"]);
    // What has become payload moves up, and what was payload stays alone.
    assert_eq!(names(&planned(&members, &["grown"], Some(&was))), ["shrunk", "newcomers", "grown"]);
}

#[test]
fn refusals() {
    let error = plan(&[member("x1", 1, &[])], &[], None, &Options::default()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.hint()), ("package `x1-bin` is in no image", None));
    let error = plan(&[member("x1", 1, &["a"])], &[source("x2")], None, &Options::default()).unwrap_err();
    let words = "source package `x2` is named as payload, but no package of the images is built from it";
    assert_eq!(error.to_string(), words);
    assert_eq!(error.hint().as_deref(), Some("correct `payload` in the image definition"));
    let long = "x".repeat(98);
    let error = plan(
        &[member("x1", 1, &["a", &long]), member("x2", 1, &["a"]), member("x3", 1, &[&long])],
        &[],
        None,
        &Options::default(),
    )
    .unwrap_err();
    assert!(matches!(error, PlanError::Name(_)), "{error}");
    assert_eq!(error.hint().as_deref(), Some("choose shorter image names"));
}

fn bytecode(layers: &[(&str, u64)], previous: &[(&str, &[&str])], options: &Options) -> Vec<(String, Vec<String>)> {
    let layers: Vec<(LayerName, u64)> = layers.iter().map(|(name, bytes)| (layer(name), *bytes)).collect();
    let previous: BTreeMap<LayerName, Vec<LayerName>> =
        previous.iter().map(|(name, held)| (layer(name), held.iter().map(|one| layer(one)).collect())).collect();
    let planned = plan_bytecode(&"a-dev".parse().unwrap(), &layers, Some(&previous), options).unwrap();
    planned.into_iter().map(|(name, held)| (name.to_string(), held.iter().map(ToString::to_string).collect())).collect()
}

fn expected(all: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    all.iter().map(|(name, held)| ((*name).to_owned(), held.iter().map(|one| (*one).to_owned()).collect())).collect()
}

const ALONE: u64 = 4 << 20;

#[test]
fn modules_lie_alone_from_a_size_on_and_the_others_keep_the_order_of_layers() {
    let layers = [("z", 1), ("big", ALONE), ("less", ALONE - 1), ("none", 0), ("a", 1)];
    assert_eq!(
        bytecode(&layers, &[], &Options::default()),
        expected(&[("bytecode-big", &["big"]), ("bytecode-rest", &["z", "less", "a"])])
    );
    assert_eq!(bytecode(&[("none", 0)], &[], &Options::default()), expected(&[]));
}

#[test]
fn what_was_alone_comes_before_what_has_grown() {
    let options = Options { bytecode_layers: 2, ..Options::default() };
    let layers = [("old", 1), ("new", 9 * ALONE)];
    let was: [(&str, &[&str]); 2] = [("bytecode-old", &["old"]), ("bytecode-rest", &["new"])];
    let kept = [("bytecode-old", &["old"][..]), ("bytecode-rest", &["new"])];
    assert_eq!(bytecode(&layers, &was, &options), expected(&kept));
    // Without a past the bigger one; of equal ones the first by name.
    let fresh = [("bytecode-new", &["new"][..]), ("bytecode-rest", &["old"])];
    assert_eq!(bytecode(&layers, &[], &options), expected(&fresh));
    let equal = [("y", ALONE), ("x", ALONE)];
    assert_eq!(bytecode(&equal, &[], &options), expected(&[("bytecode-rest", &["y"]), ("bytecode-x", &["x"])]));
    // What lay with the others was not alone.
    let together: [(&str, &[&str]); 1] = [("bytecode-rest", &["old"])];
    assert_eq!(bytecode(&[("old", 1)], &together, &options), expected(&[("bytecode-rest", &["old"])]));
}

#[test]
fn the_others_have_a_layer_of_their_own_that_counts() {
    for (bytecode_layers, alone) in [(0, 0), (1, 0), (2, 1), (3, 2), (9, 3)] {
        let options = Options { bytecode_layers, ..Options::default() };
        let layers = [("l1", ALONE), ("l2", 2 * ALONE), ("l3", 3 * ALONE), ("small", 1)];
        let planned = bytecode(&layers, &[], &options);
        assert_eq!(planned.iter().filter(|(name, _)| name != "bytecode-rest").count(), alone, "{bytecode_layers}");
    }
}

#[test]
fn numbers_that_locks_depend_on() {
    let options = Options::default();
    assert_eq!((options.alone_from, options.bins, options.package_layers), (40 * 1024, 10, 42));
    assert_eq!((options.bytecode_alone_from, options.bytecode_layers, options.above), (4 << 20, 10, None));
    let above = Options::above(&"a".parse().unwrap());
    assert_eq!((above.bins, above.package_layers, above.bytecode_layers), (3, 10, 2));
    assert_eq!((above.alone_from, above.bytecode_alone_from), (40 * 1024, 4 << 20));
    // As another program computes them.
    for (name, salt, hash) in [
        ("", 0, 0xdb01_c310_4e99_566d_u64),
        ("zlib", 0, 0x19fe_707b_72b1_29fa_u64),
        ("zlib", 1, 0x2135_1f70_3daf_e393_u64),
        ("zlib", 256, 0x35ce_d967_a906_564b_u64),
    ] {
        assert_eq!(stable_hash(name, salt), hash, "{name} {salt}");
    }
}
