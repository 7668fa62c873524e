//! What a commit changes in a small packaged project.

use sage_oci_meson::{Description, Places, Written};
use sage_oci_rebuild::{
    Change, Commit, Descriptions, Packaged, Question, Rebuild, RebuildError, Shape, Texts, decide, is_scanned,
};
use sage_oci_source::{BlobId, FileKind, Merge, SourceFile, SourceTree, merge};
use std::collections::BTreeMap;

/// Files by path, with their texts.
type Files = BTreeMap<&'static str, &'static str>;

const RELEASE: [(&str, &str); 12] = [
    ("meson.build", "project()\n"),
    ("src/gen/make.py", "print(1)\n"),
    ("src/s/__init__.py", ""),
    ("src/s/a.pxd", "cdef int f()\n"),
    ("src/s/a.pyx", "cdef int f(): return 1\n"),
    ("src/s/b.pyx", "from s.a cimport f\ncdef extern from \"b.h\": pass\n"),
    ("src/s/b.h", "#include \"deep.h\"\n"),
    ("src/s/deep.h", "\n"),
    ("src/s/c.pyx", "x = 1\n"),
    ("src/s/only_upstream.pyx", "x = 1\n"),
    ("src/s/plain.py", "one\n\ntwo\n\nthree\n"),
    ("src/s/old.py", "old\n"),
];

/// A project that was packaged, and a commit of it.
struct World {
    release: Files,
    debian: Files,
    commit: Files,
    new_module: bool,
    flag: &'static str,
    /// Modules that meson does not build although their sources are there.
    left_out: &'static [&'static str],
    /// What it says of what it did not find.
    log: &'static str,
}

impl World {
    fn new() -> Self {
        let release = Files::from(RELEASE);
        Self {
            debian: Files::new(),
            commit: release.clone(),
            release,
            new_module: false,
            flag: "",
            left_out: &[],
            log: "",
        }
    }

    fn shape() -> Shape {
        let places = Places { source: "/build".into(), build: "/build/b".into() };
        Shape { folder: "src".into(), top: "s".into(), generators: vec!["src/gen".into()], places, cross: None }
    }

    fn description(names: &[&str], files: &Files, flag: &str, log: &str) -> Description {
        let mut ninja = "rule cython_COMPILER\n command = cython -M $in -o $out\n depfile = $out.dep\nrule c_COMPILER\n command = cc $ARGS -o $out -c $in\nrule c_LINKER\n command = cc -o $out $in\n".to_owned();
        for name in names {
            let so = format!("src/s/{name}.cpython-314.so");
            ninja.push_str(&format!(
                "build {so}.p/{name}.c: cython_COMPILER ../src/s/{name}.pyx\nbuild {so}.p/{name}.o: c_COMPILER {so}.p/{name}.c\n ARGS = -I../src/s {flag}\nbuild {so}: c_LINKER {so}.p/{name}.o\n"
            ));
        }
        let installed = files.keys().filter(|path| path.starts_with("src/s/") && !path.ends_with(".h"));
        let python: BTreeMap<String, serde_json::Value> = installed
            .map(|path| {
                (
                    format!("/build/{path}"),
                    serde_json::json!({ "destination": format!("{{py_platlib}}/{}", &path[4..]) }),
                )
            })
            .collect();
        let plan = serde_json::json!({ "python": python }).to_string();
        let written = Written { ninja: &ninja, install_plan: &plan, log };
        Description::parse(written, &Self::shape().places).unwrap()
    }

    fn decide(&self, everything: bool) -> (Rebuild, bool) {
        self.try_to(everything).unwrap()
    }

    fn try_to(&self, everything: bool) -> Result<(Rebuild, bool), RebuildError> {
        let shape = Self::shape();
        let release = tree(self.release.iter());
        // What is installed: everything of the folder but headers, Debian's texts where it has its own, and compiled modules.
        let mut installed = Files::new();
        for (path, text) in self.release.iter().chain(&self.debian) {
            if path.starts_with("src/s/") && !path.ends_with(".h") {
                installed.insert(&path[4..], text);
            }
        }
        for so in ["s/a.cpython-314.so", "s/b.cpython-314.so", "s/c.cpython-314.so"] {
            installed.insert(so, "ELF");
        }
        let packaged = Packaged::new(release, tree(installed.iter()), SourceTree::default(), &shape);
        let theirs = tree(self.commit.iter());
        let texts: BTreeMap<BlobId, &str> = self
            .release
            .values()
            .chain(self.debian.values())
            .chain(self.commit.values())
            .map(|text| (BlobId::of(text.as_bytes()), *text))
            .collect();
        let merged = merge(Merge { base: &packaged.release, ours: &packaged.changed, theirs: &theirs }, |id| {
            Ok::<_, ()>(texts[&id].as_bytes().to_vec())
        });
        let commit = Commit::new(merged.unwrap(), &theirs, &packaged);
        let mut all = Texts::default();
        for (path, file) in commit.tree.files.iter().filter(|(path, _)| is_scanned(path)) {
            let text = commit.texts.get(&file.id).cloned().unwrap_or_else(|| texts[&file.id].as_bytes().to_vec());
            assert!(!path.is_empty());
            all.add(file.id, text);
        }
        let question = Question { shape: &shape, packaged: &packaged, commit: &commit, everything };
        let modules = ["a", "b", "c", "only_upstream"];
        let mut now_modules = modules.to_vec();
        now_modules.extend(self.new_module.then_some("new"));
        now_modules.retain(|name| self.commit.contains_key(format!("src/s/{name}.pyx").as_str()));
        now_modules.retain(|name| !self.left_out.contains(name));
        let before = Self::description(&modules, &self.release, "", "Library z found: NO\n");
        let now = Self::description(&now_modules, &self.commit, self.flag, self.log);
        let needed = question.needs_meson();
        let both = Descriptions { now: &now, before: &before };
        let with = decide(question, &all, Some(both))?;
        if !needed {
            let without = decide(question, &Texts::default(), None).unwrap();
            assert_eq!((&with.files, with.modules.len()), (&without.files, 0), "both ways say the same");
        }
        Ok((with, needed))
    }

    fn compiled(&self) -> Vec<String> {
        self.decide(false).0.modules.into_iter().map(|module| module.name).collect()
    }
}

fn tree<'f>(files: impl Iterator<Item = (&'f &'f str, &'f &'f str)>) -> SourceTree {
    let file = |text: &str| SourceFile { id: BlobId::of(text.as_bytes()), kind: FileKind::Regular };
    SourceTree { files: files.map(|(path, text)| ((*path).to_owned(), file(text))).collect() }
}

#[test]
fn the_release_itself_changes_nothing_whatever_debian_has_changed() {
    let mut world = World::new();
    for debian in [
        Files::new(),
        Files::from([("src/s/b.pyx", "from s.a cimport f\n"), ("src/s/plain.py", "1\n\ntwo\n\nthree\n")]),
    ] {
        world.debian = debian;
        let (rebuild, needs_meson) = world.decide(false);
        assert_eq!((rebuild.modules.len(), rebuild.kept, rebuild.files.len(), needs_meson), (0, 3, 0, false));
    }
}

#[test]
fn a_module_is_compiled_when_anything_in_its_closure_differs() {
    for (path, text, compiled) in [
        ("src/s/c.pyx", "x = 2\n", vec!["s.c"]),
        ("src/s/a.pyx", "cdef int f(): return 2\n", vec!["s.a"]),
        ("src/s/a.pxd", "cdef long f()\n", vec!["s.a", "s.b"]),
        ("src/s/deep.h", "#define X\n", vec!["s.b"]),
        ("src/s/plain.py", "other\n", vec![]),
    ] {
        let mut world = World::new();
        world.commit.insert(path, text);
        assert_eq!(world.compiled(), compiled, "{path}");
    }
}

#[test]
fn flags_and_new_modules_count_and_what_debian_left_out_stays_out() {
    let mut world = World::new();
    world.flag = "-DX";
    world.commit.insert("meson.build", "project('x')\n");
    assert_eq!(world.compiled(), ["s.a", "s.b", "s.c"]);
    let mut world = World::new();
    world.new_module = true;
    world.commit.insert("src/s/new.pyx", "x = 1\n");
    world.commit.insert("src/s/new.py", "x = 1\n");
    let (rebuild, _) = world.decide(false);
    assert_eq!(rebuild.modules.iter().map(|module| module.name.as_str()).collect::<Vec<_>>(), ["s.new"]);
    assert_eq!(rebuild.files.keys().collect::<Vec<_>>(), ["s/new.py", "s/new.pyx"]);
    let (all, _) = World::new().decide(true);
    assert_eq!(all.modules.len(), 3, "not the one that Debian leaves out");
}

#[test]
fn what_is_gone_is_taken_away() {
    let mut world = World::new();
    world.commit.remove("src/s/old.py");
    world.commit.remove("src/s/c.pyx");
    let (rebuild, _) = world.decide(false);
    let gone: Vec<&String> =
        rebuild.files.iter().filter(|(_, change)| **change == Change::Removed).map(|(path, _)| path).collect();
    assert_eq!(gone, ["s/c.cpython-314.so", "s/c.pyx", "s/old.py"]);
    assert!(rebuild.modules.is_empty());
}

#[test]
fn a_module_that_a_library_too_old_or_new_keeps_out_is_an_error_with_both_versions() {
    let says = "Dependency eclib found: NO. Found 20260707 but need: '<=20250627'";
    let mut world = World::new();
    world.commit.insert("meson.build", "project()\n# of the commit\n");
    world.log = says;
    let rebuild = world.decide(false).0;
    assert_eq!(rebuild.missing, [says], "it is told where it keeps nothing out");
    world.left_out = &["b", "only_upstream"];
    let error = world.try_to(false).unwrap_err();
    let modules = vec!["s.b".to_owned()];
    assert_eq!(
        error,
        RebuildError::LeftOut { modules, missing: vec![says.to_owned()] },
        "no package has the other one"
    );
    // What was not found for the release, either, is no reason.
    world.log = "Library z found: NO\n";
    let rebuild = world.decide(false).0;
    assert_eq!((rebuild.missing.len(), rebuild.files["s/b.cpython-314.so"]), (0, Change::Removed));
    // Nor is anything wrong where the source is gone.
    world.log = says;
    world.commit.remove("src/s/b.pyx");
    assert_eq!(world.decide(false).0.files["s/b.cpython-314.so"], Change::Removed);
}

#[test]
fn what_it_changes_is_all_that_is_installed_anew_or_no_longer() {
    let mut world = World::new();
    world.commit.remove("src/s/old.py");
    world.commit.insert("src/s/c.pyx", "x = 2\n");
    world.commit.insert("src/s/new.py", "new\n");
    world.commit.insert("src/s/plain.py", "other\n");
    let (rebuild, _) = world.decide(false);
    let mut all: Vec<&String> = rebuild.installed().collect();
    all.sort();
    assert_eq!(all, ["s/c.cpython-314.so", "s/c.pyx", "s/new.py", "s/old.py", "s/plain.py"]);
}

#[test]
fn debians_changes_stand_beside_the_commits() {
    let mut world = World::new();
    world.debian.insert("src/s/plain.py", "1\n\ntwo\n\nthree\n");
    world.commit.insert("src/s/plain.py", "one\n\ntwo\n\n3\n");
    let (rebuild, _) = world.decide(false);
    let merged = BlobId::of(b"1\n\ntwo\n\n3\n");
    assert_eq!(rebuild.files["s/plain.py"], Change::File { id: merged, executable: false });
}

#[test]
fn a_module_has_all_that_its_commands_read() {
    let mut world = World::new();
    world.commit.insert("src/s/b.pyx", "from s.a cimport f\ncdef extern from \"b.h\": pass\nx = 1\n");
    let (rebuild, _) = world.decide(false);
    let module = &rebuild.modules[0];
    assert_eq!(module.files.keys().collect::<Vec<_>>(), ["src/s/a.pxd", "src/s/b.h", "src/s/b.pyx", "src/s/deep.h"]);
    assert_eq!(module.empty.iter().collect::<Vec<_>>(), ["src/s/__init__.py"]);
    let reads = &module.reads["b/src/s/b.cpython-314.so.p/b.c.dep"];
    assert_eq!(reads.iter().collect::<Vec<_>>(), ["src/s/a.pxd", "src/s/b.pyx"]);
    assert_eq!(module.installed, "s/b.cpython-314.so");
    assert!(module.commands.last().unwrap().line.starts_with("strip "));
}

#[test]
fn a_module_is_as_large_as_its_own_sources() {
    let mut world = World::new();
    world.commit.insert("src/s/a.pxd", "cdef long f()\n");
    let (rebuild, _) = world.decide(false);
    let sizes: Vec<_> = rebuild.modules.iter().map(|module| (module.name.as_str(), module.bytes)).collect();
    assert_eq!(sizes, [("s.a", "cdef int f(): return 1\n".len()), ("s.b", world.commit["src/s/b.pyx"].len())]);
}
