//! What dpkg-deb builds is read as dpkg-deb itself reads it.

mod common;

use common::rest;
use sage_oci_deb::{Compression, Deb};
use sage_oci_tree::{Entry, EntryKind};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// Runs a program in UTC and the C locale; its standard output.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("this test needs `{program}`: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[expect(clippy::disallowed_methods, reason = "a test's own files in a temporary folder")]
fn write(folder: &Path, path: &str, mode: u32, content: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a test's own files in a temporary folder")]
fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// The folder that dpkg-deb makes a package of: long names, every kind of entry, spaces and non-ASCII text.
fn tree(folder: &Path) {
    let control = "Package: tiny\nVersion: 1.0-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: tiny\n long\n .\n text\n";
    write(folder, "DEBIAN/control", 0o644, control.as_bytes());
    write(folder, "DEBIAN/postinst", 0o755, b"#!/bin/sh\nexit 0\n");
    write(folder, "DEBIAN/conffiles", 0o644, b"/etc/tiny.conf\n");
    write(folder, "etc/tiny.conf", 0o640, b"a=1\n");
    write(folder, "usr/bin/tiny", 0o4755, &vec![b'x'; 70_000]);
    write(folder, "usr/share/doc/tiny/with space \u{e9}", 0o644, b"");
    write(folder, &format!("usr/lib/{}/{}/end", "long".repeat(30), "name".repeat(40)), 0o644, b"deep");
    symlink("/etc/tiny.conf", folder.join("usr/bin/absolute")).unwrap();
    symlink("t".repeat(150), folder.join("usr/bin/long-target")).unwrap();
    std::fs::hard_link(folder.join("usr/bin/tiny"), folder.join("usr/bin/tiny-again")).unwrap();
}

/// An entry as `dpkg-deb -c` shows it.
fn line(entry: &Entry) -> String {
    let (letter, size, suffix) = match &entry.kind {
        EntryKind::File { size } => ('-', *size, String::new()),
        EntryKind::Directory => ('d', 0, String::new()),
        EntryKind::Symlink { target } => ('l', 0, format!(" -> {target}")),
        EntryKind::HardLink { target } => ('h', 0, format!(" link to ./{target}")),
        EntryKind::Whiteout | EntryKind::Opaque => panic!("a package removes nothing: {entry:?}"),
    };
    let bit = |shift: u32, letter: char| if entry.mode >> shift & 1 == 1 { letter } else { '-' };
    let mut bits: Vec<char> = (0..9).map(|at| bit(8 - at, "rwxrwxrwx".chars().nth(at as usize).unwrap())).collect();
    for (shift, at, letter) in [(11, 2, 's'), (10, 5, 's'), (9, 8, 't')] {
        if entry.mode >> shift & 1 == 1 {
            bits[at] = if bits[at] == 'x' { letter } else { letter.to_ascii_uppercase() };
        }
    }
    let bits: String = bits.into_iter().collect();
    let stamp = jiff::Timestamp::from_second(entry.mtime).unwrap();
    let slash = if entry.kind == EntryKind::Directory && !entry.path.is_root() { "/" } else { "" };
    let stamp = stamp.strftime("%Y-%m-%d %H:%M");
    format!("{letter}{bits} {}/{} {size} {stamp} ./{}{slash}{suffix}", entry.owner, entry.group, entry.path)
}

#[test]
fn listings_and_contents_agree() {
    let folder = tempfile::tempdir().unwrap();
    tree(&folder.path().join("tiny"));
    for compression in [Compression::Plain, Compression::Gz, Compression::Xz, Compression::Zst] {
        let flag = match compression {
            Compression::Plain => "-Znone",
            Compression::Gz => "-Zgzip",
            Compression::Xz => "-Zxz",
            Compression::Zst => "-Zzstd",
        };
        run("dpkg-deb", &["--root-owner-group", flag, "-b", "tiny", "tiny.deb"], folder.path());
        let deb_bytes = bytes(&folder.path().join("tiny.deb"));

        let deb = Deb::open(&deb_bytes[..]).unwrap();
        assert_eq!(deb.compression(), compression);
        let control = deb.control();
        assert_eq!(control.files.keys().collect::<Vec<_>>(), ["conffiles", "control", "postinst"]);
        assert_eq!(control.files["postinst"].mode, 0o755);
        let member = run("dpkg-deb", &["--ctrl-tarfile", "tiny.deb"], folder.path());
        for entry in tar::Archive::new(&member[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_str().unwrap().trim_start_matches("./").to_owned();
            if !name.is_empty() {
                let mut content = Vec::new();
                std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
                assert_eq!(control.get(&name), Some(&content[..]), "{name}");
            }
        }
        let field = run("dpkg-deb", &["-f", "tiny.deb"], folder.path());
        assert_eq!(control.stanza().unwrap().as_str().as_bytes(), field);

        let entries = rest(&mut deb.data(1 << 20).unwrap()).unwrap();
        let listing = String::from_utf8(run("dpkg-deb", &["-c", "tiny.deb"], folder.path())).unwrap();
        let squeeze = |line: &str| line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let theirs: Vec<_> = listing.lines().map(squeeze).collect();
        let ours: Vec<_> = entries.iter().map(|(entry, _)| squeeze(&line(entry))).collect();
        assert_eq!(ours, theirs);
        for (entry, content) in &entries {
            if let EntryKind::File { size } = entry.kind {
                assert_eq!(content.len() as u64, size);
                assert_eq!(*content, bytes(&folder.path().join("tiny").join(&entry.path)), "{}", entry.path);
            }
        }
    }
}

#[test]
fn pax_archives_of_gnu_tar() {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("{}/{}", "d".repeat(120), "n".repeat(200));
    write(folder.path(), &name, 0o644, b"pax");
    run(
        "tar",
        &[
            "--format=posix",
            "--mtime=@-1.5",
            "--owner=someone:70000",
            "--group=g\u{e9}:3000000",
            "-cf",
            "data.tar",
            &name[..120],
        ],
        folder.path(),
    );
    let deb = common::deb(&bytes(&folder.path().join("data.tar")));
    let entries = common::read(&deb, 1 << 20).unwrap();
    let (entry, content) = &entries[1];
    assert_eq!((entry.path.as_str(), &content[..]), (&name[..], &b"pax"[..]));
    assert_eq!(
        (entry.uid, entry.gid, entry.owner.as_str(), entry.group.as_str()),
        (70_000, 3_000_000, "someone", "g\u{e9}")
    );
    assert_eq!(entry.mtime, -2, "rounded towards the past");
}

#[test]
fn gnu_binary_numbers() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 0o644, b"");
    run("tar", &["--format=gnu", "--mtime=@-5", "--owner=x:4000000000", "-cf", "data.tar", "a"], folder.path());
    let deb = common::deb(&bytes(&folder.path().join("data.tar")));
    let (entry, _) = common::read(&deb, 1 << 20).unwrap().remove(0);
    assert_eq!((entry.uid, entry.mtime), (4_000_000_000, -5));
}

#[test]
fn extended_attributes_are_kept() {
    use common::{header, tar};
    let value = b"1\n\0\xff=x";
    let record = [&b" SCHILY.xattr.security.capability="[..], value, b"\n"].concat();
    let record = [format!("{}", record.len() + 2).as_bytes(), &record].concat();
    let deb = common::deb(&tar(&[
        (header(b"PaxHeaders/ping", tar::EntryType::XHeader, record.len() as u64), &record),
        (header(b"bin/ping", tar::EntryType::Regular, 2), b"hi"),
        (header(b"bin/other", tar::EntryType::Regular, 2), b"hi"),
    ]));
    let entries = common::read(&deb, 1 << 20).unwrap();
    assert_eq!(entries[0].0.xattrs["security.capability"], value);
    assert!(entries[1].0.xattrs.is_empty(), "a PAX header is for one entry");
}
