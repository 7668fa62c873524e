//! Laws of graphs, on locks that are changed at random.

use crate::locked::packages;
use crate::project::{Made, Project, changed, effect};
use proptest::prelude::*;
use sage_oci_names::{Algorithm, Compression};
use sage_oci_recipe::{OutputName, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Effects of all kinds, with texts of their own.
fn any_effect() -> impl Strategy<Value = String> {
    (0..12_usize, 0..4_u32).prop_map(|(kind, number)| {
        let forms = [
            r#"{"kind":"shell","path":"/bin/N"}"#,
            r#"{"kind":"directory","path":"/N","mode":"0755"}"#,
            r#"{"kind":"symlink","path":"/N","target":"x"}"#,
            r#"{"kind":"file","path":"/N","mode":"0644","content":"N"}"#,
            r#"{"kind":"copy","from":"/N","to":"/x","mode":"0644"}"#,
            r#"{"kind":"metadata","path":"/N","mode":"0700"}"#,
            r#"{"kind":"diversion","from":"/N","to":"/x"}"#,
            r#"{"kind":"user","name":"uN","uid":1N,"gid":1,"home":"/","shell":"/bin/sh"}"#,
            r#"{"kind":"group","name":"gN","gid":1N}"#,
            r#"{"kind":"alternative","name":"aN","link":"/l","path":"/p","priority":N}"#,
            r#"{"kind":"computed","document":"xml-catalogs"}"#,
            r#"{"kind":"computed","document":"ca-certificates"}"#,
        ];
        forms[kind].replace('N', &number.to_string())
    })
}

/// The small project with more effects, in any order, of any packages.
fn any_project() -> impl Strategy<Value = Project> {
    let package = proptest::sample::select(packages().collect::<Vec<_>>());
    proptest::collection::vec((package, any_effect()), 0..20).prop_map(|effects| {
        Project::with(|project| {
            for (package, text) in effects {
                project.lock.effects.push(effect(package, &text));
            }
            project.lock.check().unwrap();
        })
    })
}

fn any_image() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["tool", "tool-dev", "tool-server"])
}

/// The steps that read a step, directly or by others.
fn above(made: &Made, first: &BTreeSet<String>) -> BTreeSet<String> {
    let mut reached = first.clone();
    // Inputs come before what reads them, so one pass is enough.
    for job in made.jobs() {
        let reads = |place: &usize| reached.contains(&made.graph.jobs()[*place].name);
        if made.inputs(job).values().any(reads) {
            reached.insert(job.name.clone());
        }
    }
    reached
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn inputs_come_before_what_reads_them(project in any_project(), image in any_image()) {
        let made = project.made(image);
        for (place, job) in made.jobs().enumerate() {
            prop_assert!(made.inputs(job).values().all(|input| *input < place), "{}", job.name);
        }
    }

    #[test]
    fn every_step_has_a_reader_but_the_last(project in any_project(), image in any_image()) {
        let made = project.made(image);
        let read: BTreeSet<usize> = made.jobs().flat_map(|job| made.inputs(job).into_values()).collect();
        let unread: Vec<&str> =
            made.jobs().enumerate().filter(|(place, _)| !read.contains(place)).map(|(_, job)| job.name.as_str()).collect();
        prop_assert_eq!(unread, [format!("{image}-image")]);
        prop_assert_eq!(made.image.image.place(), made.graph.jobs().len() - 1);
    }

    #[test]
    fn every_layer_is_in_the_image_once(project in any_project(), image in any_image()) {
        let made = project.made(image);
        let layers: BTreeSet<&str> = made.layers().into_iter().collect();
        prop_assert_eq!(layers.len(), made.layers().len());
        let steps = made.jobs().filter(|job| job.outputs().contains(&OutputName::Contents));
        let names: BTreeSet<&str> = steps.map(|job| job.name.strip_prefix("layer-").unwrap()).collect();
        prop_assert_eq!(layers, names);
    }

    #[test]
    fn the_upper_image_begins_with_the_lower_one(project in any_project()) {
        let (tool, dev) = (project.made("tool"), project.made("tool-dev"));
        let (lower, upper) = (tool.texts(), dev.texts());
        prop_assert_eq!(&dev.layers()[..tool.layers().len()], &tool.layers()[..]);
        for layer in tool.layers() {
            let step = format!("layer-{layer}");
            prop_assert_eq!(&lower[step.as_str()], &upper[step.as_str()]);
        }
    }

    /// A new version of a package: its fetch and its layer change, with what reads them, and nothing else.
    #[test]
    fn a_package_changes_the_steps_that_hold_it(package in proptest::sample::select(packages().collect::<Vec<_>>())) {
        let (before, mut project) = (Project::new(), Project::new());
        let locked = project.package(package);
        locked.sha256 = crate::project::digest(99);
        locked.path.push('2');
        let layer = locked.layer.clone();
        project.lock.layers.iter_mut().find(|known| known.name == layer).unwrap().fetch.nar_sha256 =
            crate::project::digest(98);
        let (before, after) = (before.made("tool-dev"), project.made("tool-dev"));
        // A path in the store comes of what it is made of: here only the fetch has another text.
        prop_assert_eq!(changed(&before, &after), [format!("debs-{layer}")]);
        let rebuilt = above(&after, &BTreeSet::from([format!("debs-{layer}")]));
        let own = format!("layer-{layer}");
        prop_assert!(rebuilt.contains(&own) && rebuilt.contains("tool-dev-image"));
        for other in ["base", "python", "tool", "dev-gcc"].iter().filter(|other| **other != layer.as_str()) {
            prop_assert!(!rebuilt.contains(&format!("layer-{other}")), "{} of {}", other, layer);
        }
        prop_assert!(!rebuilt.contains("layer-source-tree") || layer.as_str() != "dev-gcc");
    }

    /// Scripts and replaced paths are one package's: its own layer reads them, and its byte-code.
    #[test]
    fn what_a_package_lacks_changes_its_own_layer(package in proptest::sample::select(packages().collect::<Vec<_>>())) {
        let before = Project::new().made("tool-dev");
        let scripts = |project: &mut Project| _ = project.package(package).scripts.insert("prerm".to_owned(), crate::project::digest(9));
        let layer = format!("layer-{}", Project::new().package(package).layer);
        prop_assert_eq!(changed(&before, &Project::with(scripts).made("tool-dev")), [layer.clone()]);
        let replaced = |project: &mut Project| {
            drop(project.package(package).replaced.insert("usr/x".to_owned(), "bash".parse().unwrap()));
        };
        let mut expected = vec![layer];
        match package {
            "libpython3.14-stdlib" => expected.push("layer-bytecode-python".to_owned()),
            "tool" => expected.push("layer-bytecode-rest".to_owned()),
            "python3-gcc" => expected.push("layer-bytecode-dev-rest".to_owned()),
            _ => {}
        }
        expected.sort();
        prop_assert_eq!(changed(&before, &Project::with(replaced).made("tool-dev")), expected);
    }

    /// An effect takes place once: it is in one kind of step, whatever other effects there are.
    #[test]
    fn no_effect_vanishes(project in any_project()) {
        let made = project.made("tool-dev");
        let texts = made.texts();
        for owned in &project.lock.effects {
            let text = format!("{:#}", serde_json::to_value(owned).unwrap());
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| line.len() > 1).collect();
            let holds = |text: &&String| lines.iter().all(|line| text.contains(line.trim_end_matches(',')));
            let special = text.contains("bytecode") || text.contains("ld-cache");
            prop_assert!(special || texts.values().any(|text| holds(&text)), "{}", text);
        }
    }

    #[test]
    fn the_same_gives_the_same(project in any_project(), image in any_image()) {
        let (one, other) = (project.made(image), project.clone().made(image));
        prop_assert_eq!(one.graph.jobs(), other.graph.jobs());
    }

    /// Files that no definition names, and images that nobody asks for, are in no step.
    #[test]
    fn what_nobody_names_changes_nothing(project in any_project()) {
        let before = project.made("tool");
        let mut more = project;
        more.files.insert("other".to_owned(), "text".to_owned());
        more.lock.images.remove(&"tool-dev".parse().unwrap());
        let names: BTreeMap<_, _> = more.lock.packages.iter().map(|p| (p.name.clone(), p.layer.clone())).collect();
        more.lock.effects.retain(|owned| names[&owned.package].as_str() != "dev-gcc");
        more.lock.packages.retain(|package| package.layer.as_str() != "dev-gcc");
        more.lock.layers.pop();
        more.lock.check().unwrap();
        let after = more.made("tool");
        prop_assert_eq!(changed(&before, &after), [""; 0]);
    }
}

/// Every sealed layer has the lock's time and the definition's compression.
#[test]
fn every_layer_is_sealed_alike() {
    let made = Project::with(|project| {
        project.lock.epoch = 77;
        project.redefine("{ algorithm = \"zstd\", level = 3 }", "{ algorithm = \"gzip\", level = 9 }");
    })
    .made("tool-dev");
    let mut sealed = 0;
    for job in made.jobs() {
        let sealing = match &job.step {
            Step::Layer(step) => &step.sealing,
            Step::Bytecode(step) => &step.sealing,
            Step::Generate(step) => &step.sealing,
            Step::Source(step) => &step.sealing,
            Step::Wheel(step) => &step.sealing,
            _ => continue,
        };
        assert_eq!(
            (sealing.epoch, sealing.compression),
            (77, Compression::new(Algorithm::Gzip, 9).unwrap()),
            "{}",
            job.name
        );
        sealed += 1;
    }
    assert_eq!(sealed, made.layers().len());
    assert_eq!(made.last().epoch, 77);
}

#[test]
fn globs_of_paths_reach_every_step_that_unpacks() {
    let globs = |step: &Step| match step {
        Step::Layer(step) => Some((step.exclude.clone(), step.include.clone())),
        Step::Bytecode(step) => Some((step.exclude.clone(), step.include.clone())),
        Step::Generate(step) => Some((step.exclude.clone(), step.include.clone())),
        _ => None,
    };
    let made = Project::with(|project| {
        project
            .redefine("channels.sid.tags = [\"latest\"]", "channels.sid = { exclude = [\"/a\"], include = [\"/b\"] }");
    })
    .made("tool-dev");
    for job in made.jobs() {
        if let Some((exclude, include)) = globs(&job.step) {
            assert_eq!(exclude, ["/usr/share/doc/*", "/a"], "{}", job.name);
            assert_eq!(include, ["/usr/share/doc/*/copyright", "/b"], "{}", job.name);
        }
    }
}
