//! The byte-code step with the Python of the machine, packed into an archive as Debian would.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::*;
use sage_oci_names::{Architecture, LayerName, PackageName};
use sage_oci_step::{BytecodePackage, BytecodeStep, Interpreter, Step};
use sage_oci_steps::run;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const MODULES: Package = Package {
    name: "python3-demo",
    control: "",
    files: &[
        ("usr/lib/python3/dist-packages/demo/__init__.py", 0o644, "A = ('x', 1.5, 'x')\nB = ('x', 1.5)\n"),
        ("usr/lib/python3/dist-packages/demo/one.py", 0o644, "def f():\n    return {'a', 'b', 'c'} & {1, 2, 3}\n"),
        ("usr/lib/python3/dist-packages/demo/two.py", 0o644, "from .one import f\nprint(f(), 'x', 1.5, (1, 2))\n"),
        ("usr/lib/python3/dist-packages/demo/old.py", 0o644, "print 'two'\n"),
        ("usr/lib/python3/dist-packages/demo/latin.py", 0o644, "# coding: latin-1\ntext = 'x'\n"),
        ("usr/lib/python3/dist-packages/demo/tests/left_out.py", 0o644, "x = 1\n"),
        ("usr/lib/python3/dist-packages/alias.py", 0o777, "-> demo/one.py"),
        ("usr/lib/python3/dist-packages/outside.py", 0o777, "-> ../../../../../../etc/passwd"),
        ("usr/lib/python3.1/other.py", 0o644, "x = 1\n"),
        ("usr/share/demo/private.py", 0o644, "x = 1\n"),
        ("usr/share/elsewhere/no.py", 0o644, "x = 1\n"),
    ],
    extra: &[],
};

fn build(step: &BytecodeStep, folder: &Path, threads: usize) -> BTreeMap<String, Vec<u8>> {
    sage_oci_files::create_dir_all(folder).unwrap();
    let outputs = outputs(folder);
    run(Step::Bytecode(step.clone()), &outputs, &scratch(folder), threads).unwrap();
    let mode = |path: &str| contents(&outputs).entries.iter().find(|entry| entry.path == path).unwrap().mode;
    let files = files(&outputs.out);
    assert!(files.keys().all(|path| mode(path) == 0o644));
    files
}

#[test]
fn modules_become_byte_code_whoever_compiles_them() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, version) = interpreter(dir.path());
    let step = BytecodeStep {
        name: LayerName::parse("bytecode").unwrap(),
        sealing: sealing(),
        interpreter: Interpreter {
            archives: vec![archive],
            version: version.clone(),
            architecture: Architecture::host().unwrap(),
        },
        packages: vec![BytecodePackage {
            name: PackageName::parse(MODULES.name).unwrap(),
            archive: MODULES.build(dir.path()),
            directories: vec!["/usr/lib/python3".into(), "/usr/lib/python3.1".into(), "/usr/share/demo".into()],
            replaced: BTreeMap::new(),
        }],
        exclude: vec!["*/demo/tests/*".to_owned()],
        include: Vec::new(),
        left_out: BTreeSet::new(),
    };
    let one = build(&step, &dir.path().join("one"), 1);
    let three = build(&step, &dir.path().join("three-somewhere-else"), 3);
    assert!(one == three, "the number of workers or the place shows");

    let tag = format!("cpython-{}", version.replace('.', ""));
    let expected: Vec<String> = [
        "usr/lib/python3/dist-packages/__pycache__/alias",
        "usr/lib/python3/dist-packages/demo/__pycache__/__init__",
        "usr/lib/python3/dist-packages/demo/__pycache__/latin",
        "usr/lib/python3/dist-packages/demo/__pycache__/one",
        "usr/lib/python3/dist-packages/demo/__pycache__/two",
        "usr/share/demo/__pycache__/private",
    ]
    .iter()
    .map(|path| format!("{path}.{tag}.pyc"))
    .collect();
    assert_eq!(one.keys().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());

    let mut fewer = step.clone();
    fewer.left_out = ["one", "old", "tests/left_out"]
        .map(|module| format!("/usr/lib/python3/dist-packages/demo/{module}.py"))
        .into();
    let fewer = build(&fewer, &dir.path().join("fewer"), 2);
    let mut others = one.clone();
    others.remove(&expected[3]).unwrap();
    assert!(fewer == others, "the others' byte-code is as if none were left out: {:?}", fewer.keys());

    // Bit 0 of the flags: checked by hash and not by time; bit 1 is clear: never checked at run time (PEP 552).
    let two = &one[&expected[4]];
    assert_eq!(two[4..8], [1, 0, 0, 0]);
    let path = dir.path().join("two.pyc");
    sage_oci_files::write_atomic(&path, two).unwrap();
    let shown = tool("/usr/bin/python3", |command| {
        let program = "import marshal, sys; print(marshal.loads(open(sys.argv[1], 'rb').read()[16:]).co_filename)";
        command.args(["-I", "-c", program]).arg(&path);
    });
    assert_eq!(String::from_utf8(shown.stdout).unwrap().trim(), "/usr/lib/python3/dist-packages/demo/two.py");
}

#[test]
fn a_python_that_does_not_run_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let archive = MODULES.build(dir.path());
    let step = BytecodeStep {
        name: LayerName::parse("bytecode").unwrap(),
        sealing: sealing(),
        interpreter: Interpreter {
            archives: vec![archive],
            version: "3.0".to_owned(),
            architecture: Architecture::Amd64,
        },
        packages: Vec::new(),
        exclude: Vec::new(),
        include: Vec::new(),
        left_out: BTreeSet::new(),
    };
    let outputs = outputs(dir.path());
    let error = run(Step::Bytecode(step), &outputs, &scratch(dir.path()), 1).unwrap_err();
    assert!(error.to_string().contains("Python 3.0"), "{error}");
    assert!(!outputs.out.exists());
}
