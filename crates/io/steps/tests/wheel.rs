//! The wheel step, with a wheel that Python packs and the Python of the machine.

mod common;

use common::*;
use sage_oci_names::{Architecture, LayerName};
use sage_oci_step::{Interpreter, LayerStep, Step, WheelStep};
use sage_oci_steps::{StepError, run};
use std::collections::BTreeMap;
use std::path::Path;

/// Packs a wheel as the format wants it: `RECORD` last, each file with its digest.
const PACK: &str = r#"
import base64, hashlib, sys, zipfile
files = {
    "demo/__init__.py": "A = 1\n",
    "demo/broken.py": "print 'two'\n",
    "demo/page.js": "page",
    "demo/page.js.map": "map",
    "demo-1.0.data/data/share/demo/x": "x",
    "demo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
    "demo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo:main\n",
}
record = "demo-1.0.dist-info/RECORD"
lines = ""
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as wheel:
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines += f"{path},sha256={digest},{len(text)}\n"
        wheel.writestr(path, text)
    wheel.writestr(record, lines + f"{record},,\n")
"#;

/// What a package has in the folder that the wheel is laid over.
const BELOW: Package =
    Package { name: "below", control: "", files: &[("usr/local/share/demo/x", 0o644, "of the package")], extra: &[] };

fn step(folder: &Path) -> WheelStep {
    let archive = folder.join("demo-1.0-py3-none-any.whl");
    tool("python3", |command| {
        command.args(["-I", "-c", PACK]).arg(&archive);
    });
    let (python, version) = interpreter(folder);
    WheelStep {
        name: LayerName::parse("wheel-demo").unwrap(),
        sealing: sealing(),
        interpreter: Interpreter { archives: vec![python], version, architecture: Architecture::host().unwrap() },
        distribution: "demo".to_owned(),
        version: "1.0".to_owned(),
        archive: archive.to_str().unwrap().to_owned(),
        exclude: vec!["*.js.map".to_owned()],
        include: Vec::new(),
        contents: Vec::new(),
    }
}

fn build(step: &WheelStep, folder: &Path, threads: usize) -> Result<BTreeMap<String, Vec<u8>>, StepError> {
    sage_oci_files::create_dir_all(folder).unwrap();
    let outputs = outputs(folder);
    run(Step::Wheel(step.clone()), &outputs, &scratch(folder), threads)?;
    Ok(files(&outputs.out))
}

/// Builds the layer of [`BELOW`] with these files and gives its list of contents.
fn below(package: &Package, folder: &Path) -> String {
    let step = LayerStep { ..common::step(vec![package.in_step(package.build(folder))]) };
    let outputs = outputs(folder);
    run(Step::Layer(step), &outputs, &scratch(folder), 1).unwrap();
    outputs.contents.unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_wheel_is_installed_as_python_finds_it() {
    let dir = tempfile::tempdir().unwrap();
    let step = step(dir.path());
    let one = build(&step, &dir.path().join("one"), 1).unwrap();
    assert!(one == build(&step, &dir.path().join("three"), 3).unwrap(), "the number of workers or the place shows");

    let version = &step.interpreter.version;
    let modules = format!("usr/local/lib/python{version}/dist-packages");
    let cached = format!("demo/__pycache__/__init__.cpython-{}.pyc", version.replace('.', ""));
    let expected = [
        "demo-1.0.dist-info/INSTALLER",
        "demo-1.0.dist-info/METADATA",
        "demo-1.0.dist-info/RECORD",
        "demo-1.0.dist-info/WHEEL",
        "demo-1.0.dist-info/entry_points.txt",
        "demo/__init__.py",
        &cached,
        "demo/broken.py",
        "demo/page.js",
    ];
    let expected = expected.map(|path| format!("{modules}/{path}"));
    let others = ["usr/local/bin/demo".to_owned(), "usr/local/share/demo/x".to_owned()];
    let mut expected: Vec<String> = expected.into_iter().chain(others).collect();
    expected.sort();
    assert_eq!(one.keys().cloned().collect::<Vec<_>>(), expected);

    // Python's own idea of what is installed: the version, and the files that are there.
    let root = dir.path().join("root");
    for (path, content) in &one {
        let at = root.join(path);
        sage_oci_files::create_dir_all(at.parent().unwrap()).unwrap();
        sage_oci_files::write_atomic(&at, content).unwrap();
    }
    let program = "import importlib.metadata as m, sys\n\
        sys.path.insert(0, sys.argv[1])\n\
        print(m.version('demo'), all(f.locate().exists() for f in m.files('demo')), len(m.files('demo')))";
    let shown = tool("/usr/bin/python3", |command| {
        command.args(["-I", "-c", program]).arg(root.join(&modules));
    });
    assert_eq!(String::from_utf8(shown.stdout).unwrap().trim(), "1.0 True 10");
}

#[test]
fn it_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut step = step(dir.path());
    step.contents = vec![below(&BELOW, &dir.path().join("below"))];
    let error = build(&step, &dir.path().join("one"), 1).unwrap_err().to_string();
    assert!(error.contains("/usr/local/share/demo/x") && error.contains("the package below"), "{error}");

    step.exclude.push("/usr/local/share/demo/*".to_owned());
    step.exclude.push("/usr/local/bin/*".to_owned());
    let folder = dir.path().join("two");
    assert!(!build(&step, &folder, 1).unwrap().contains_key("usr/local/bin/demo"));
    let entries = contents(&outputs(&folder)).entries;
    assert!(entries.iter().all(|entry| !entry.path.as_str().starts_with("usr/local/share")), "an empty folder is left");
}
