//! Generated layers from step to blob, and the image that joins layers.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::*;
use sage_oci_effects::{Document, Effect, Mode};
use sage_oci_hint::Hint as _;
use sage_oci_layer::{ContentEntry, ContentKind};
use sage_oci_names::{Architecture, ImageName, LayerName, PackageName};
use sage_oci_root::RootError;
use sage_oci_step::{Above, GenerateKind, GenerateStep, ImageStep, PlacedContent, PlacedFile, RuntimeConfig, Step};
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

const CATALOG: Package = Package {
    name: "catalog",
    control: "",
    files: &[("usr/share/xml-core/catalog.header", 0o644, ""), ("usr/share/xml-core/catalog.footer", 0o644, "")],
    extra: &[("postinst", "#!/bin/sh\nupdate-xmlcatalog --add --type uri --id \"u\" --package x --root\n")],
};

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
    Ok(contents(&outputs).entries.into_iter().map(|entry| (entry.path.to_string(), entry)).collect())
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
fn control_files_come_from_the_archives() {
    let dir = tempfile::tempdir().unwrap();
    let mut step = generate(GenerateKind::Configuration, &[layer(&CATALOG, dir.path(), true)]);
    let document = Effect::Computed { document: Document::XmlCatalogs };
    step.effects = vec![effect("catalog", document)];
    let error = build(&step, &dir.path().join("missing")).unwrap_err();
    assert_eq!(error.to_string(), "the build step has no archive of catalog, whose `/DEBIAN` is needed");
    let archive = dir.path().join("layer-catalog/catalog.deb").to_str().unwrap().to_owned();
    step.archives.insert(PackageName::parse("catalog").unwrap(), archive);
    let folder = dir.path().join("made");
    build(&step, &folder).unwrap();
    assert_eq!(
        files(&folder.join("out"))["etc/xml/catalog"],
        b"<delegateURI uriStartString=\"u\" catalog=\"file:///etc/xml/x.xml\"/>\n"
    );
}

#[test]
fn an_extending_layer_has_the_difference_and_takes_away_what_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let base = layer(&BASE, dir.path(), true);
    let file = |path: &str, content: &str| {
        let (owner, group) = ("root".to_owned(), "root".to_owned());
        let (path, content) = (path.to_owned(), content.to_owned());
        effect("base-files", Effect::File { path, mode: Mode::new(0o644), owner, group, content })
    };
    let mut step = generate(GenerateKind::Configuration, std::slice::from_ref(&base));
    step.effects = ["/etc/same", "/etc/other", "/etc/gone"].map(|path| file(path, "old")).into();
    let lower = dir.path().join("lower");
    build(&step, &lower).unwrap();
    let lower = lower.join("contents").to_str().unwrap().to_owned();
    step.effects = vec![file("/etc/same", "old"), file("/etc/other", "new")];
    step.above = Some(Above { contents: vec![base, lower.clone()], replaces: Some(lower) });
    let folder = dir.path().join("upper");
    let entries = build(&step, &folder).unwrap();
    assert_eq!(entries.keys().collect::<Vec<_>>(), ["etc", "etc/gone", "etc/other"]);
    assert_eq!(entries["etc/gone"].kind, ContentKind::Whiteout);
    assert_eq!(files(&folder.join("out")).into_iter().collect::<Vec<_>>(), [("etc/other".to_owned(), b"new".to_vec())]);
    step.above.as_mut().unwrap().contents.push("/nowhere".to_owned());
    let error = build(&step, &dir.path().join("unread")).unwrap_err();
    assert!(error.to_string().contains("/nowhere"), "{error}");
}

#[test]
fn packages_that_disagree_are_told_from_their_lists() {
    let dir = tempfile::tempdir().unwrap();
    let omitted = BTreeMap::new();
    let dpkg = GenerateKind::Dpkg { automatic: Vec::new(), omitted, sources: String::new() };
    let quarrel = [layer(&BASE, dir.path(), true), layer(&QUARREL, dir.path(), false)];
    let error = build(&generate(dpkg, &quarrel), &dir.path().join("quarrel")).unwrap_err();
    assert!(
        matches!(&error, StepError::Root(RootError::Conflict { path, .. }) if path == "usr/share/x/data"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("leave one of the packages out"));
    assert!(!sage_oci_files::exists(dir.path().join("quarrel/out")).unwrap());
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
        lock: "{}\n".to_owned(),
    };
    let image = sage_oci_steps::Outputs { out: dir.path().join("image"), contents: None };
    run(Step::Image(step.clone()), &image, &scratch(dir.path()), 1).unwrap();
    let document = LayerDocument::read(Path::new(&layers[0])).unwrap();
    let link = image.out.join("blobs/sha256").join(document.blob.sha256().hex());
    assert_eq!(sage_oci_files::read_link(link).unwrap(), Path::new(&layers[0]).join("blob"));
    // Where `sha256sum` of the lock file says.
    let lock = image.out.join("blobs/sha256/ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356");
    assert_eq!(sage_oci_files::read(lock).unwrap(), b"{}\n");
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
