//! Layers as GNU tar, gzip and zstd see them.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::{entry, file, gzip, read, write, zstd};
use sage_oci_layer::CHUNK;
use sage_oci_names::Compression;
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// Gives bytes to a tool and takes what it prints.
fn through(tool: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(tool)
        .args(arguments)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs `{tool}`: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        let mut output = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
        assert!(child.wait().unwrap().success(), "{tool} {arguments:?} failed");
        output
    })
}

fn sample() -> Vec<(Entry, Vec<u8>)> {
    let mut owned = file("srv/été", b"abc");
    (owned.0.uid, owned.0.gid) = (3_000_000, 33);
    owned.0.xattrs.insert("user.note".to_owned(), b"=\n\0".to_vec());
    let links = [
        entry("usr/bin/ls", EntryKind::Symlink { target: "../../bin/ls".to_owned() }, 0o777),
        entry("usr/bin/again", EntryKind::HardLink { target: ImagePath::parse("usr/bin/sudo").unwrap() }, 0o4755),
        entry("var/gone", EntryKind::Whiteout, 0o644),
        entry("tmp", EntryKind::Directory, 0o1777),
    ];
    let mut sudo = file("usr/bin/sudo", b"12345");
    sudo.0.mode = 0o4755;
    let long = format!("opt/{}/{}", "d".repeat(120), "f".repeat(120));
    let mut entries = vec![sudo, owned, file(&long, b"")];
    entries.extend(links.map(|link| (link, vec![])));
    entries
}

#[test]
fn gnu_tar_lists_what_was_written() {
    let (tar, _) = write(&sample(), Compression::NONE, 1, 3).unwrap();
    let listed = through("tar", &["--list", "--verbose", "--full-time", "--numeric-owner", "--file=-"], &tar);
    let (deep, leaf) = ("d".repeat(120), "f".repeat(120));
    let expected = [
        "drwxr-xr-x 0/0 0 usr/".to_owned(),
        "drwxr-xr-x 0/0 0 usr/bin/".to_owned(),
        "-rwsr-xr-x 0/0 5 usr/bin/sudo".to_owned(),
        "drwxr-xr-x 0/0 0 srv/".to_owned(),
        "-rw-r--r-- 3000000/33 3 srv/été".to_owned(),
        "drwxr-xr-x 0/0 0 opt/".to_owned(),
        format!("drwxr-xr-x 0/0 0 opt/{deep}/"),
        format!("-rw-r--r-- 0/0 0 opt/{deep}/{leaf}"),
        "lrwxrwxrwx 0/0 0 usr/bin/ls -> ../../bin/ls".to_owned(),
        "hrwsr-xr-x 0/0 0 usr/bin/again link to usr/bin/sudo".to_owned(),
        "drwxr-xr-x 0/0 0 var/".to_owned(),
        "-rw-r--r-- 0/0 0 var/.wh.gone".to_owned(),
        "drwxrwxrwt 0/0 0 tmp/".to_owned(),
    ];
    let listed = String::from_utf8(listed).unwrap();
    let plain: Vec<String> = listed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").replace(" 2023-11-14 22:13:20", ""))
        .collect();
    assert_eq!(plain, expected);
    assert_eq!(listed.matches("2023-11-14 22:13:20").count(), expected.len());
}

#[test]
fn gzip_and_zstd_take_chunks_for_one_stream() {
    let entries = [file("big", &vec![b'z'; 2 * CHUNK + 1])];
    let (tar, _) = write(&entries, Compression::NONE, 1, usize::MAX).unwrap();
    for (tool, compression) in [("gzip", gzip(6)), ("zstd", zstd(3))] {
        let (blob, _) = write(&entries, compression, 2, usize::MAX).unwrap();
        assert!(through(tool, &["-dc"], &blob) == tar, "{tool} gives other bytes back");
        // The other way round: one long stream, as other tools write it.
        let theirs = through(tool, &["-1", "-c"], &tar);
        assert_eq!(read(&theirs)[0].1, entries[0].1);
    }
}

#[test]
fn archives_of_gnu_tar_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let name = "n".repeat(180);
    let mut made = std::fs::File::create(directory.path().join(&name)).unwrap();
    made.write_all(b"body").unwrap();
    let from = format!("--directory={}", directory.path().display());
    for format in ["--format=gnu", "--format=posix"] {
        let tar = through("tar", &["--create", format, "--mtime=@1700000000.5", &from, "."], b"");
        let found = read(&tar);
        let (last, body) = found.last().unwrap();
        assert_eq!(
            (last.path.as_str(), last.mtime.cast_unsigned(), &body[..]),
            (&*name, common::EPOCH, &b"body"[..]),
            "{format}"
        );
    }
}
