//! The writer's promises: same bytes whatever the threads and reads, and errors instead of wrong archives.

mod common;

use common::{Slowly, entry, file, gzip, read, write, zstd};
use proptest::prelude::*;
use sage_oci_hint::Hint as _;
use sage_oci_layer::{CHUNK, LayerError, LayerWriter, Options, read_foreign_layer, read_layer};
use sage_oci_names::Compression;
use sage_oci_tar::TarError;
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

/// A directory of root's with mode 0755.
fn directory(path: &str) -> Entry {
    entry(path, EntryKind::Directory, 0o755)
}

/// Numbers that compress neither to nothing nor not at all.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8 & 0x3f
    };
    (0..size).map(|_| next()).collect()
}

/// Levels 5 to 12 of zstd are the ones whose bytes would depend on a compressor's earlier chunks.
fn compressions() -> [Compression; 4] {
    [Compression::NONE, gzip(1), zstd(1), zstd(6)]
}

#[test]
fn threads_and_reads_never_change_the_bytes() {
    let entries = [file("a/big", &noise(2 * CHUNK + 12_345)), file("a/small", b"x"), file("b", &noise(CHUNK / 2))];
    let mut diff_ids = BTreeSet::new();
    for compression in compressions() {
        let (blob, info) = write(&entries, compression, 1, usize::MAX).unwrap();
        for (threads, step) in [(2, 1 << 20), (3, 65_537)] {
            let (again, same) = write(&entries, compression, threads, step).unwrap();
            assert!(blob == again && info == same, "{compression:?} {threads} threads, {step} bytes a read");
        }
        let back = read_layer(&blob[..], |_, _| Ok::<(), LayerError>(())).unwrap();
        assert_eq!((back.diff_id, back.blob, back.size), (info.diff_id, info.blob, info.size));
        assert_eq!((back.unpacked_size, back.entries), (info.unpacked_size, info.entries));
        assert_eq!(read(&blob)[1].1, entries[0].1);
        diff_ids.insert(info.diff_id);
    }
    assert_eq!(diff_ids.len(), 1, "the diff id must not depend on the compression");
}

#[test]
fn bodies_must_have_the_length_they_state() {
    for threads in [1, 2] {
        let options = Options { epoch: 0, compression: zstd(1), threads };
        for (body, ends_after) in [(&b"1234"[..], Some(4)), (b"123456", None)] {
            let mut writer = LayerWriter::new(Vec::new(), options).unwrap();
            let five = entry("f", EntryKind::File { size: 5 }, 0o644);
            let error = writer.append(&five, &mut Slowly(body, 2)).unwrap_err();
            assert!(matches!(error, LayerError::BodySize { expected: 5, actual, .. } if actual == ends_after));
            assert!(matches!(writer.append_empty(&directory("d")), Err(LayerError::Broken)));
            assert!(matches!(writer.finish(), Err(LayerError::Broken)));
        }
        let mut writer = LayerWriter::new(Vec::new(), options).unwrap();
        let error = writer.append(&directory("d"), &mut &b"x"[..]).unwrap_err();
        assert!(matches!(error, LayerError::BodySize { expected: 0, actual: None, .. }));
    }
}

#[test]
fn failing_ends_are_reported_by_name() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    struct Torn;
    impl Read for Torn {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("torn"))
        }
    }
    let size = 6 * CHUNK as u64;
    let big = entry("big", EntryKind::File { size }, 0o644);
    for threads in [1, 2] {
        let options = Options { epoch: 0, compression: zstd(1), threads };
        let mut writer = LayerWriter::new(Full(100), options).unwrap();
        let error = writer.append(&big, &mut io::repeat(7).take(size)).and_then(|()| writer.finish().map(|_| ()));
        let error = error.unwrap_err();
        assert!(matches!(&error, LayerError::Write { .. }) && error.hint().is_some(), "{error:?}");
        let mut writer = LayerWriter::new(Vec::new(), options).unwrap();
        assert!(matches!(writer.append(&big, &mut Torn), Err(LayerError::Body { path, .. }) if path == "big"));
    }
}

#[test]
fn broken_blobs_are_refused() {
    let (tar, _) = write(&[file("f", b"x")], Compression::NONE, 1, 9).unwrap();
    let (zstd, _) = write(&[file("f", b"x")], zstd(1), 1, 9).unwrap();
    let (gzip, _) = write(&[file("f", b"x")], gzip(1), 1, 9).unwrap();
    let refused = |blob: &[u8]| read_layer(blob, |_, _| Ok::<(), LayerError>(())).unwrap_err();
    for cut in [0, 1024, 1024 + 512, 700, 100] {
        let error = refused(&tar[..cut]);
        assert!(
            matches!(error, LayerError::Tar(TarError::Truncated { .. })) && error.hint().is_some(),
            "{cut}: {error}"
        );
    }
    assert!(matches!(refused(&zstd[..zstd.len() - 1]), LayerError::Read { .. }));
    assert!(matches!(refused(&gzip[..gzip.len() - 1]), LayerError::Read { .. }));
    assert!(matches!(refused(&[gzip, b"rubbish".to_vec()].concat()), LayerError::Read { .. }));
    let mut device = tar;
    device[156] = b'3';
    // The checksum's field counts as blanks; a type higher by three makes a sum higher by three.
    let sum = u32::from_str_radix(std::str::from_utf8(&device[148..155]).unwrap(), 8).unwrap() + 3;
    device[148..155].copy_from_slice(format!("{sum:07o}").as_bytes());
    assert!(matches!(refused(&device), LayerError::Tar(TarError::RefusedKind { kind: "character device", .. })));
}

/// A name that may be long, and may not be ASCII.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]", 2 => "[a-zA-Z0-9+._ -]{1,12}x", 1 => "[a-zé€]{60,120}", 1 => "[b-z]{101,160}"]
}

fn kind() -> impl Strategy<Value = (EntryKind, Vec<u8>)> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..1500).prop_map(|body| (EntryKind::File { size: body.len() as u64 }, body)),
        2 => Just((EntryKind::Directory, vec![])),
        1 => "[a-zé/.]{1,150}".prop_map(|target| (EntryKind::Symlink { target }, vec![])),
        1 => Just((EntryKind::Whiteout, vec![])),
    ]
}

prop_compose! {
    fn any_entry()(path in prop::collection::vec(name(), 1..5), (kind, body) in kind(), mode in 0_u32..0o10000,
                   uid in prop_oneof![0_u32..70_000, any::<u32>()], gid in 0_u32..70_000,
                   xattrs in prop::collection::btree_map("user\\.[a-z]{1,9}", prop::collection::vec(any::<u8>(), 0..40), 0..3))
                  -> (Entry, Vec<u8>) {
        let path = ImagePath::parse(&path.join("/")).unwrap();
        (Entry { mode, uid, gid, xattrs, mtime: i64::try_from(common::EPOCH).unwrap(), ..Entry::new(path, kind) }, body)
    }
}

/// Writes what the writer takes of some entries; a refused one begins the layer anew without it.
fn accepted(entries: Vec<(Entry, Vec<u8>)>) -> Vec<(Entry, Vec<u8>)> {
    let mut kept = Vec::new();
    for one in entries {
        kept.push(one);
        if write(&kept, Compression::NONE, 1, usize::MAX).is_err() {
            kept.pop();
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What goes in comes out, whatever the names, numbers and attributes; added parents are the only extras.
    #[test]
    fn random_trees_round_trip(entries in prop::collection::vec(any_entry(), 1..12), step in 1_usize..700) {
        let entries = accepted(entries);
        let (blob, info) = write(&entries, zstd(1), 1, usize::MAX).unwrap();
        for threads in [2, 3] {
            let (again, _) = write(&entries, zstd(1), threads, step).unwrap();
            prop_assert_eq!(&again, &blob);
        }
        let found = read(&blob);
        prop_assert_eq!(found.len() as u64, info.entries);
        let mut wanted: BTreeMap<&str, &(Entry, Vec<u8>)> = entries.iter().rev().map(|one| (one.0.path.as_str(), one)).collect();
        let mut seen = BTreeSet::new();
        for (found, body) in &found {
            prop_assert_eq!(found.mtime.cast_unsigned(), common::EPOCH);
            let path = found.path.as_str();
            if let Some((parent, _)) = path.rsplit_once('/') {
                prop_assert!(seen.contains(parent), "{} comes before its parent", path);
            }
            seen.insert(path);
            match wanted.remove(path) {
                Some((entry, expected)) => prop_assert_eq!((found, body), (entry, expected)),
                None => prop_assert_eq!(found, &Entry { mtime: found.mtime, ..directory(path) }),
            }
        }
        prop_assert!(wanted.is_empty(), "missing: {:?}", wanted.keys());
    }
}

#[test]
fn an_emptied_directory_comes_back_with_what_is_put_into_it() {
    let opaque = |path| (Entry::new(path, EntryKind::Opaque), Vec::new());
    let entries = [opaque(ImagePath::parse("a/b").unwrap()), file("a/b/c", b"x"), opaque(ImagePath::root())];
    let (tar, _) = write(&entries, Compression::NONE, 1, 9).unwrap();
    let found: Vec<(String, EntryKind)> =
        read(&tar).into_iter().map(|(entry, _)| (entry.path.to_string(), entry.kind)).collect();
    let file = EntryKind::File { size: 1 };
    let directory = || EntryKind::Directory;
    let expected = [
        ("a", directory()),
        ("a/b", directory()),
        ("a/b", EntryKind::Opaque),
        ("a/b/c", file),
        ("", EntryKind::Opaque),
    ];
    assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));
}

/// umoci stops after the last body: neither padding nor an end. Engines take it, and its digest is what is promised of it.
#[test]
fn a_foreign_archive_may_stop_after_its_last_body_and_nowhere_else() {
    let mut header = tar::Header::new_gnu();
    header.set_path("a").unwrap();
    header.set_size(3);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    let whole = [header.as_bytes().as_slice(), b"abc"].concat();
    let names = |blob: &[u8]| {
        let mut names = Vec::new();
        read_foreign_layer(blob, |found, _| {
            names.push(found.path.to_string());
            Ok::<(), LayerError>(())
        })
        .map(|info| (names, info.unpacked_size))
    };
    assert_eq!(names(&whole).unwrap(), (vec!["a".to_owned()], 515));
    assert!(names(&whole[..514]).is_err());
    assert!(names(&whole[..100]).is_err());
    assert!(matches!(
        read_layer(&whole[..], |_, _| Ok::<(), LayerError>(())),
        Err(LayerError::Tar(TarError::Truncated { .. }))
    ));
}
