//! Generated layers from step to blob, and the image that joins layers.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::*;
use sage_oci_effects::{Effect, Mode};
use sage_oci_hint::Hint as _;
use sage_oci_layer::ContentEntry;
use sage_oci_names::{Architecture, ImageName, LayerName, PackageName};
use sage_oci_step::{GenerateKind, GenerateStep, ImageStep, PlacedContent, PlacedFile, RuntimeConfig, Step};
use sage_oci_steps::{LayerDocument, StepError, run};
use std::collections::BTreeMap;
use std::path::Path;

const BASE: Package = Package {
    name: "base-files",
    control: "",
    files: &[
        ("root/", 0o700, ""),
        ("etc/skel/.profile", 0o644, "profile"),
        ("usr/share/x/data", 0o644, "data"),
        ("usr/share/shared/", 0o2775, ""),
        ("var/run", 0o777, "-> /run"),
        ("run/", 0o755, ""),
    ],
    extra: &[],
};
const OTHER: Package = Package {
    name: "other",
    control: "",
    files: &[("usr/share/shared/", 0o755, ""), ("usr/share/shared/x", 0o644, "x"), ("usr/share/x/data", 0o644, "data")],
    extra: &[],
};
const QUARREL: Package =
    Package { name: "quarrel", control: "", files: &[("usr/share/x/data", 0o644, "other data")], extra: &[] };

/// Builds one package into a layer of its own; returns the path of its list of contents.
fn layer(package: &Package, folder: &Path, base: bool) -> String {
    let folder = folder.join(format!("layer-{}", package.name));
    sage_oci_files::create_dir_all(&folder).unwrap();
    let mut step = step(vec![package.in_step(package.build(&folder))]);
    step.base = base;
    step.name = LayerName::parse(package.name).unwrap();
    let outputs = outputs(&folder);
    run(Step::Layer(step), &outputs, &scratch(&folder), 1).unwrap();
    outputs.contents.unwrap().to_str().unwrap().to_owned()
}

fn generate(kind: GenerateKind, contents: &[String]) -> GenerateStep {
    GenerateStep {
        name: LayerName::parse("generated").unwrap(),
        sealing: sealing(),
        architecture: Architecture::Amd64,
        generate: kind,
        contents: contents.to_vec(),
        above: None,
        archives: BTreeMap::new(),
        effects: Vec::new(),
        users: BTreeMap::from([("sage".to_owned(), 1000)]),
        groups: BTreeMap::from([("sage".to_owned(), 1000)]),
        exclude: vec!["/usr/share/doc/*".to_owned()],
        include: vec!["/usr/share/doc/*/copyright".to_owned()],
    }
}

fn build(step: &GenerateStep, folder: &Path) -> Result<BTreeMap<String, ContentEntry>, StepError> {
    sage_oci_files::create_dir_all(folder).unwrap();
    let outputs = outputs(folder);
    run(Step::Generate(step.clone()), &outputs, &scratch(folder), 2)?;
    Ok(contents(&outputs).entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect())
}

fn dpkg() -> GenerateKind {
    let omitted = BTreeMap::from([(PackageName::parse("node-x").unwrap(), "1.0-1".to_owned())]);
    GenerateKind::Dpkg {
        automatic: vec![PackageName::parse("other").unwrap()],
        omitted,
        sources: "Types: deb\n".into(),
    }
}

#[test]
fn placed_files_keep_the_directories_below_them() {
    let dir = tempfile::tempdir().unwrap();
    let base = layer(&BASE, dir.path(), true);
    let place = |path: &str, content| PlacedFile {
        path: path.to_owned(),
        content,
        mode: Mode::new(0o640),
        owner: "sage".to_owned(),
        group: "root".to_owned(),
    };
    let files = vec![
        place("/root/.config/x", PlacedContent::Text("text".to_owned())),
        place("/var/run/pid", PlacedContent::Text(String::new())),
        place("/bin/run-it", PlacedContent::Link("../x".to_owned())),
    ];
    let lists = [base];
    let entries = build(&generate(GenerateKind::Files { files }, &lists), &dir.path().join("files")).unwrap();
    assert_eq!(entries["root"].mode, 0o700, "a generated layer must not open root's home");
    assert_eq!((entries["root/.config/x"].mode, entries["root/.config/x"].uid), (0o640, 1000));
    assert!(entries.contains_key("run/pid") && !entries.contains_key("var/run"), "links are followed");
    assert!(entries.contains_key("usr/bin/run-it") && !entries.contains_key("bin"));

    let files = vec![place("/usr/share/x/data", PlacedContent::Text("mine".to_owned()))];
    let error = build(&generate(GenerateKind::Files { files }, &lists), &dir.path().join("shipped")).unwrap_err();
    assert!(error.to_string().contains("`/usr/share/x/data`, which the package base-files ships"), "{error}");
    assert!(error.hint().unwrap().contains("divert = true"));
}

#[test]
fn what_scripts_make_becomes_files() {
    let dir = tempfile::tempdir().unwrap();
    let lists = [layer(&BASE, dir.path(), true), layer(&OTHER, dir.path(), false)];
    let mut step = generate(GenerateKind::Configuration, &lists);
    let archive = dir.path().join("layer-base-files/base-files.deb").to_str().unwrap().to_owned();
    step.archives.insert(PackageName::parse("base-files").unwrap(), archive);
    let copy = |from: &str| Effect::Copy {
        from: from.into(),
        to: "/etc/copy".into(),
        mode: Mode::new(0o600),
        owner: "root".into(),
        group: "root".into(),
    };
    step.effects = vec![
        effect("base-files", copy("/usr/share/x/data")),
        effect("dash", Effect::Shell { path: "/bin/sh".into() }),
        effect("bash", Effect::Shell { path: "/bin/bash".into() }),
        effect("dash", Effect::Shell { path: "/bin/sh".into() }),
    ];
    // The list says that `other` brings the file last; its archive is not there.
    let error = build(&step, &dir.path().join("missing")).unwrap_err();
    assert!(matches!(&error, StepError::MissingArchive { package, .. } if package.as_str() == "other"), "{error}");
    step.effects[0] = effect("base-files", copy("/etc/skel/.profile"));
    let folder = dir.path().join("made");
    let entries = build(&step, &folder).unwrap();
    let bytes = files(&folder.join("out"));
    assert_eq!(bytes["etc/copy"], b"profile");
    assert_eq!(bytes["etc/shells"], b"# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n");
    assert_eq!(entries["usr/share/shared"].mode, 0o2775, "the lower layer's mode is given again");
}

#[test]
fn the_database_step_verifies_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let alike = [layer(&BASE, dir.path(), true), layer(&OTHER, dir.path(), false)];
    let folder = dir.path().join("alike");
    let diversion =
        |to: &str, local| effect("other", Effect::Diversion { from: "/etc/a".into(), to: to.into(), local });
    let mut step = generate(dpkg(), &alike);
    step.effects = vec![diversion("/nowhere", true)];
    let error = build(&step, &dir.path().join("outlived")).unwrap_err().to_string();
    assert!(error.contains("`/nowhere` is not in the image, but the local diversion of `/etc/a`"), "{error}");
    step.effects = vec![diversion("/nowhere", false), diversion("/usr/share/shared/x", true)];
    build(&step, &folder).unwrap();
    let bytes = files(&folder.join("out"));
    let status = String::from_utf8(bytes["var/lib/dpkg/status"].clone()).unwrap();
    let names: Vec<_> = status.lines().filter_map(|line| line.strip_prefix("Package: ")).collect();
    assert_eq!(names, ["base-files", "left-out-packages", "other"]);
    assert!(status.contains("node-x (= 1.0-1)"), "{status}");
    let marks = String::from_utf8(bytes["var/lib/apt/extended_states"].clone()).unwrap();
    assert_eq!(marks, "Package: other\nArchitecture: amd64\nAuto-Installed: 1\n\n");
    assert_eq!(bytes["var/lib/dpkg/diversions"], b"/etc/a\n/nowhere\nother\n/etc/a\n/usr/share/shared/x\n:\n");
    let rules = String::from_utf8(bytes["etc/dpkg/dpkg.cfg.d/excludes"].clone()).unwrap();
    assert!(rules.ends_with("path-exclude=/usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n"), "{rules}");

    let quarrel = [alike[0].clone(), layer(&QUARREL, dir.path(), false)];
    let error = build(&generate(dpkg(), &quarrel), &dir.path().join("quarrel")).unwrap_err().to_string();
    assert!(error.contains("base-files") && error.contains("quarrel") && error.contains("usr/share/x/data"), "{error}");
    let twice = [alike[0].clone(), alike[0].clone()];
    assert!(build(&generate(dpkg(), &twice), &dir.path().join("twice")).is_err());
}

#[test]
fn layers_join_to_an_image_that_skopeo_reads() {
    let dir = tempfile::tempdir().unwrap();
    layer(&BASE, dir.path(), true);
    layer(&OTHER, dir.path(), false);
    let layers: Vec<String> = ["base-files", "other"]
        .map(|name| dir.path().join(format!("layer-{name}/out")).to_str().unwrap().to_owned())
        .into();
    let step = ImageStep {
        name: ImageName::parse("demo").unwrap(),
        architecture: Architecture::Amd64,
        epoch: EPOCH,
        layers: layers.clone(),
        config: RuntimeConfig {
            user: "sage".into(),
            working_dir: "/home/sage".into(),
            env: BTreeMap::from([("LANG".into(), "C.UTF-8".into())]),
            entrypoint: Vec::new(),
            cmd: vec!["sage".into()],
            ports: vec!["8888/tcp".into()],
            labels: BTreeMap::new(),
            stop_signal: String::new(),
        },
        annotations: BTreeMap::new(),
    };
    let image = sage_oci_steps::Outputs { out: dir.path().join("image"), contents: None };
    run(Step::Image(step.clone()), &image, &scratch(dir.path()), 1).unwrap();
    let document = LayerDocument::read(Path::new(&layers[0])).unwrap();
    let link = image.out.join("blobs/sha256").join(document.blob.sha256().hex());
    assert_eq!(sage_oci_files::read_link(link).unwrap(), Path::new(&layers[0]).join("blob"));
    // Copying makes skopeo read every blob and check every digest.
    let copy = format!("oci:{}", dir.path().join("copy").display());
    tool("skopeo", |command| {
        command.args(["--insecure-policy", "copy", "--quiet", &format!("oci:{}", image.out.display()), &copy]);
    });
    let config = tool("skopeo", |command| {
        command.args(["inspect", "--config", &copy]);
    });
    let config = String::from_utf8(config.stdout).unwrap();
    assert!(config.contains("8888/tcp") && config.contains("/home/sage"), "{config}");

    let error = run(Step::Image(step), &image, &scratch(dir.path()), 1).unwrap_err();
    assert!(matches!(error, StepError::Spec { .. }), "an output that exists is never touched: {error}");
    assert!(image.out.join("index.json").exists());
}
