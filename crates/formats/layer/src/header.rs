use sage_oci_tar::{OPAQUE, WHITEOUT};
use sage_oci_tree::{Entry, EntryKind};
use std::collections::BTreeMap;
use tar::{EntryType, Header};

/// The size of everything's unit in a tar archive.
pub(crate) const BLOCK: usize = 512;
/// What a record of an extended header may say of an extended attribute, before its name.
const XATTR: &str = "SCHILY.xattr.";
/// The field widths of the name, its prefix, and a link's target (POSIX.1-2001 pax, "ustar Interchange Format").
const NAME: usize = 100;
const PREFIX: usize = 155;
/// The largest values that the octal fields hold.
const MAX_ID: u64 = 0o7_777_777;
const MAX_LONG: u64 = 0o77_777_777_777;
/// The name of every extended header. Readers show it only when they do not know the format.
const PAX_NAME: &[u8] = b"././@PaxHeader";

/// The header blocks of an entry: ustar where everything fits, with an extended header before it where not.
pub(crate) fn encode(entry: &Entry, epoch: u64) -> Vec<u8> {
    let mut records = Records::default();
    let mut header = Header::new_ustar();
    let (kind, target) = match &entry.kind {
        EntryKind::File { .. } | EntryKind::Whiteout | EntryKind::Opaque => (EntryType::Regular, None),
        EntryKind::Directory => (EntryType::Directory, None),
        EntryKind::Symlink { target } => (EntryType::Symlink, Some(target.as_str())),
        EntryKind::HardLink { target } => (EntryType::Link, Some(target.as_str())),
    };
    header.set_entry_type(kind);
    header.set_mode(entry.mode);
    header.set_uid(records.number("uid", entry.uid.into(), MAX_ID));
    header.set_gid(records.number("gid", entry.gid.into(), MAX_ID));
    header.set_size(records.number("size", entry.size(), MAX_LONG));
    header.set_mtime(records.number("mtime", epoch, MAX_LONG));
    set_devices(&mut header);
    set_name(&mut header, &name_on_tape(entry), &mut records);
    if let Some(target) = target {
        set_target(&mut header, target, &mut records);
    }
    for (name, value) in &entry.xattrs {
        records.0.insert(format!("{XATTR}{name}"), value.clone());
    }
    header.set_cksum();
    let mut bytes = records.extended_header();
    bytes.extend_from_slice(header.as_bytes());
    bytes
}

/// The zeros that bring `size` up to whole blocks.
pub(crate) fn padding(size: u64) -> &'static [u8] {
    let over = (size % BLOCK as u64) as usize;
    if over == 0 { &[] } else { &[0; BLOCK][over..] }
}

fn name_on_tape(entry: &Entry) -> String {
    match entry.kind {
        EntryKind::Directory => format!("{}/", entry.path),
        EntryKind::Whiteout => match entry.path.parent() {
            Some(parent) if !parent.is_root() => format!("{parent}/{WHITEOUT}{}", entry.path.name()),
            _ => format!("{WHITEOUT}{}", entry.path.name()),
        },
        EntryKind::Opaque if entry.path.is_root() => OPAQUE.to_owned(),
        EntryKind::Opaque => format!("{}/{OPAQUE}", entry.path),
        EntryKind::File { .. } | EntryKind::Symlink { .. } | EntryKind::HardLink { .. } => entry.path.to_string(),
    }
}

/// Writes the device numbers as zeros: left empty, strict readers complain.
fn set_devices(header: &mut Header) {
    if let Some(ustar) = header.as_ustar_mut() {
        ustar.dev_major = *b"0000000\0";
        ustar.dev_minor = *b"0000000\0";
    }
}

fn set_name(header: &mut Header, name: &str, records: &mut Records) {
    let Some(ustar) = header.as_ustar_mut() else { return };
    if let Some((prefix, rest)) = split(name) {
        ustar.prefix[..prefix.len()].copy_from_slice(prefix.as_bytes());
        ustar.name[..rest.len()].copy_from_slice(rest.as_bytes());
    } else {
        records.text("path", name);
        let short = stand_in(name);
        ustar.name[..short.len()].copy_from_slice(&short);
    }
}

fn set_target(header: &mut Header, target: &str, records: &mut Records) {
    let Some(ustar) = header.as_ustar_mut() else { return };
    let short = if target.is_ascii() && target.len() <= NAME {
        target.as_bytes().to_vec()
    } else {
        records.text("linkpath", target);
        stand_in(target)
    };
    ustar.linkname[..short.len()].copy_from_slice(&short);
}

/// Splits a name over the two fields, if it is ASCII and fits them.
fn split(name: &str) -> Option<(&str, &str)> {
    if !name.is_ascii() {
        return None;
    }
    if name.len() <= NAME {
        return Some(("", name));
    }
    // The first slash that leaves a short enough name keeps the prefix shortest; what follows it must not be empty.
    let at = name.match_indices('/').map(|(at, _)| at).find(|at| name.len() - at - 1 <= NAME)?;
    let (prefix, rest) = (&name[..at], &name[at + 1..]);
    (!prefix.is_empty() && prefix.len() <= PREFIX && !rest.is_empty()).then_some((prefix, rest))
}

/// What stands in the short field when an extended header holds the name.
fn stand_in(name: &str) -> Vec<u8> {
    let mut short: Vec<u8> = name.bytes().filter(u8::is_ascii).take(NAME).collect();
    // Old readers take a trailing slash for a directory.
    while short.last() == Some(&b'/') {
        short.pop();
    }
    short
}

/// The records of an extended header, by keyword.
#[derive(Default)]
struct Records(BTreeMap<String, Vec<u8>>);

impl Records {
    /// Gives the number for the header's field; one that does not fit becomes a record and leaves a zero behind.
    fn number(&mut self, key: &str, value: u64, max: u64) -> u64 {
        if value <= max {
            return value;
        }
        self.text(key, &value.to_string());
        0
    }

    fn text(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), value.as_bytes().to_vec());
    }

    /// The extended header with its body, padded; nothing without records.
    fn extended_header(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let body: Vec<u8> = self.0.iter().flat_map(|(key, value)| record(key, value)).collect();
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(body.len() as u64);
        set_devices(&mut header);
        if let Some(ustar) = header.as_ustar_mut() {
            ustar.name[..PAX_NAME.len()].copy_from_slice(PAX_NAME);
        }
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(padding(body.len() as u64));
        bytes
    }
}

/// One record, `length keyword=value\n`, where the length counts its own digits.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    let mut bytes = format!("{length} {key}=").into_bytes();
    bytes.extend_from_slice(value);
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_tree::ImagePath;

    fn file(path: &str) -> Entry {
        let path = ImagePath::parse(path).unwrap();
        Entry { mode: 0o4755, uid: 1000, gid: 100, ..Entry::new(path, EntryKind::File { size: 5 }) }
    }

    /// The golden header: every field of POSIX's ustar format written out.
    #[test]
    fn golden_ustar_header() {
        let mut golden = Vec::new();
        let mut field = |text: &[u8], width: usize| {
            golden.extend_from_slice(text);
            golden.resize(golden.len() + width - text.len(), 0);
        };
        field(b"usr/bin/x", 100);
        field(b"0004755", 8);
        field(b"0001750", 8);
        field(b"0000144", 8);
        field(b"00000000005", 12);
        field(b"14652017400", 12);
        field(b"        ", 8);
        field(b"0", 1);
        field(b"", 100);
        field(b"ustar", 6);
        field(b"00", 2);
        field(b"", 64);
        field(b"0000000", 8);
        field(b"0000000", 8);
        field(b"", 167);
        let sum: u32 = golden.iter().map(|byte| u32::from(*byte)).sum();
        golden[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let bytes = encode(&file("usr/bin/x"), 0o14_652_017_400);
        // Of the checksum's two customary endings readers take either; the digits must agree.
        assert_eq!(
            std::str::from_utf8(&bytes[148..156]).unwrap().trim_matches(['\0', ' ']).trim_start_matches('0'),
            format!("{sum:o}")
        );
        assert_eq!(bytes.len(), 512);
        golden[148..156].copy_from_slice(&bytes[148..156]);
        assert_eq!(bytes, golden);
    }

    #[test]
    fn long_names_use_the_prefix_then_records() {
        let (deep, leaf) = ("d".repeat(120), "f".repeat(100));
        let bytes = encode(&file(&format!("{deep}/{leaf}")), 0);
        assert_eq!((bytes.len(), &bytes[..100], &bytes[345..465]), (512, leaf.as_bytes(), deep.as_bytes()));
        let bytes = encode(&file(&format!("{deep}/{leaf}f")), 0);
        assert_eq!(bytes.len(), 3 * 512);
        assert_eq!(&bytes[..15], b"././@PaxHeader\0");
        assert_eq!(bytes[156], b'x');
        assert_eq!(&bytes[512..], {
            let mut rest = format!("232 path={deep}/{leaf}f\n").into_bytes();
            rest.resize(512, 0);
            rest.extend_from_slice(&bytes[1024..]);
            rest
        });
    }

    #[test]
    fn a_long_directory_never_leaves_an_empty_name() {
        let name = format!("{}/", "d".repeat(130));
        assert_eq!(split(&name), None);
        let name = format!("{}/{}/", "d".repeat(100), "e".repeat(60));
        assert_eq!(split(&name).map(|(prefix, rest)| (prefix.len(), rest.len())), Some((100, 61)));
    }

    #[test]
    fn a_record_counts_its_own_length() {
        assert_eq!(record("a", b"b"), b"6 a=b\n");
        for size in 0..1200 {
            let bytes = record("key", &vec![b'v'; size]);
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert_eq!(text.split_once(' ').unwrap().0, bytes.len().to_string());
        }
    }

    #[test]
    fn what_does_not_fit_becomes_a_record() {
        let mut entry = file("été");
        entry.kind = EntryKind::File { size: 1 << 33 };
        entry.uid = 3_000_000;
        entry.xattrs.insert("security.capability".to_owned(), vec![1, 0, 255]);
        let bytes = encode(&entry, 1 << 33);
        let body = b"40 SCHILY.xattr.security.capability=\x01\0\xff\n20 mtime=8589934592\n14 path=\xc3\xa9t\xc3\xa9\n19 size=8589934592\n15 uid=3000000\n";
        assert_eq!(&bytes[512..512 + body.len()], body);
        assert_eq!(&bytes[1024..1026], b"t\0");
    }

    #[test]
    fn removals_are_names_of_empty_files() {
        let name = |path: &str, kind| name_on_tape(&Entry::new(ImagePath::parse(path).unwrap(), kind));
        assert_eq!(name("a/b", EntryKind::Whiteout), "a/.wh.b");
        assert_eq!(name("a", EntryKind::Whiteout), ".wh.a");
        assert_eq!(name("a/b", EntryKind::Opaque), "a/b/.wh..wh..opq");
    }

    #[test]
    fn padding_fills_the_block() {
        assert_eq!([0, 1, 511, 512, 513].map(|size| padding(size).len()), [0, 511, 1, 0, 511]);
    }
}
