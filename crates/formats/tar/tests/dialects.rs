//! In what packages, our layers and others' layers differ, and what none of them may have.

use proptest::prelude::*;
use sage_oci_tar::{Dialect, TarError, TarReader};
use sage_oci_tree::{Entry, EntryKind, ImagePath, PathError};
use std::io::Read;
use tar::{EntryType, Header};

const ALL: [Dialect; 3] = [Dialect::PACKAGE, Dialect::LAYER, Dialect::FOREIGN_LAYER];
const LAYERS: [Dialect; 2] = [Dialect::LAYER, Dialect::FOREIGN_LAYER];

/// A header whose name is written as it is.
fn header(name: &[u8], kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1);
    header.set_cksum();
    header
}

fn link(name: &[u8], kind: EntryType, target: &[u8], size: u64) -> Header {
    let mut header = header(name, kind, size);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
    header.set_cksum();
    header
}

/// Headers with their bodies, padded, and no end.
fn entries(entries: &[(Header, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (header, body) in entries {
        bytes.extend(header.as_bytes());
        bytes.extend(*body);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes
}

fn tar(all: &[(Header, &[u8])]) -> Vec<u8> {
    let mut bytes = entries(all);
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn file(name: &[u8]) -> (Header, &'static [u8]) {
    (header(name, EntryType::Regular, 2), b"hi")
}

fn read(bytes: &[u8], dialect: Dialect) -> Result<Vec<(Entry, Vec<u8>)>, TarError> {
    let mut tar = TarReader::new(bytes, dialect);
    let mut all = Vec::new();
    while let Some(entry) = tar.next_entry()? {
        let mut content = Vec::new();
        tar.read_to_end(&mut content)?;
        all.push((entry, content));
    }
    assert_eq!(tar.into_inner().len(), 0, "the stream is not read to its end");
    Ok(all)
}

fn paths(bytes: &[u8], dialect: Dialect) -> Result<Vec<String>, TarError> {
    Ok(read(bytes, dialect)?.into_iter().map(|(entry, _)| entry.path.into()).collect())
}

fn path(text: &str) -> ImagePath {
    ImagePath::parse(text).unwrap()
}

#[test]
fn nothing_leads_out_of_the_tree() {
    for dialect in ALL {
        for name in [&b"../evil"[..], b"./../evil", b"usr/../../evil", b"usr/.."] {
            let error = read(&tar(&[file(name)]), dialect).unwrap_err();
            assert!(matches!(error, TarError::UnsafePath { why: PathError::Parent, .. }), "{dialect:?}: {error}");
        }
        for target in [&b"../../x"[..], b"./.."] {
            let error = read(&tar(&[(link(b"a", EntryType::Link, target, 0), b"")]), dialect).unwrap_err();
            assert!(matches!(&error, TarError::UnsafePath { entry, .. } if entry == "a"), "{dialect:?}: {error}");
        }
        // A long name takes a NUL that a header cannot.
        let long = (header(b"././@LongLink", EntryType::GNULongName, 4), &b"a\0b\0"[..]);
        let error = read(&tar(&[long, file(b"x")]), dialect).unwrap_err();
        assert!(matches!(error, TarError::UnsafePath { why: PathError::Nul, .. }), "{dialect:?}: {error}");
        assert!(read(&tar(&[file(b"")]), dialect).is_err());
    }
}

#[test]
fn a_slash_at_the_beginning_is_for_others_layers() {
    let bytes = tar(&[
        (header(b"/", EntryType::Directory, 0), b""),
        file(b"/etc/x"),
        (link(b"//y", EntryType::Link, b"/etc/x", 0), b""),
    ]);
    let found = read(&bytes, Dialect::FOREIGN_LAYER).unwrap();
    let names: Vec<&str> = found.iter().map(|(entry, _)| entry.path.as_str()).collect();
    assert_eq!(names, ["", "etc/x", "y"]);
    assert_eq!(found[2].0.kind, EntryKind::HardLink { target: path("etc/x") });
    for dialect in [Dialect::PACKAGE, Dialect::LAYER] {
        let error = read(&bytes, dialect).unwrap_err();
        assert!(matches!(error, TarError::UnsafePath { why: PathError::Absolute, .. }), "{error}");
    }
}

#[test]
fn removals_are_for_layers() {
    let empty = |name: &[u8]| (header(name, EntryType::Regular, 0), &b""[..]);
    let bytes = tar(&[empty(b"a/.wh.b"), empty(b"a/.wh..wh..opq"), file(b"c")]);
    for dialect in LAYERS {
        let found = read(&bytes, dialect).unwrap();
        let removals: Vec<(&str, &EntryKind)> =
            found.iter().map(|(entry, _)| (entry.path.as_str(), &entry.kind)).take(2).collect();
        assert_eq!(removals, [("a/b", &EntryKind::Whiteout), ("a", &EntryKind::Opaque)]);
        // Behind the mark stands what is no name.
        for bad in [&b"a/.wh."[..], b"a/.wh..", b"a/.wh...", b".wh..."] {
            let error = read(&tar(&[empty(bad)]), dialect).unwrap_err();
            assert!(matches!(error, TarError::UnsafePath { .. }), "{error}");
        }
    }
    assert_eq!(paths(&bytes, Dialect::PACKAGE).unwrap(), ["a/.wh.b", "a/.wh..wh..opq", "c"]);
    // Content of a removal is passed over, and the entry behind it is found.
    let filled = tar(&[file(b".wh.a"), file(b"b")]);
    assert_eq!(paths(&filled, Dialect::FOREIGN_LAYER).unwrap(), ["a", "b"]);
    assert!(matches!(read(&filled, Dialect::LAYER), Err(TarError::Header { .. })));
}

#[test]
fn a_size_without_content_says_nothing_in_others_layers() {
    let bytes = tar(&[
        (header(b"d/", EntryType::Directory, 4096), b""),
        file(b"d/a"),
        (link(b"d/b", EntryType::Link, b"d/a", 2), b""),
        (link(b"d/c", EntryType::Symlink, b"a", 1), b""),
    ]);
    assert_eq!(paths(&bytes, Dialect::FOREIGN_LAYER).unwrap(), ["d", "d/a", "d/b", "d/c"]);
    for dialect in [Dialect::PACKAGE, Dialect::LAYER] {
        assert!(matches!(read(&bytes, dialect), Err(TarError::Header { .. })), "{dialect:?}");
    }
}

#[test]
fn ends() {
    let whole = entries(&[file(b"a"), file(b"b")]);
    let with = |tail: &[u8]| [&whole, tail].concat();
    let zeros = |count: usize| vec![0; count];
    // Each end, and whether a package, our layer and another's may have it.
    for (what, bytes, taken) in [
        ("behind the last body", whole[..whole.len() - 510].to_vec(), [false, false, true]),
        ("behind its padding", whole.clone(), [false, false, true]),
        ("one block of zeros", with(&zeros(512)), [true, false, true]),
        ("one and a half", with(&zeros(700)), [true, false, true]),
        ("two", with(&zeros(1024)), [true, true, true]),
        ("GNU tar's ten KiB", with(&zeros(8192)), [true, true, true]),
        ("bytes behind one", with(&[&zeros(512)[..], &whole].concat()), [false, false, false]),
        ("bytes behind two", with(&[&zeros(1024)[..], b"more"].concat()), [false, false, true]),
        ("half a body", whole[..1024 + 513].to_vec(), [false, false, false]),
        ("half a header", whole[..1024 + 100].to_vec(), [false, false, false]),
    ] {
        for (dialect, taken) in ALL.into_iter().zip(taken) {
            match paths(&bytes, dialect) {
                Ok(names) => assert!(taken && names == ["a", "b"], "{what}, {dialect:?}: {names:?}"),
                Err(TarError::Truncated { .. } | TarError::TrailingBytes) => assert!(!taken, "{what}, {dialect:?}"),
                Err(error) => panic!("{what}, {dialect:?}: {error}"),
            }
        }
    }
    let long = entries(&[(header(b"././@LongLink", EntryType::GNULongName, 2), b"a\0")]);
    assert!(matches!(read(&long, Dialect::FOREIGN_LAYER), Err(TarError::Header { .. })), "a name without an entry");
}

#[test]
fn the_stream_is_read_to_its_end() {
    let mut bytes = tar(&[file(b"a")]);
    for dialect in ALL {
        // More than the reader takes at once.
        bytes.resize(1 << 20, 0);
        assert_eq!(paths(&bytes, dialect).unwrap(), ["a"]);
    }
    bytes.extend(b"more");
    assert_eq!(paths(&bytes, Dialect::FOREIGN_LAYER).unwrap(), ["a"]);
}

#[test]
fn owners_have_names_in_packages_alone() {
    let mut named = header(b"a", EntryType::Regular, 0);
    named.set_username("someone").unwrap();
    named.set_cksum();
    let mut strange = header(b"a", EntryType::Regular, 0);
    strange.as_gnu_mut().unwrap().gname[0] = 0xff;
    strange.set_cksum();
    let owner =
        |header: &Header, dialect| Ok::<_, TarError>(read(&tar(&[(header.clone(), b"")]), dialect)?[0].0.owner.clone());
    assert_eq!(owner(&named, Dialect::PACKAGE).unwrap(), "someone");
    assert!(owner(&strange, Dialect::PACKAGE).is_err());
    for dialect in LAYERS {
        assert_eq!(owner(&named, dialect).unwrap(), "");
        assert_eq!(owner(&strange, dialect).unwrap(), "");
    }
}

#[test]
fn kinds_that_no_image_has() {
    for dialect in ALL {
        for kind in [
            EntryType::Char,
            EntryType::Block,
            EntryType::Fifo,
            EntryType::GNUSparse,
            EntryType::XGlobalHeader,
            EntryType::new(b'Z'),
        ] {
            let error = read(&tar(&[(header(b"dev/null", kind, 0), b"")]), dialect).unwrap_err();
            assert!(matches!(&error, TarError::RefusedKind { entry, .. } if entry == "dev/null"), "{error}");
        }
        let record = b"22 GNU.sparse.major=1\n";
        let sparse = (header(b"x", EntryType::XHeader, record.len() as u64), &record[..]);
        assert!(matches!(read(&tar(&[sparse, file(b"a")]), dialect), Err(TarError::Header { .. })));
    }
}

/// Fails after its bytes, as a broken connection does.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn errors_of_the_reader_underneath_stay_what_they_are() {
    let bytes = tar(&[file(b"a")]);
    for dialect in ALL {
        for cut in [0, 100, 513, 600, 1024, 1536] {
            let mut tar = TarReader::new(Broken(&bytes[..cut]), dialect);
            let error = loop {
                match tar.next_entry() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{cut}: the end was found"),
                    Err(error) => break error,
                }
            };
            let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
            assert!(matches!(&error, TarError::Io(error) if reset(error)), "{cut}, {dialect:?}: {error}");
        }
    }
}

proptest! {
    /// What our layers may be, others' may be, too, and means the same there.
    #[test]
    fn a_layer_is_a_layer(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        mend: bool,
    ) {
        let mut head = header(b"usr/.wh.a", EntryType::Regular, 0);
        for (at, byte) in &changes {
            let at = at.index(512);
            head.as_mut_bytes()[at] = *byte;
        }
        if mend {
            head.set_cksum();
        }
        let bytes = tar(&[(head, b""), file(b"usr/b"), (link(b"c", EntryType::Link, b"usr/b", 0), b"")]);
        for dialect in ALL {
            for (entry, content) in read(&bytes, dialect).unwrap_or_default() {
                prop_assert!(entry.path.components().all(|part| !matches!(part, "" | "." | "..")));
                let is_removal = matches!(entry.kind, EntryKind::Whiteout | EntryKind::Opaque);
                prop_assert!(content.len() as u64 == entry.size() || is_removal);
            }
        }
        if let Ok(ours) = read(&bytes, Dialect::LAYER) {
            prop_assert_eq!(read(&bytes, Dialect::FOREIGN_LAYER).unwrap(), ours);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        for dialect in ALL {
            let _ = read(&bytes, dialect);
        }
    }
}
