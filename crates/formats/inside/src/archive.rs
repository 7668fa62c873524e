use crate::fields::{Parts, content};
use sage_oci_tar::{Dialect, End, TarReader};
use sage_oci_tree::EntryKind;
use std::io::{Cursor, Read};

/// Archives as any tool writes them.
const ANY: Dialect = Dialect { end: End::Anywhere, removals: false, slashes: true, idle_sizes: true, owners: false };
/// The most members that are looked at.
const MOST: usize = 200_000;

/// The members of a zip archive: a size and a checksum each, and the time that is written beside it.
pub(crate) fn zip(bytes: &[u8]) -> Option<Parts> {
    if !bytes.starts_with(b"PK") {
        return None;
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut parts = Parts::new();
    for at in 0..archive.len().min(MOST) {
        let member = archive.by_index_raw(at).ok()?;
        let time = member.last_modified().map(|time| format!(", {time}")).unwrap_or_default();
        let mode = member.unix_mode().map(|mode| format!(", mode {:o}", mode & 0o7777)).unwrap_or_default();
        let said = format!("{} bytes, crc {:08x}{mode}{time}", member.size(), member.crc32());
        insert(&mut parts, &String::from_utf8_lossy(member.name_raw()), said);
    }
    Some(parts)
}

/// The members of an ar archive, as static libraries are, with GNU's long names (ar(5)).
pub(crate) fn ar(bytes: &[u8]) -> Option<Parts> {
    let mut rest = bytes.strip_prefix(b"!<arch>\n")?;
    let mut parts = Parts::new();
    let mut long: &[u8] = b"";
    while !rest.is_empty() && parts.len() < MOST {
        let (header, body) = rest.split_at_checked(60)?;
        let field = |from: usize, to: usize| std::str::from_utf8(&header[from..to]).ok().map(str::trim_end);
        let size: usize = field(48, 58)?.parse().ok()?;
        let content = body.get(..size)?;
        let name = field(0, 16)?;
        if name == "//" {
            long = content;
        } else {
            let name = match name.strip_prefix('/').and_then(|at| at.parse::<usize>().ok()) {
                Some(at) => String::from_utf8_lossy(long.get(at..)?.split(|byte| *byte == b'\n').next()?).into_owned(),
                None if name == "/" || name == "/SYM64/" => "index of symbols".to_owned(),
                None => name.to_owned(),
            };
            insert(&mut parts, name.trim_end_matches('/'), member(header, content)?);
        }
        rest = body.get(size + size % 2..).unwrap_or_default();
    }
    Some(parts)
}

fn member(header: &[u8], body: &[u8]) -> Option<String> {
    let field = |from: usize, to: usize| std::str::from_utf8(&header[from..to]).ok().map(str::trim_end);
    let (time, owner, group, mode) = (field(16, 28)?, field(28, 34)?, field(34, 40)?, field(40, 48)?);
    Some(format!("{}, mode {mode}, owner {owner}:{group}, time {time}", content(body)))
}

/// The entries of a tar archive.
pub(crate) fn tar(bytes: &[u8]) -> Option<Parts> {
    if bytes.get(257..262) != Some(b"ustar") {
        return None;
    }
    let mut reader = TarReader::new(bytes, ANY);
    let mut parts = Parts::new();
    while let Some(entry) = reader.next_entry().ok()? {
        let what = match &entry.kind {
            EntryKind::File { .. } => {
                let mut body = Vec::new();
                reader.read_to_end(&mut body).ok()?;
                content(&body)
            }
            EntryKind::Symlink { target } => format!("symlink to {target}"),
            EntryKind::HardLink { target } => format!("hard link to {target}"),
            _ => "directory".to_owned(),
        };
        let said = format!("{what}, mode {:04o}, owner {}:{}, time {}", entry.mode, entry.uid, entry.gid, entry.mtime);
        insert(&mut parts, entry.path.as_str(), said);
        if parts.len() >= MOST {
            return None;
        }
    }
    Some(parts)
}

/// Of two members with one name both are kept.
fn insert(parts: &mut Parts, name: &str, said: String) {
    let mut key = name.to_owned();
    let mut count = 1;
    while parts.contains_key(&key) {
        count += 1;
        key = format!("{name} ({count})");
    }
    parts.insert(key, said);
}
