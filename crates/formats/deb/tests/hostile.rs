//! Every kind of bad archive is refused with an error that names the thing; no bytes make the reader panic.

mod common;

use common::{ar, control, deb, header, link, read, tar};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sage_oci_deb::{Deb, DebError};
use sage_oci_hint::Hint as _;
use sage_oci_tar::TarError;
use sage_oci_tree::{EntryKind, ImagePath};
use std::cell::Cell;
use std::io::Write;
use tar::EntryType;

const LIMIT: u64 = 1 << 20;

/// The error of a deb whose data member is this tar.
fn refused(data: &[u8]) -> DebError {
    match read(&deb(data), LIMIT) {
        Err(error) => error,
        Ok(entries) => panic!("accepted: {entries:?}"),
    }
}

fn file(name: &[u8]) -> (tar::Header, &'static [u8]) {
    (header(name, EntryType::Regular, 2), b"hi")
}

#[test]
fn paths_out_of_the_tree() {
    for name in [&b"../evil"[..], b"./../evil", b"usr/../../evil", b"/etc/passwd", b"usr/.."] {
        let error = refused(&tar(&[file(name)]));
        assert!(matches!(&error, DebError::Tar(TarError::UnsafePath { .. })), "{error}");
        assert!(error.to_string().contains(&*String::from_utf8_lossy(name)), "{error}");
        assert!(error.hint().is_some());
    }
    for target in [&b"/etc/passwd"[..], b"../../x", b"./.."] {
        let error = refused(&tar(&[(link(b"a", EntryType::Link, target), b"")]));
        assert!(matches!(&error, DebError::Tar(TarError::UnsafePath { entry, .. }) if entry == "a"), "{error}");
    }
}

#[test]
fn links_may_point_anywhere_but_nowhere() {
    let data =
        tar(&[(link(b"./a", EntryType::Symlink, b"/etc/../x"), b""), (link(b"b", EntryType::Link, b"./a"), b"")]);
    let kinds: Vec<_> = read(&deb(&data), LIMIT).unwrap().into_iter().map(|(entry, _)| entry.kind).collect();
    assert_eq!(
        kinds,
        [
            EntryKind::Symlink { target: "/etc/../x".into() },
            EntryKind::HardLink { target: ImagePath::parse("a").unwrap() }
        ]
    );
    for kind in [EntryType::Symlink, EntryType::Link] {
        assert!(matches!(refused(&tar(&[(link(b"a", kind, b""), b"")])), DebError::Tar(TarError::Header { .. })));
    }
}

#[test]
fn devices_pipes_and_odd_kinds() {
    for kind in [
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::GNUSparse,
        EntryType::XGlobalHeader,
        EntryType::new(b'Z'),
    ] {
        let error = refused(&tar(&[(header(b"dev/null", kind, 0), b"")]));
        assert!(matches!(&error, DebError::Tar(TarError::RefusedKind { entry, .. }) if entry == "dev/null"), "{error}");
    }
}

#[test]
fn names_that_are_not_text() {
    assert!(matches!(refused(&tar(&[file(b"caf\xe9")])), DebError::Tar(TarError::Header { .. })));
    assert!(matches!(
        refused(&tar(&[(link(b"a", EntryType::Symlink, b"\xff"), b"")])),
        DebError::Tar(TarError::Header { .. })
    ));
    assert!(matches!(refused(&tar(&[file(b"")])), DebError::Tar(TarError::UnsafePath { .. })));
    assert!(matches!(refused(&tar(&[file(b".")])), DebError::Tar(TarError::Header { .. })));
}

#[test]
fn malformed_headers() {
    let (mut sum, body) = file(b"a");
    sum.as_old_mut().name[0] = b'b';
    assert!(matches!(refused(&tar(&[(sum, body)])), DebError::Tar(TarError::Header { .. })));
    for (start, text) in [(124, &b"zzzzzzzzzzz"[..]), (100, b"rw-r--r"), (108, b"root\0"), (136, b"today")] {
        let (mut bad, body) = file(b"a");
        bad.as_mut_bytes()[start..start + text.len()].copy_from_slice(text);
        bad.set_cksum();
        assert!(matches!(refused(&tar(&[(bad, body)])), DebError::Tar(TarError::Header { .. })), "{start}");
    }
    let directory = (header(b"a/", EntryType::Directory, 2), &b"hi"[..]);
    assert!(matches!(refused(&tar(&[directory])), DebError::Tar(TarError::Header { .. })));
    let dangling = (header(b"././@LongLink", EntryType::GNULongName, 2), &b"a\0"[..]);
    assert!(matches!(refused(&tar(&[dangling])), DebError::Tar(TarError::Header { .. })));
    let long = vec![b'a'; 70 << 10];
    let long = (header(b"././@LongLink", EntryType::GNULongName, long.len() as u64), &long[..]);
    assert!(matches!(refused(&tar(&[long, file(b"a")])), DebError::Tar(TarError::Header { .. })));
    let mut huge = header(b"a", EntryType::Regular, u64::MAX);
    huge.set_cksum();
    assert!(matches!(refused(&tar(&[(huge, b"hi")])), DebError::Truncated { .. }));
}

#[test]
fn ends_that_are_none() {
    let whole = tar(&[file(b"a"), file(b"b")]);
    for cut in [0, 100, 512, 513, 1024, 1300, whole.len() - 1024] {
        assert!(matches!(refused(&whole[..cut]), DebError::Truncated { .. }), "cut at {cut}");
    }
    let mut more = whole.clone();
    more.extend(b"more");
    assert!(matches!(refused(&more), DebError::TrailingBytes { .. }));
    let mut bytes = deb(&whole);
    bytes.extend(b"\n\n");
    assert!(matches!(read(&bytes, LIMIT), Err(DebError::TrailingBytes { .. })));
    for cut in [0, 4, 8, 60, 70, 100, bytes.len() - 100] {
        assert!(
            matches!(read(&bytes[..cut], LIMIT), Err(DebError::Truncated { .. } | DebError::MissingMember { .. })),
            "cut at {cut}"
        );
    }
}

#[test]
fn members_missing_or_out_of_order() {
    let (version, control, data) =
        (("debian-binary", &b"2.0\n"[..]), ("control.tar", &control()[..]), ("data.tar", &tar(&[])[..]));
    assert!(
        read(&ar(&[version, ("_ignored", b"x"), control, ("_too", b""), data, ("_gpgorigin", b"x")]), LIMIT)
            .unwrap()
            .is_empty()
    );
    for members in [&[][..], &[version], &[version, control], &[version, ("control.tar", &tar(&[])), data]] {
        assert!(matches!(read(&ar(members), LIMIT), Err(DebError::MissingMember { .. })));
    }
    for members in [
        &[control, version, data][..],
        &[version, data, control],
        &[version, control, ("extra", b""), data],
        &[version, control, data, data],
    ] {
        assert!(matches!(read(&ar(members), LIMIT), Err(DebError::UnexpectedMember { .. })));
    }
    for text in [&b"3.0\n"[..], b"2.\n", b"2\n", b"", b"2.x\n"] {
        assert!(matches!(read(&ar(&[("debian-binary", text), control, data]), LIMIT), Err(DebError::Version { .. })));
    }
    let unknown = [version, control, ("data.tar.lzma", b"")];
    assert!(matches!(read(&ar(&unknown), LIMIT), Err(DebError::UnknownCompression { .. })));
    assert!(matches!(read(b"not an archive", LIMIT), Err(DebError::NotAnArchive)));
}

#[test]
fn control_members_hold_plain_files_only() {
    let text = b"Package: x\n";
    let good = || (header(b"control", EntryType::Regular, text.len() as u64), &text[..]);
    for (bad, what) in [
        (link(b"postinst", EntryType::Symlink, b"/bin/sh"), "link"),
        (link(b"postinst", EntryType::Link, b"control"), "link"),
        (header(b"sub/", EntryType::Directory, 0), "directory"),
        (header(b"sub/x", EntryType::Regular, 0), "inside"),
    ] {
        let bytes =
            ar(&[("debian-binary", b"2.0\n"), ("control.tar", &tar(&[good(), (bad, b"")])), ("data.tar", &tar(&[]))]);
        let error = read(&bytes, LIMIT).unwrap_err();
        assert!(
            matches!(error, DebError::Tar(TarError::RefusedKind { .. })) && error.to_string().contains(what),
            "{error}"
        );
    }
    let twice = ar(&[("debian-binary", b"2.0\n"), ("control.tar", &tar(&[good(), good()])), ("data.tar", &tar(&[]))]);
    assert!(matches!(read(&twice, LIMIT), Err(DebError::Tar(TarError::Header { .. }))));
}

fn compressed(suffix: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match suffix {
        ".gz" => {
            let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            out = encoder.finish().unwrap();
        }
        ".xz" => {
            let mut encoder = liblzma::write::XzEncoder::new(out, 0);
            encoder.write_all(bytes).unwrap();
            out = encoder.finish().unwrap();
        }
        _ => out = zstd::encode_all(bytes, 1).unwrap(),
    }
    out
}

#[test]
fn bombs_stop_at_the_limit() {
    let zeros = vec![0; 4 << 20];
    let body = (header(b"bomb", EntryType::Regular, zeros.len() as u64), &zeros[..]);
    let bomb = tar(&[body]);
    for suffix in [".gz", ".xz", ".zst"] {
        let data = compressed(suffix, &bomb);
        assert!(data.len() < bomb.len() / 40, "{suffix} took {} bytes", data.len());
        let name = format!("data.tar{suffix}");
        let bytes = ar(&[("debian-binary", b"2.0\n"), ("control.tar", &control()), (&name, &data)]);
        let error = read(&bytes, LIMIT).unwrap_err();
        assert!(matches!(&error, DebError::TooLarge { member, limit: LIMIT } if *member == name), "{error}");
        assert_eq!(read(&bytes, bomb.len() as u64).unwrap()[0].1.len(), zeros.len(), "the limit itself is allowed");

        let name = format!("control.tar{suffix}");
        let bytes = ar(&[("debian-binary", b"2.0\n"), (&name, &data), ("data.tar", &tar(&[]))]);
        assert!(matches!(Deb::open_with_limit(&bytes[..], LIMIT), Err(DebError::TooLarge { .. })));
    }
}

#[test]
fn broken_streams_are_refused() {
    let plain = tar(&[file(b"a")]);
    for suffix in [".gz", ".xz", ".zst"] {
        let good = compressed(suffix, &plain);
        let name = format!("data.tar{suffix}");
        let try_it =
            |data: &[u8]| read(&ar(&[("debian-binary", b"2.0\n"), ("control.tar", &control()), (&name, data)]), LIMIT);
        assert_eq!(try_it(&good).unwrap().len(), 1);
        for cut in 1..good.len() {
            let error = try_it(&good[..cut]).unwrap_err();
            assert!(matches!(error, DebError::Truncated { .. } | DebError::Corrupt { .. }), "{suffix} {cut}: {error}");
        }
        let trailing = try_it(&[&good[..], b"garbage"].concat()).unwrap_err();
        assert!(matches!(trailing, DebError::TrailingBytes { .. } | DebError::Corrupt { .. }), "{suffix}: {trailing}");
        assert!(matches!(try_it(b"not compressed at all"), Err(DebError::Corrupt { .. })));
    }
}

#[test]
fn xz_may_not_ask_for_much_memory() {
    // `xz --lzma2=dict=256MiB` of two zero blocks, block header only matters: build it with the library.
    let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
    options.dict_size(256 << 20);
    let mut filters = liblzma::stream::Filters::new();
    filters.lzma2(&options);
    let stream = liblzma::stream::Stream::new_stream_encoder(&filters, liblzma::stream::Check::Crc32).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(&tar(&[])).unwrap();
    let data = encoder.finish().unwrap();
    let bytes = ar(&[("debian-binary", b"2.0\n"), ("control.tar", &control()), ("data.tar.xz", &data)]);
    let error = read(&bytes, LIMIT).unwrap_err();
    assert!(matches!(error, DebError::Corrupt { .. }) && error.to_string().contains("memory"), "{error}");
}

/// Fails after its bytes, as a broken connection does.
struct Broken<'a>(&'a [u8]);

impl std::io::Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn errors_of_the_reader_stay_what_they_are() {
    let bytes = deb(&tar(&[file(b"a")]));
    for cut in [4, 30, 700, bytes.len() - 600] {
        let result = Deb::open(Broken(&bytes[..cut])).and_then(|deb| common::rest(&mut deb.data(LIMIT)?));
        assert!(
            matches!(result, Err(DebError::Io(error)) if error.kind() == std::io::ErrorKind::ConnectionReset),
            "{cut}"
        );
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        let _ = read(&bytes, LIMIT);
        let _ = read(&[b"!<arch>\n", &bytes[..]].concat(), LIMIT);
        let _ = read(&deb(&bytes), LIMIT);
    }

    #[test]
    fn mutated_debs_never_panic(
        suffix in prop::sample::select(vec!["", ".gz", ".xz", ".zst"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        truncate: bool,
    ) {
        let data = tar(&[(header(b"usr/", EntryType::Directory, 0), b""), file(b"usr/a"), (link(b"usr/b", EntryType::Link, b"usr/a"), b"")]);
        let data = if suffix.is_empty() { data } else { compressed(suffix, &data) };
        let mut bytes = ar(&[("debian-binary", b"2.0\n"), ("control.tar", &control()), (&format!("data.tar{suffix}"), &data)]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if truncate {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read(&bytes, LIMIT);
    }

}

/// Bytes that matter to paths are likelier than others.
#[test]
fn mutated_headers_never_lead_outside() {
    let (taken, refused) = (Cell::new(0), Cell::new(0));
    let place = prop_oneof![0..12_usize, 0..512_usize];
    let byte = prop_oneof![prop::sample::select(b"./\0a".to_vec()), any::<u8>()];
    let law = |changes: Vec<(usize, u8)>| {
        let (mut head, body) = file(b"usr/a");
        for (at, value) in changes {
            head.as_mut_bytes()[at] = value;
        }
        head.set_cksum();
        let Ok(entries) = read(&deb(&tar(&[(head, body)])), LIMIT) else {
            refused.set(refused.get() + 1);
            return Ok(());
        };
        taken.set(taken.get() + 1);
        for (entry, _) in entries {
            let path = entry.path.as_str();
            prop_assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."));
        }
        Ok(())
    };
    let strategy = prop::collection::vec((place, byte), 1..6);
    TestRunner::new(ProptestConfig::with_cases(1000)).run(&strategy, law).unwrap();
    assert!(taken.get() >= 100 && refused.get() >= 100, "{} taken, {} refused", taken.get(), refused.get());
}
