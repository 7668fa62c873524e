//! Overlays on a package: files, removals, byte-code.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::*;
use sage_oci_layer::{ContentEntry, ContentKind};
use sage_oci_names::{Architecture, LayerName};
use sage_oci_step::{Interpreter, OverlayFile, OverlayStep, Step};
use sage_oci_steps::{StepError, run};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LIBRARY: &str = "usr/lib/python3/dist-packages/demo";

/// What the overlay is laid over; the byte-code is no real one.
const BELOW: Package = Package {
    name: "python3-demo",
    control: "",
    files: &[
        ("usr/lib/python3/dist-packages/demo/", 0o750, ""),
        ("usr/lib/python3/dist-packages/demo/one.py", 0o644, "one = 1\n"),
        ("usr/lib/python3/dist-packages/demo/gone.py", 0o644, "gone = 1\n"),
        ("usr/lib/python3/dist-packages/demo/alias.py", 0o777, "-> one.py"),
        ("usr/lib/python3/dist-packages/demo/data/x", 0o644, "x"),
    ],
    extra: &[],
};

fn step(folder: &Path, files: &[(&str, &str)], removed: &[&str]) -> OverlayStep {
    let sources = folder.join("sources");
    sage_oci_files::create_dir_all(&sources).unwrap();
    let mut all = BTreeMap::new();
    for (number, (path, content)) in files.iter().enumerate() {
        let source = sources.join(number.to_string());
        sage_oci_files::write_atomic(&source, content.as_bytes()).unwrap();
        let executable = path.ends_with(".so");
        let file = OverlayFile { source: source.to_str().unwrap().to_owned(), executable };
        all.insert(format!("/{LIBRARY}/{path}"), file);
    }
    OverlayStep {
        name: LayerName::parse("overlay").unwrap(),
        sealing: sealing(),
        files: all,
        removed: removed.iter().map(|path| format!("/{LIBRARY}/{path}")).collect::<BTreeSet<_>>(),
        bytecode: None,
        contents: vec![below(folder, &BELOW)],
    }
}

/// The list of contents of a layer of one package, made once in a folder.
fn below(folder: &Path, package: &Package) -> String {
    let folder = folder.join(format!("layer-{}", package.name));
    let outputs = outputs(&folder);
    if !outputs.out.exists() {
        sage_oci_files::create_dir_all(&folder).unwrap();
        let step = common::step(vec![package.in_step(package.build(&folder))]);
        run(Step::Layer(step), &outputs, &scratch(&folder), 1).unwrap();
    }
    outputs.contents.unwrap().to_str().unwrap().to_owned()
}

/// The files of a layer and its list of contents.
type Built = (BTreeMap<String, Vec<u8>>, Vec<ContentEntry>);

fn build(step: OverlayStep, folder: &Path, threads: usize) -> Result<Built, StepError> {
    sage_oci_files::create_dir_all(folder).unwrap();
    let outputs = outputs(folder);
    run(Step::Overlay(step), &outputs, &scratch(folder), threads)?;
    Ok((files(&outputs.out), contents(&outputs).entries))
}

#[test]
fn files_are_laid_over_and_taken_away() {
    let dir = tempfile::tempdir().unwrap();
    let files = [("one.py", "one = 2\n"), ("alias.py", "alias = 1\n"), ("new/m.so", "so")];
    let step = step(dir.path(), &files, &["gone.py", "data"]);
    let (files, entries) = build(step.clone(), &dir.path().join("a"), 1).unwrap();
    assert_eq!(files[&format!("{LIBRARY}/one.py")], b"one = 2\n");
    assert_eq!(files.len(), 3);
    let get = |path: &str| {
        let path = format!("{LIBRARY}{path}");
        entries.iter().find(|entry| entry.path.as_str() == path).map(|entry| (entry.kind, entry.mode, entry.uid))
    };
    assert_eq!(get(""), Some((ContentKind::Dir, 0o750, 0)), "a directory stays what it is below");
    assert_eq!(get("/new"), Some((ContentKind::Dir, 0o755, 0)));
    assert_eq!(get("/new/m.so"), Some((ContentKind::File, 0o755, 0)));
    assert_eq!(get("/one.py"), Some((ContentKind::File, 0o644, 0)));
    assert_eq!(get("/alias.py").unwrap().0, ContentKind::File, "a file takes the place of a link");
    assert_eq!(get("/gone.py").unwrap().0, ContentKind::Whiteout);
    assert_eq!(get("/data").unwrap().0, ContentKind::Whiteout);
    let blob = |folder: &str| sage_oci_files::read(dir.path().join(folder).join("out/blob")).unwrap();
    build(step, &dir.path().join("b"), 3).unwrap();
    assert!(blob("a") == blob("b"));
}

#[test]
fn nothing_is_hidden_or_missed_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for (number, (files, removed)) in [
        (vec![("data", "a file")], vec![]),
        (vec![("one.py/x", "below a file")], vec![]),
        (vec![("alias.py/x", "below a link")], vec![]),
        (vec![("one.py", "x")], vec!["none.py"]),
        (vec![("one.py", "x")], vec!["one.py"]),
        (vec![("data/y", "x")], vec!["data"]),
    ]
    .into_iter()
    .enumerate()
    {
        let step = step(dir.path(), &files, &removed);
        let error = build(step, &dir.path().join(number.to_string()), 1).unwrap_err();
        said.push(error.to_string());
    }
    let expected = [
        "/data` is brought twice",
        "lies below `",
        "lies below `",
        "none.py` is not in",
        "brought twice",
        "brought twice",
    ];
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.contains(expected), "{said} / {expected}");
    }

    let mut linked = step(dir.path(), &[], &[]);
    let link = dir.path().join("link");
    sage_oci_files::symlink("/etc/passwd", &link).unwrap();
    let file = OverlayFile { source: link.to_str().unwrap().to_owned(), executable: false };
    linked.files.insert("/etc/stolen".to_owned(), file);
    let error = build(linked, &dir.path().join("linked"), 1).unwrap_err().to_string();
    assert!(error.contains("no regular file"), "{error}");
}

#[test]
fn byte_code_is_of_the_modules_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, version) = interpreter(dir.path());
    let tag = format!("cpython-{}", version.replace('.', ""));
    let files = [("one.py", "def one():\n    return 1.5, 'x'\n"), ("broken.py", "print 'two'\n"), ("m.so", "so")];
    let mut step = step(dir.path(), &files, &[]);
    let stale: &'static str = format!("{LIBRARY}/__pycache__/broken.{tag}.pyc").leak();
    let old = Package {
        name: "old-code",
        control: "",
        files: vec![(stale, 0o644, "old"), (LIBRARY_FOLDER, 0o750, "")].leak(),
        extra: &[],
    };
    step.contents.push(below(dir.path(), &old));
    step.bytecode = Some(Interpreter { archives: vec![archive], version, architecture: Architecture::host().unwrap() });
    let (files, entries) = build(step.clone(), &dir.path().join("a"), 1).unwrap();
    assert_eq!(files.keys().collect::<Vec<_>>(), [&format!("{LIBRARY}/__pycache__/one.{tag}.pyc")]);
    let code = &files[&format!("{LIBRARY}/__pycache__/one.{tag}.pyc")];
    let path = format!("/{LIBRARY}/one.py");
    assert!(code.windows(path.len()).any(|window| window == path.as_bytes()), "the image's path is in it");
    // What Python would load without looking at the module must not be the old module's.
    let stale = entries.iter().find(|entry| entry.path.as_str() == stale).unwrap();
    assert_eq!(stale.kind, ContentKind::Whiteout);
    let again = build(step, &dir.path().join("another-place"), 3).unwrap();
    assert!(again.0 == files && again.1 == entries);
}

/// With the mode that it has in the other package.
const LIBRARY_FOLDER: &str = "usr/lib/python3/dist-packages/demo/";
