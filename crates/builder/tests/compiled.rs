//! Roots of packages and commands in them, by the builder itself: it starts itself again, and a process of tests has threads.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

#[path = "../../io/steps/tests/common/mod.rs"]
mod common;

use common::{Package, effect, tool};
use sage_oci_effects::Effect;
use sage_oci_step::{RootStep, RunCommand, RunStep, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const TOOLS: Package = Package {
    name: "tools",
    control: "",
    files: &[
        ("usr/bin/tool-one", 0o4755, "#!/bin/sh\necho one\n"),
        ("usr/bin/tool-same", 0o755, "=> usr/bin/tool-one"),
        ("usr/share/doc/tools/README", 0o644, "left out"),
        ("usr/share/doc/tools/copyright", 0o644, "kept"),
        ("usr/share/shared", 0o644, "the same in both"),
        ("usr/share/tools/passwd", 0o777, "-> /etc/passwd"),
        ("usr/share/tools/up", 0o777, "-> ../../../../../../etc"),
        ("usr/share/replaced", 0o644, "of tools"),
        ("var/lib/tools/", 0o2775, ""),
    ],
    extra: &[("postinst", "#!/bin/sh\nupdate-alternatives --install x\n")],
};
const OTHER: Package = Package {
    name: "other",
    control: "",
    files: &[("usr/share/shared", 0o644, "the same in both"), ("usr/share/replaced", 0o644, "of other")],
    extra: &[],
};

/// The machine's shell with its loader and libraries, as a package.
fn shell(folder: &Path) -> String {
    let tree = folder.join("shell");
    sage_oci_files::create_dir_all(tree.join("DEBIAN")).unwrap();
    let copy = |from: &str| {
        let name = from.trim_start_matches('/');
        let to = if name.starts_with("usr/") { tree.join(name) } else { tree.join("usr").join(name) };
        sage_oci_files::create_dir_all(to.parent().unwrap()).unwrap();
        tool("cp", |command| {
            command.arg("-L").arg(from).arg(to);
        });
    };
    copy("/bin/sh");
    let listed = tool("ldd", |command| {
        command.arg("/bin/sh");
    });
    String::from_utf8(listed.stdout).unwrap().split_whitespace().filter(|word| word.starts_with('/')).for_each(copy);
    let control = "Package: shell\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: x\n";
    sage_oci_files::write_atomic(tree.join("DEBIAN/control"), control.as_bytes()).unwrap();
    let archive = folder.join("shell.deb");
    tool("dpkg-deb", |command| {
        command.args(["--root-owner-group", "-Znone", "--build"]).arg(&tree).arg(&archive);
    });
    archive.to_str().unwrap().to_owned()
}

const SHELL: Package = Package { name: "shell", control: "", files: &[], extra: &[] };

fn root_step(folder: &Path, packages: &[&Package]) -> RootStep {
    let mut packages: Vec<_> = packages.iter().map(|package| package.in_step(package.build(folder))).collect();
    packages.push(SHELL.in_step(shell(folder)));
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    RootStep {
        packages,
        effects: Vec::new(),
        exclude: vec!["/usr/share/doc/*".to_owned()],
        include: vec!["/usr/share/doc/*/copyright".to_owned()],
        links: BTreeMap::new(),
        prepare: Vec::new(),
    }
}

fn one_after_the_other(index: usize, line: &str) -> RunCommand {
    RunCommand { line: line.to_owned(), after: index.checked_sub(1).into_iter().collect() }
}

fn run_step(root: &Path, commands: &[&str]) -> RunStep {
    RunStep {
        root: root.to_str().unwrap().to_owned(),
        mounts: BTreeMap::new(),
        subject: "demo.module".to_owned(),
        folder: "/build".to_owned(),
        files: BTreeMap::new(),
        empty: BTreeSet::new(),
        folders: BTreeSet::new(),
        env: BTreeMap::new(),
        directory: "src".to_owned(),
        commands: commands.iter().enumerate().map(|(index, line)| one_after_the_other(index, line)).collect(),
        keep: BTreeMap::new(),
        reads: BTreeMap::new(),
    }
}

/// Runs the builder as Nix does; `name` is the output below a folder.
fn builder(step: Step, folder: &Path, name: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sage-oci-builder"));
    prepared(&mut command, &step, folder, name).output().unwrap()
}

fn prepared<'c>(command: &'c mut Command, step: &Step, folder: &Path, name: &str) -> &'c mut Command {
    let (spec, scratch) = (folder.join(format!("{name}.json")), folder.join(format!("{name}-scratch")));
    sage_oci_files::create_dir_all(&scratch).unwrap();
    sage_oci_files::write_atomic(&spec, &serde_json::to_vec(step).unwrap()).unwrap();
    command.env_clear().env("specPath", spec).env("out", folder.join(name)).env("TMPDIR", scratch);
    command.env("NIX_BUILD_CORES", "2").env("HOME", "/root").env("SECRET", "x")
}

fn succeeds(step: Step, folder: &Path, name: &str) -> String {
    let output = builder(step, folder, name);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

fn fails(step: Step, folder: &Path, name: &str) -> String {
    let output = builder(step, folder, name);
    assert_eq!(output.status.code(), Some(2));
    assert!(!folder.join(name).exists(), "nothing is left");
    String::from_utf8(output.stderr).unwrap()
}

fn text(path: impl AsRef<Path>) -> String {
    sage_oci_files::read_to_string(path).unwrap()
}

/// A root with a shell, in a folder of its own.
fn shell_root() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    succeeds(Step::Root(root_step(dir.path(), &[])), dir.path(), "root");
    dir
}

#[test]
fn packages_become_a_root() {
    let dir = tempfile::tempdir().unwrap();
    let mut step = root_step(dir.path(), &[&TOOLS, &OTHER]);
    let alternative = |package, path: &str, priority| {
        let (name, link) = ("tool".to_owned(), "/usr/bin/tool".to_owned());
        effect(package, Effect::Alternative { name, link, path: path.to_owned(), priority, slaves: Vec::new() })
    };
    step.effects = vec![alternative("absent", "/usr/bin/tool-two", 90), alternative("tools", "/usr/bin/tool-one", 10)];
    step.links = [("/usr/local/bin/t".to_owned(), "/usr/bin/tool".to_owned())].into();
    let tools = step.packages.iter_mut().find(|package| package.name.as_str() == "tools").unwrap();
    tools.replaced = [("/usr/share/replaced".to_owned(), "other".parse().unwrap())].into();
    step.prepare = ["/bin/sh", "-c", "tool > /usr/prepared && t >> /usr/prepared"].map(str::to_owned).into();
    succeeds(Step::Root(step), dir.path(), "root");
    let root = dir.path().join("root");
    assert_eq!(text(root.join("usr/prepared")), "one\none\n");
    assert_eq!(text(root.join("usr/share/replaced")), "of other");
    assert_eq!(text(root.join("usr/share/doc/tools/copyright")), "kept");
    assert!(!root.join("usr/share/doc/tools/README").exists());
    let link = |path: &str| sage_oci_files::read_link(root.join(path)).unwrap().to_str().unwrap().to_owned();
    assert_eq!(link("etc/alternatives/tool"), "../../usr/bin/tool-one");
    assert_eq!(link("usr/bin/tool"), "../../etc/alternatives/tool");
    assert_eq!(link("bin"), "usr/bin");
    assert_eq!(link("usr/share/tools/passwd"), "../../../etc/passwd", "no link leads out of the root");
    let metadata = sage_oci_files::metadata(root.join("usr/bin/tool-one")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o755, "no set-id bit");
    assert_eq!(metadata.modified().unwrap().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1);
    assert_eq!(text(root.join("usr/bin/tool-same")), "#!/bin/sh\necho one\n");
    assert!(root.join("var/lib/tools").is_dir());
}

#[test]
fn packages_that_do_not_fit_together_are_refused() {
    const FOLDER: Package = Package { name: "folder", control: "", files: &[("usr/x/y", 0o644, "y")], extra: &[] };
    const LINK: Package = Package { name: "link", control: "", files: &[("usr/x", 0o777, "-> /etc")], extra: &[] };
    const FILE: Package = Package { name: "file", control: "", files: &[("usr/x/y", 0o644, "other")], extra: &[] };
    let dir = tempfile::tempdir().unwrap();
    let step = root_step(dir.path(), &[&FOLDER, &LINK]);
    let said = fails(Step::Root(step), dir.path(), "link-root");
    assert!(said.contains("`/usr/x` is brought twice") && said.contains("symbolic link to /etc"), "{said}");
    assert!(!Path::new("/etc/y").exists());
    let step = root_step(dir.path(), &[&FOLDER, &FILE]);
    let said = fails(Step::Root(step), dir.path(), "file-root");
    assert!(said.contains("`/usr/x/y` is brought twice") && said.contains("package folder"), "{said}");
    let mut step = root_step(dir.path(), &[&FOLDER]);
    step.packages[0].name = "another".parse().unwrap();
    let said = fails(Step::Root(step), dir.path(), "wrong-root");
    assert!(said.contains("should hold package another holds `folder`"), "{said}");
    let mut step = root_step(dir.path(), &[&FOLDER]);
    step.prepare = ["/bin/sh", "-c", "echo oh; exit 4"].map(str::to_owned).into();
    let said = fails(Step::Root(step), dir.path(), "bad-root");
    assert!(said.contains("failed with status 4\noh"), "{said}");
}

#[test]
fn commands_see_one_world_and_cannot_change_it() {
    let dir = shell_root();
    let root = dir.path().join("root");
    let commands = [
        "set > ../o/environment; umask >> ../o/environment; cd /; echo * /dev/* /tmp/* >> /build/o/environment",
        "(echo x > /usr/x || echo x > /x || echo x > /dev/x) 2>> ../o/said; echo x > /tmp/x && echo $$ $(cd /proc && echo [0-9]*) >> ../o/said",
        "read line < a/b; echo $line; echo more > a/b; echo more; test ! -s a/__init__.py",
    ];
    let mut step = run_step(&root, &commands);
    let source = dir.path().join("source");
    sage_oci_files::write_atomic(&source, b"content\n").unwrap();
    std::fs::set_permissions(&source, std::fs::Permissions::from_mode(0o444)).unwrap();
    step.files = [("src/a/b".to_owned(), source.to_str().unwrap().to_owned())].into();
    step.empty = ["src/a/__init__.py".to_owned()].into();
    step.folders = ["o".to_owned()].into();
    step.env = [("MORE".to_owned(), "more".to_owned())].into();
    step.keep = [("o".to_owned(), "kept".to_owned()), ("src/a/b".to_owned(), "b".to_owned())].into();
    let said = succeeds(Step::Run(step.clone()), dir.path(), "one");
    assert!(said.lines().next().unwrap().starts_with("demo.module: set 0."), "{said}");
    assert_eq!(said.lines().count(), 2, "what commands print is kept back: {said}");
    let environment = text(dir.path().join("one/kept/environment"));
    for line in ["HOME='/tmp'", "LC_ALL='C.UTF-8'", "MORE='more'", "PWD='/build/src'", "SOURCE_DATE_EPOCH='1'", "0022"]
    {
        assert!(environment.contains(line), "{line}: {environment}");
    }
    assert!(!environment.contains("SECRET") && !environment.contains(dir.path().to_str().unwrap()), "{environment}");
    assert!(environment.contains("bin build dev lib"), "{environment}");
    assert!(environment.contains(" proc tmp usr /dev/fd /dev/full /dev/null"), "{environment}");
    let refused = text(dir.path().join("one/kept/said"));
    assert_eq!(refused.matches("Read-only file system").count(), 3, "{refused}");
    let pids: Vec<u32> = refused.lines().last().unwrap().split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() <= 4 && pids.iter().all(|pid| *pid < 10), "no other process is there: {refused}");
    assert_eq!(text(dir.path().join("one/b")), "more\n");
    assert_eq!(text(&source), "content\n", "it was a copy");
    // Another place, another time: the same bytes.
    let elsewhere = dir.path().join("else/where");
    sage_oci_files::create_dir_all(&elsewhere).unwrap();
    succeeds(Step::Run(step), &elsewhere, "two");
    assert_eq!(text(elsewhere.join("two/kept/environment")), environment);
}

#[test]
fn failures_say_whose_and_what() {
    let dir = shell_root();
    let root = dir.path().join("root");
    let run = |name: &str, commands: &[&str]| fails(Step::Run(run_step(&root, commands)), dir.path(), name);
    let said = run("a", &["echo first", "echo wrong >&2; exit 3", "echo never"]);
    assert!(said.contains("demo.module: `echo wrong >&2; exit 3` failed with status 3\nwrong\n"), "{said}");
    assert!(!said.contains("never"), "{said}");
    let said = run("b", &["kill -9 $$"]);
    assert!(said.contains("killed by signal 9") && said.contains("memory may have run out"), "{said}");
    let mut step = run_step(&root, &[":"]);
    step.keep = [("src/none".to_owned(), "none".to_owned())].into();
    assert!(fails(Step::Run(step), dir.path(), "c").contains("have not made `src/none`"));
    let mut step = run_step(&root, &[":"]);
    step.folder = "/usr".to_owned();
    assert!(fails(Step::Run(step), dir.path(), "d").contains("the root has `/usr` already"));
    let mut step = run_step(&root, &[":"]);
    step.commands[0].after = [0].into();
    assert!(fails(Step::Run(step), dir.path(), "e").contains("`:` needs one that does not stand before it"));
    for (place, why) in [("/usr", "the root has `/usr` already"), ("/build", "`/build` already"), ("/a/b", "one name")]
    {
        let mut step = run_step(&root, &[":"]);
        step.mounts = [(place.to_owned(), root.to_str().unwrap().to_owned())].into();
        assert!(fails(Step::Run(step), dir.path(), &format!("f{}", place.len())).contains(why), "{place}");
    }
}

#[test]
fn commands_that_need_nothing_of_each_other_run_at_once() {
    let dir = shell_root();
    // Each waits for what the other writes: one after the other they would never end.
    let meet = |mine: &str, other: &str| format!("echo > {mine}; while ! test -e {other}; do :; done");
    let mut step = run_step(
        &dir.path().join("root"),
        &[&meet("a", "b"), &meet("b", "a"), "test -e a && test -e b && echo met > c"],
    );
    step.commands[1].after.clear();
    step.commands[2].after = [0, 1].into();
    step.keep = [("src/c".to_owned(), "c".to_owned())].into();
    succeeds(Step::Run(step), dir.path(), "met");
    assert_eq!(text(dir.path().join("met/c")), "met\n");
}

#[test]
fn a_second_root_lies_beside_the_first() {
    let dir = shell_root();
    let second = dir.path().join("second");
    sage_oci_files::create_dir_all(&second).unwrap();
    sage_oci_files::write_atomic(second.join("header.h"), b"of the target\n").unwrap();
    let mut step =
        run_step(&dir.path().join("root"), &["read line < /sysroot/header.h; echo $line > c", "! echo x > /sysroot/y"]);
    step.mounts = [("/sysroot".to_owned(), second.to_str().unwrap().to_owned())].into();
    step.keep = [("src/c".to_owned(), "c".to_owned())].into();
    succeeds(Step::Run(step), dir.path(), "mounted");
    assert_eq!(text(dir.path().join("mounted/c")), "of the target\n");
    assert!(!second.join("y").exists());
}

#[test]
fn what_is_read_must_be_what_was_said() {
    let dir = shell_root();
    let source = dir.path().join("source");
    sage_oci_files::write_atomic(&source, b"x").unwrap();
    let mut step =
        run_step(&dir.path().join("root"), &["echo 'm.o: a.h /build/src/b.h made.h \\\n ../src/p/__init__.py' > d"]);
    for path in ["src/a.h", "src/b.h", "src/c.h"] {
        step.files.insert(path.to_owned(), source.to_str().unwrap().to_owned());
    }
    step.empty = ["src/p/__init__.py".to_owned()].into();
    let mut with = |name: &str, expected: &[&str]| {
        let expected = expected.iter().map(|path| (*path).to_owned()).collect();
        step.reads = [("src/d".to_owned(), expected)].into();
        builder(Step::Run(step.clone()), dir.path(), name)
    };
    assert!(with("fine", &["src/a.h", "src/b.h"]).status.success());
    let output = with("wrong", &["src/a.h", "src/c.h"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("demo.module: ") && said.contains("read and not expected: src/b.h"), "{said}");
    assert!(said.contains("expected and not read: src/c.h"), "{said}");
}

/// The processes that have a text among their arguments.
fn processes(text: &str) -> usize {
    let mut found = 0;
    for entry in sage_oci_files::list("/proc").unwrap() {
        let arguments = sage_oci_files::read(entry.join("cmdline")).unwrap_or_default();
        found += usize::from(String::from_utf8_lossy(&arguments).contains(text));
    }
    found
}

#[test]
fn nothing_outlives_the_builder() {
    let dir = shell_root();
    let mark = format!("mark-{}", std::process::id());
    // A command that leaves another one behind: it ends with the step.
    let loops = format!("while :; do read line < /dev/zero; done # {mark}");
    let left = format!("(: {mark}; while :; do :; done) > /dev/null & :");
    succeeds(Step::Run(run_step(&dir.path().join("root"), &[&left])), dir.path(), "left");
    assert_eq!(processes(&mark), 0);
    let step = Step::Run(run_step(&dir.path().join("root"), &[&loops]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_sage-oci-builder"));
    let mut child = prepared(&mut command, &step, dir.path(), "killed").spawn().unwrap();
    let wait = |wanted: &dyn Fn(usize) -> bool| {
        (0..600).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            wanted(processes(&mark))
        })
    };
    assert!(wait(&|count| count > 0), "the command never ran");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(wait(&|count| count == 0), "a command runs on");
}
