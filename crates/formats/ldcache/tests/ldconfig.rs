//! Our cache and links against those of the real `ldconfig`, on libraries made by the real `gcc`.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

use sage_oci_ldcache::{ElfFacts, Node, Release, Root, Scan, search_path};
use sage_oci_names::{Architecture, DebVersion};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a tool that the test needs and gives back what it printed.
fn run(tool: &str, arguments: &[&str]) -> String {
    // On Debian `ldconfig` lies outside an ordinary user's path.
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(tool)
        .args(arguments)
        .env("PATH", path)
        .output()
        .unwrap_or_else(|error| panic!("this test needs `{tool}`: {error}"));
    assert!(output.status.success(), "{tool} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The installed `ldconfig`'s release, from a line such as `ldconfig (Debian GLIBC 2.36-9) 2.36`.
fn release() -> Release {
    let version = run("ldconfig", &["--version"]);
    let package = version.split("Debian GLIBC ").nth(1).and_then(|rest| rest.split(')').next());
    let package = package.unwrap_or_else(|| panic!("this test needs Debian's `ldconfig`, not {version}"));
    Release::debian(DebVersion::parse(package).unwrap())
}

fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// A tree on disk that knows how to make libraries in itself.
struct Tree {
    root: tempfile::TempDir,
}

impl Tree {
    fn new() -> Self {
        let tree = Self { root: tempfile::tempdir().unwrap() };
        for directory in
            ["etc/ld.so.conf.d", "usr/lib/x86_64-linux-gnu", "usr/local/lib", "opt/a", "var/cache/ldconfig"]
        {
            fs::create_dir_all(tree.path(directory)).unwrap();
        }
        symlink("usr/lib", tree.path("lib")).unwrap();
        tree.text("f.c", "int f(void) { return 1; }\n");
        tree.text("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
        tree
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn text(&self, path: &str, text: &str) {
        File::create(self.path(path)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn library(&self, path: &str, soname: Option<&str>, flags: &[&str]) {
        let to = self.path(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let soname = soname.map(|name| format!("-Wl,-soname,{name}"));
        let (to, from) = (to.display().to_string(), self.path("f.c").display().to_string());
        let mut arguments = vec!["-shared", "-fPIC", "-nostdlib", "-o", &to, &from];
        arguments.extend(soname.as_deref());
        arguments.extend(flags);
        run("gcc", &arguments);
    }

    fn link(&self, path: &str, target: &str) {
        symlink(target, self.path(path)).unwrap();
    }

    /// The tree as this crate sees it.
    fn root(&self) -> Root {
        let mut root = Root::new();
        read_tree(self.root.path(), "", &mut root);
        root
    }

    fn scan(&self) -> Scan {
        let mut files = BTreeMap::new();
        for name in ["/etc/ld.so.conf", "/etc/ld.so.conf.d/a.conf", "/etc/ld.so.conf.d/b.conf"] {
            let path = self.path(&name[1..]);
            if path.exists() {
                files.insert(name.to_owned(), String::from_utf8(bytes(&path)).unwrap());
            }
        }
        let paths = search_path(&files, Architecture::Amd64).unwrap();
        Scan::new(&self.root(), &paths, Architecture::Amd64, release()).unwrap()
    }

    /// Runs the real thing, with `-X` to leave links alone, and gives back its cache.
    fn ldconfig(&self, extra: &[&str]) -> Vec<u8> {
        let root = self.root.path().display().to_string();
        let mut arguments = vec!["-i", "-r", &root];
        arguments.extend(extra);
        run("ldconfig", &arguments);
        bytes(&self.path("etc/ld.so.cache"))
    }
}

#[expect(clippy::disallowed_methods, reason = "the tree that is filled sorts the names")]
fn read_tree(directory: &Path, prefix: &str, root: &mut Root) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        let kind = entry.file_type().unwrap();
        let node = if kind.is_symlink() {
            Node::Symlink(fs::read_link(entry.path()).unwrap().into_os_string().into_string().unwrap())
        } else if kind.is_dir() {
            Node::Directory
        } else {
            Node::File(ElfFacts::read(File::open(entry.path()).unwrap()).unwrap())
        };
        root.insert(path.parse().unwrap(), node);
        if kind.is_dir() {
            read_tree(&entry.path(), &format!("{path}/"), root);
        }
    }
}

/// Every rule at once: versions, links of all kinds, a script, better processors, directories named twice.
fn everything() -> Tree {
    let tree = Tree::new();
    tree.text("etc/ld.so.conf.d/a.conf", "# comment\n/opt/a/ # more\n/usr/local/lib\n/nowhere\n");
    tree.text("etc/ld.so.conf.d/b.conf", "/usr/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu\n");
    let arch = "usr/lib/x86_64-linux-gnu";
    // Two versions of one soname, with all links; two without any.
    tree.library(&format!("{arch}/libone.so.1.9"), Some("libone.so.1"), &[]);
    tree.library(&format!("{arch}/libone.so.1.10"), Some("libone.so.1"), &[]);
    tree.link(&format!("{arch}/libone.so.1"), "libone.so.1.10");
    tree.link(&format!("{arch}/libone.so"), "libone.so.1");
    tree.library(&format!("{arch}/libtwo.so.2.9"), Some("libtwo.so.2"), &[]);
    tree.library(&format!("{arch}/libtwo.so.2.10"), Some("libtwo.so.2"), &[]);
    // A link that leads to the older one, one that leads nowhere, and one under a name of its own.
    tree.library(&format!("{arch}/libthree.so.3.1"), Some("libthree.so.3"), &[]);
    tree.library(&format!("{arch}/libthree.so.3.2"), Some("libthree.so.3"), &[]);
    tree.link(&format!("{arch}/libthree.so.3"), "libthree.so.3.1");
    tree.link(&format!("{arch}/libgone.so.1"), "libgone.so.1.0");
    tree.library("opt/impl/engine.bin", Some("libengine.so.5"), &[]);
    tree.link(&format!("{arch}/libengine.so.5"), "/opt/impl/engine.bin");
    tree.link(&format!("{arch}/libother.so.5"), "/opt/impl/engine.bin");
    // Without a soname, without a version, with a name that nobody looks at, a script, rubbish, an executable.
    tree.library(&format!("{arch}/libplain.so"), None, &[]);
    tree.library(&format!("{arch}/plugin.so"), Some("plugin.so"), &[]);
    tree.text(&format!("{arch}/libscript.so"), "/* GNU ld script */\nGROUP ( libone.so.1 )\n");
    tree.text(&format!("{arch}/libempty.so"), "");
    tree.library(&format!("{arch}/ld-linux-x86-64.so.2"), Some("ld-linux-x86-64.so.2"), &[]);
    // The same soname in several directories, one of them named twice.
    tree.library("opt/a/libone.so.1", Some("libone.so.1"), &[]);
    tree.library("usr/local/lib/libone.so.1.11", Some("libone.so.1"), &[]);
    tree.library("usr/lib/liblast.so.1.2.3", Some("liblast.so.1"), &[]);
    // Better processors.
    for (level, name) in
        [("x86-64-v2", "libone.so.1.10"), ("x86-64-v3", "libone.so.1.10"), ("x86-64-v4", "libfour.so.4")]
    {
        let needs = format!("-Wl,-z,{level}");
        tree.library(&format!("{arch}/glibc-hwcaps/{level}/{name}"), Some(&name[..11]), &[&needs]);
    }
    fs::create_dir_all(tree.path("usr/lib/glibc-hwcaps/x86-64-v1-unused")).unwrap();
    tree
}

#[test]
fn the_cache_is_the_same_to_the_byte() {
    let tree = everything();
    let ours = tree.scan().cache().unwrap();
    let theirs = tree.ldconfig(&["-X"]);
    assert!(ours.len() > 1000);
    assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
    assert_eq!(ours, theirs);
}

#[test]
fn the_links_are_the_same() {
    let tree = everything();
    let before = tree.scan();
    let links: Vec<_> = before.missing_links().iter().map(|link| (link.path.as_str(), link.target.as_str())).collect();
    let arch = "usr/lib/x86_64-linux-gnu";
    let expected = [
        ("usr/lib/liblast.so.1".to_owned(), "liblast.so.1.2.3"),
        (format!("{arch}/libthree.so.3"), "libthree.so.3.2"),
        (format!("{arch}/libtwo.so.2"), "libtwo.so.2.10"),
        ("usr/local/lib/libone.so.1".to_owned(), "libone.so.1.11"),
    ];
    assert_eq!(links, expected.iter().map(|(path, target)| (path.as_str(), *target)).collect::<Vec<_>>());
    assert_eq!(before.stale_links(), [format!("{arch}/libgone.so.1").as_str()]);
    assert_eq!(tree.ldconfig(&[]), before.cache().unwrap());
    let after = tree.scan();
    assert!(after.missing_links().is_empty() && after.stale_links().is_empty());
    for (path, target) in &expected {
        assert_eq!(fs::read_link(tree.path(path)).unwrap(), Path::new(target));
    }
    assert!(!tree.path(&format!("{arch}/libgone.so.1")).is_symlink());
}

#[test]
fn an_empty_tree() {
    let tree = Tree::new();
    assert_eq!(tree.scan().cache().unwrap(), tree.ldconfig(&["-X"]));
}

#[test]
fn facts_of_a_library() {
    let tree = Tree::new();
    tree.library("libx.so.1", Some("libx.so.1"), &["-Wl,-z,x86-64-v3"]);
    let facts = ElfFacts::read(File::open(tree.path("libx.so.1")).unwrap()).unwrap().unwrap();
    assert_eq!((facts.bits, facts.little_endian, facts.machine), (64, true, 62));
    assert_eq!((facts.soname.as_deref(), facts.isa_needed), (Some("libx.so.1"), 4));
    // Cut anywhere, it must neither panic nor be taken for the whole.
    let whole = bytes(&tree.path("libx.so.1"));
    for end in (0..whole.len()).step_by(97) {
        let part = ElfFacts::read(std::io::Cursor::new(&whole[..end])).unwrap();
        assert!(part.is_none() || part.as_ref() == Some(&facts), "cut at {end}: {part:?}");
    }
}
