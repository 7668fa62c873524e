//! The layer step against packages of `dpkg-deb`, and against what dpkg itself leaves.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::*;
use sage_oci_effects::{Effect, Mode};
use sage_oci_layer::{ContentEntry, ContentKind, Contents};
use sage_oci_step::{GenerateKind, GenerateStep, LayerStep, Step};
use sage_oci_steps::{StepError, run};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LIBX: Package = Package {
    name: "libx1",
    control: "Multi-Arch: same\nSource: x (1.0)\nSection: libs\nPriority: optional\nInstalled-Size: 10\nHomepage: http://x.example\nDepends: tool\nEssential: no\nTag: role::shared-lib\n",
    files: &[
        ("usr/lib/x/libx.so.1", 0o644, "no elf"),
        ("usr/share/shared/", 0o700, ""),
        ("usr/share/doc/libx1/copyright", 0o644, "free"),
        ("usr/share/doc/libx1/big", 0o644, "big"),
        ("etc/x.conf", 0o644, "x=1\n"),
        ("usr/share/x/a", 0o644, "a"),
        ("usr/share/x/b", 0o644, "=> usr/share/x/a"),
    ],
    extra: &[
        ("conffiles", "/etc/x.conf\nremove-on-upgrade /etc/old.conf\n"),
        ("triggers", "interest-noawait /usr/share/shared\nactivate-noawait ldconfig\n"),
        ("shlibs", "libx 1 libx1\n"),
    ],
};

const TOOL: Package = Package {
    name: "tool",
    control: "Section: utils\nPriority: optional\nProvides: hammer (= 2)\n",
    files: &[
        ("bin/tool", 0o4755, "#!/bin/sh\n"),
        ("usr/bin/tool2", 0o755, "=> bin/tool"),
        ("usr/bin/tl", 0o777, "-> tool"),
        ("usr/share/shared/", 0o755, ""),
        ("usr/share/shared/t", 0o640, "t"),
        ("var/lib/tool/", 0o2775, ""),
    ],
    extra: &[("md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/share/shared/t\n")],
};

const SCRIPTED: Package = Package {
    name: "scripted",
    control: "",
    files: &[("usr/share/scripted/x", 0o644, "x")],
    extra: &[("postinst", "#!/bin/sh\nexit 0\n"), ("templates", "Template: a/b\nType: note\nDescription: c\n")],
};

fn build(step: &LayerStep, folder: &Path, threads: usize) -> Result<Contents, StepError> {
    let outputs = outputs(folder);
    run(Step::Layer(step.clone()), &outputs, &scratch(folder), threads)?;
    Ok(contents(&outputs))
}

fn find<'a>(contents: &'a Contents, path: &str) -> Option<&'a ContentEntry> {
    contents.entries.iter().find(|entry| entry.path == path)
}

#[test]
fn entries_are_those_of_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let archive = TOOL.build(dir.path());
    let contents = build(&step(vec![TOOL.in_step(archive.clone())]), dir.path(), 2).unwrap();
    let listing = tool("dpkg-deb", |command| {
        command.arg("-c").arg(&archive);
    });
    let mut count = 0;
    for line in String::from_utf8(listing.stdout).unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let path = words[5].trim_start_matches("./").trim_end_matches('/');
        if path.is_empty() || path == "bin" {
            continue;
        }
        let path = if path.starts_with("bin/") { format!("usr/{path}") } else { path.to_owned() };
        let entry = find(&contents, &path).unwrap_or_else(|| panic!("{path} is missing"));
        let letter = match entry.kind {
            ContentKind::Dir => 'd',
            ContentKind::Symlink => 'l',
            ContentKind::Hardlink => 'h',
            _ => '-',
        };
        let bits = |shift: u32| entry.mode >> shift & 7;
        let triple = |bits: u32| {
            format!(
                "{}{}{}",
                if bits & 4 > 0 { 'r' } else { '-' },
                if bits & 2 > 0 { 'w' } else { '-' },
                if bits & 1 > 0 { 'x' } else { '-' }
            )
        };
        let mut shown = format!("{letter}{}{}{}", triple(bits(6)), triple(bits(3)), triple(bits(0)));
        if entry.mode & 0o4000 > 0 {
            shown.replace_range(3..4, "s");
        }
        if entry.mode & 0o2000 > 0 {
            shown.replace_range(6..7, "s");
        }
        assert_eq!(shown, words[0], "{path}");
        count += 1;
    }
    assert!(count >= 8, "{count}");
    let link = find(&contents, "usr/bin/tool2").unwrap();
    assert_eq!(link.target.as_deref(), Some("usr/bin/tool"), "the target is rewritten as its file");
}

/// Installs packages with the real dpkg into an empty root.
fn dpkg(root: &Path, action: &str, archives: &[&String]) {
    for name in ["info", "updates", "triggers"] {
        sage_oci_files::create_dir_all(root.join("var/lib/dpkg").join(name)).unwrap();
    }
    for name in ["status", "available"] {
        let path = root.join("var/lib/dpkg").join(name);
        if !path.exists() {
            sage_oci_files::write_atomic(path, b"").unwrap();
        }
    }
    tool("dpkg", |command| {
        command.args(["--force-not-root", "--force-depends", "--path-exclude=/usr/share/doc/*"]);
        command.args(["--path-include=/usr/share/doc/*/copyright", &format!("--root={}", root.display()), action]);
        command.args(archives).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    });
}

#[test]
fn dpkg_leaves_the_same_files_and_database() {
    let dir = tempfile::tempdir().unwrap();
    let archives = [LIBX.build(dir.path()), TOOL.build(dir.path()), SCRIPTED.build(dir.path())];
    let root = dir.path().join("root");
    dpkg(&root, "--install", &[&archives[0], &archives[1]]);
    // Without a shell in the root a postinst cannot run; unpacking is what the info files need.
    dpkg(&root, "--unpack", &[&archives[2]]);

    let [libx, tools, scripted] = archives;
    let mut step = step(vec![LIBX.in_step(libx), SCRIPTED.in_step(scripted), TOOL.in_step(tools)]);
    step.exclude = vec!["/usr/share/doc/*".to_owned()];
    step.include = vec!["/usr/share/doc/*/copyright".to_owned()];
    let contents = build(&step, dir.path(), 2).unwrap();
    let made = files(&dir.path().join("out"));

    let mut compared = 0;
    for path in sage_oci_files::list(root.join("var/lib/dpkg/info")).unwrap() {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "format" {
            continue;
        }
        let ours = made.get(&format!("var/lib/dpkg/info/{name}")).unwrap_or_else(|| panic!("no {name}"));
        let real = sage_oci_files::read(&path).unwrap();
        assert_eq!(String::from_utf8_lossy(ours), String::from_utf8_lossy(&real), "{name}");
        let mode = std::os::unix::fs::PermissionsExt::mode(&sage_oci_files::metadata(&path).unwrap().permissions());
        let entry = find(&contents, &format!("var/lib/dpkg/info/{name}")).unwrap();
        assert_eq!(entry.mode, mode & 0o7777, "{name}");
        compared += 1;
    }
    let ours = contents.entries.iter().filter(|entry| entry.path.as_str().starts_with("var/lib/dpkg/info/")).count();
    assert_eq!((compared, ours), (11, 11));

    // The rest of the tree: same paths, and of the directory that both packages ship the first one's mode.
    let shared = find(&contents, "usr/share/shared").unwrap();
    assert_eq!(shared.mode, 0o700);
    let real = sage_oci_files::metadata(root.join("usr/share/shared")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&real.permissions()) & 0o7777, 0o700);
    for entry in &contents.entries {
        if entry.path.as_str().starts_with("var/lib/dpkg") {
            continue;
        }
        // This root is not merged.
        let path = if root.join(&entry.path).symlink_metadata().is_ok() {
            entry.path.to_string()
        } else {
            entry.path.as_str().replacen("usr/", "", 1)
        };
        assert!(root.join(&path).symlink_metadata().is_ok(), "dpkg has no {path}");
    }
    assert!(find(&contents, "usr/share/doc/libx1/big").is_none());

    compare_database(&step, dir.path(), &root);
}

/// The generated status file, triggers and format against dpkg's.
fn compare_database(layer: &LayerStep, folder: &Path, root: &Path) {
    let inner = folder.join("dpkg");
    sage_oci_files::create_dir_all(&inner).unwrap();
    let outputs = outputs(&inner);
    let generate = GenerateStep {
        name: layer.name.clone(),
        sealing: sealing(),
        architecture: sage_oci_names::Architecture::Amd64,
        generate: GenerateKind::Dpkg { automatic: Vec::new(), omitted: BTreeMap::new(), sources: String::new() },
        contents: vec![folder.join("contents").to_str().unwrap().to_owned()],
        above: None,
        archives: BTreeMap::new(),
        effects: Vec::new(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
        exclude: Vec::new(),
        include: Vec::new(),
    };
    run(Step::Generate(generate), &outputs, &scratch(&inner), 1).unwrap();
    let made = files(&outputs.out);
    let text = |path: &str| String::from_utf8(made[path].clone()).unwrap();
    let real = |path: &str| sage_oci_files::read_to_string(root.join(path)).unwrap();
    // The scripted package was only unpacked there.
    let installed = |text: String| text.replace("install ok unpacked", "install ok installed");
    assert_eq!(text("var/lib/dpkg/status"), installed(real("var/lib/dpkg/status")));
    for path in ["var/lib/dpkg/triggers/File", "var/lib/dpkg/info/format"] {
        assert_eq!(text(path), real(path), "{path}");
    }
}

#[test]
fn rules_move_change_and_leave_out() {
    let dir = tempfile::tempdir().unwrap();
    let (libx, tools) = (LIBX.build(dir.path()), TOOL.build(dir.path()));
    let mut step = step(vec![LIBX.in_step(libx), TOOL.in_step(tools)]);
    step.base = true;
    let by = step.packages[1].name.clone();
    step.packages[0].replaced.insert("/etc/x.conf".to_owned(), by);
    step.groups.insert("keeper".to_owned(), 77);
    step.effects = vec![
        effect(
            "other",
            Effect::Diversion { from: "/bin/tool".into(), to: "/usr/bin/tool.distrib".into(), local: false },
        ),
        effect(
            "tool",
            Effect::Metadata {
                path: "/var/lib/tool".into(),
                mode: Mode::new(0o3770),
                owner: "root".into(),
                group: "keeper".into(),
            },
        ),
    ];
    let contents = build(&step, dir.path(), 2).unwrap();
    assert_eq!(find(&contents, "bin").unwrap().target.as_deref(), Some("usr/bin"));
    assert_eq!(contents.entries.iter().filter(|entry| entry.path == "bin").count(), 1);
    assert!(find(&contents, "usr/bin/tool").is_none());
    assert_eq!(find(&contents, "usr/bin/tool.distrib").unwrap().mode, 0o4755);
    assert_eq!(find(&contents, "usr/bin/tool2").unwrap().target.as_deref(), Some("usr/bin/tool.distrib"));
    let directory = find(&contents, "var/lib/tool").unwrap();
    assert_eq!((directory.mode, directory.gid), (0o3770, 77));
    assert!(find(&contents, "etc/x.conf").is_none());

    // A local diversion moves the files of every package; one by the package itself moves none of its own.
    for (local, diverted) in [(true, true), (false, false)] {
        let mut step = step.clone();
        let to = "/usr/bin/tool.distrib".into();
        step.effects[0] = effect("tool", Effect::Diversion { from: "/usr/bin/tool".into(), to, local });
        let contents = build(&step, &dir.path().join(format!("local-{local}")), 2).unwrap();
        assert_eq!(find(&contents, "usr/bin/tool.distrib").is_some(), diverted);
        assert_eq!(find(&contents, "usr/bin/tool").is_none(), diverted);
    }

    let mut wrong = step.clone();
    wrong.effects.push(effect(
        "tool",
        Effect::Metadata {
            path: "/no/such".into(),
            mode: Mode::new(0o755),
            owner: "root".into(),
            group: "root".into(),
        },
    ));
    let error = build(&wrong, &dir.path().join("w"), 2).unwrap_err().to_string();
    assert!(error.contains("/no/such"), "{error}");
}

#[test]
fn a_root_has_lib64_where_the_folder_is() {
    const LOADER: Package =
        Package { name: "loader", control: "", files: &[("lib64/ld.so", 0o755, "no elf")], extra: &[] };
    let dir = tempfile::tempdir().unwrap();
    let (loader, tools) = (LOADER.build(dir.path()), TOOL.build(dir.path()));
    let links = |package, base, name: &str| {
        let step = LayerStep { base, ..step(vec![package]) };
        let contents = build(&step, &dir.path().join(name), 1).unwrap();
        let links = contents.entries.iter().filter(|entry| entry.path.depth() == 1 && entry.target.is_some());
        links.map(|entry| entry.path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(links(LOADER.in_step(loader.clone()), true, "with"), ["bin", "lib", "sbin", "lib64"]);
    // As on arm64, whose loader is in /lib.
    assert_eq!(links(TOOL.in_step(tools), true, "without"), ["bin", "lib", "sbin"]);
    assert_eq!(links(LOADER.in_step(loader), false, "not-the-lowest"), Vec::<String>::new());
}

#[test]
fn two_packages_may_ship_one_path_only_alike() {
    const SAME: Package =
        Package { name: "same", control: "", files: &[("usr/share/shared/t", 0o640, "t")], extra: &[] };
    const OTHER: Package =
        Package { name: "other", control: "", files: &[("usr/share/shared/t", 0o640, "u")], extra: &[] };
    let dir = tempfile::tempdir().unwrap();
    let tools = TOOL.build(dir.path());
    let alike = step(vec![SAME.in_step(SAME.build(dir.path())), TOOL.in_step(tools.clone())]);
    build(&alike, dir.path(), 2).unwrap();
    let quarrel = step(vec![OTHER.in_step(OTHER.build(dir.path())), TOOL.in_step(tools)]);
    let folder = dir.path().join("quarrel");
    let error = build(&quarrel, &folder, 2).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("package other") && text.contains("package tool") && text.contains("usr/share/shared/t"),
        "{text}"
    );
    assert!(!folder.join("out").exists() && !folder.join("contents").exists(), "something was left");
}

#[test]
fn a_script_that_nobody_judged_stops_the_build() {
    let dir = tempfile::tempdir().unwrap();
    let mut step = step(vec![SCRIPTED.in_step(SCRIPTED.build(dir.path()))]);
    step.packages[0].scripts.clear();
    let error = build(&step, dir.path(), 1).unwrap_err();
    assert!(matches!(&error, StepError::Script { script, .. } if script == "postinst"), "{error}");
    assert!(!dir.path().join("out").exists());
}

/// An archive whose data member is this tar.
fn archive_of(tar: &[u8], folder: &Path) -> String {
    let control = folder.join("control");
    sage_oci_files::write_atomic(&control, b"Package: hostile\nVersion: 1\nArchitecture: all\n").unwrap();
    let control = tool("tar", |command| {
        command.arg("-C").arg(folder).args(["-cf", "-", "./control"]);
    });
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", &b"2.0\n"[..]), ("control.tar", &control.stdout), ("data.tar", tar)] {
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len()).into_bytes());
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    let path = folder.join("hostile.deb");
    sage_oci_files::write_atomic(&path, &bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn hostile_archives_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("a/b");
    sage_oci_files::create_dir_all(&inner).unwrap();
    sage_oci_files::write_atomic(dir.path().join("a/evil"), b"evil").unwrap();
    sage_oci_files::symlink("usr", inner.join("link")).unwrap();
    let tar = |args: &[&str]| {
        tool("tar", |command| {
            command.arg("-C").arg(&inner).args(["-cP", "-f", "-"]).args(args);
        })
        .stdout
    };
    let outside = tar(&["../evil"]);
    let absolute = tar(&["--transform=s,^,/etc/,", "../evil"]);
    let through = tar(&["link", "--transform=s,../evil,link/evil,", "../evil"]);
    let mut cut = tar(&["link"]);
    cut.truncate(700);
    for (what, tar) in [("outside", outside), ("absolute", absolute), ("through a link", through), ("cut", cut)] {
        let archive = archive_of(&tar, dir.path());
        let package = Package { name: "hostile", control: "", files: &[], extra: &[] };
        let folder = dir.path().join("hostile");
        sage_oci_files::create_dir_all(&folder).unwrap();
        let error = build(&step(vec![package.in_step(archive)]), &folder, 2).expect_err(what);
        assert!(!error.to_string().is_empty());
        assert!(!folder.join("out").exists() && !folder.join("contents").exists(), "{what}: something was left");
    }
}

#[test]
fn what_is_left_out_by_name_is_not_there_and_dpkg_says_the_same_of_the_package() {
    const ODD: Package = Package {
        name: "odd",
        control: "",
        files: &[
            ("bin/one", 0o755, "one"),
            ("usr/lib/odd/[a-z]*.py", 0o644, "odd"),
            ("usr/lib/odd/b.py", 0o644, "b"),
            ("usr/lib/odd/only/c\\d.py", 0o644, "c"),
            ("usr/lib/odd/link", 0o777, "-> b.py"),
            ("usr/lib/odd/z", 0o644, "z"),
            ("usr/lib/odd/zz", 0o644, "=> usr/lib/odd/z"),
        ],
        extra: &[],
    };
    // One with a list of digests, and one whose list is made.
    const LISTED: Package = Package { extra: &[("md5sums", "d41d8cd98f00b204e9800998ecf8427e  bin/one\n")], ..ODD };
    for (number, package) in [ODD, LISTED].into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let all = step(vec![package.in_step(package.build(dir.path()))]);
        let left_out =
            ["usr/bin/one", "usr/lib/odd/[a-z]*.py", "usr/lib/odd/only/c\\d.py", "usr/lib/odd/link", "usr/lib/odd/zz"];
        let mut without = all.clone();
        without.left_out = left_out.iter().map(|path| format!("/{path}")).collect();
        // Whatever globs say.
        without.include = vec!["/usr/lib/odd/*".to_owned()];
        let built = |step: &LayerStep, folder: &str, threads| {
            let folder = dir.path().join(folder);
            sage_oci_files::create_dir_all(&folder).unwrap();
            let contents = build(step, &folder, threads).unwrap();
            (contents, files(&outputs(&folder).out))
        };
        let (packaged, bytes) = built(&all, "all", 1);
        let (replaced, fewer) = built(&without, "without", 3);
        let mut expected = packaged.entries.clone();
        // The package has `bin`; `usr/bin` is there for the sake of the file alone, and goes with it.
        expected.retain(|entry| !left_out.contains(&entry.path.as_str()) && entry.path.as_str() != "usr/bin");
        assert_eq!(expected.len(), packaged.entries.len() - left_out.len() - 1, "{number}");
        assert_eq!(replaced.entries, expected, "{number}: nothing else is left out, and there is no whiteout");
        assert_eq!((replaced.stanzas, replaced.libraries), (packaged.stanzas, packaged.libraries));
        let is_kept = |path: &str| !left_out.contains(&path) && path != "usr/bin";
        let kept: BTreeMap<_, _> = bytes.into_iter().filter(|(path, _)| is_kept(path)).collect();
        assert_eq!(fewer, kept);
        let list = String::from_utf8(fewer["var/lib/dpkg/info/odd.list"].clone()).unwrap();
        assert!(list.contains("/usr/lib/odd/[a-z]*.py\n"), "{list}");
        let sums = String::from_utf8(fewer["var/lib/dpkg/info/odd.md5sums"].clone()).unwrap();
        assert!(number == 1 || sums.contains("  usr/lib/odd/[a-z]*.py\n"), "{sums}");
    }
}

#[test]
fn what_is_left_out_must_be_the_package_s() {
    let dir = tempfile::tempdir().unwrap();
    let archive = LIBX.build(dir.path());
    for (path, expected) in [
        ("/usr/share/x/none", "`/usr/share/x/none` is not in"),
        ("/usr/share/x/*", "`/usr/share/x/*` is not in"),
        ("/usr/share/x", "`/usr/share/x` is not in"),
        ("/usr/share/x/a", "hard link"),
        ("usr/../x", "usr/../x"),
    ] {
        let left_out = BTreeSet::from([path.to_owned()]);
        let step = LayerStep { left_out, ..step(vec![LIBX.in_step(archive.clone())]) };
        let folder = tempfile::tempdir().unwrap();
        let error = build(&step, folder.path(), 1).unwrap_err().to_string();
        assert!(error.contains(expected), "{path}: {error}");
    }
}
