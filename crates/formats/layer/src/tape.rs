use crate::header::{BLOCK, padding};
use crate::pax::PaxRecords;
use crate::{Entry, EntryKind, FoundEntry, LayerError, path};
use std::io::{self, Read};
use tar::Header;

/// The longest extended header or long name that is believed, in bytes; the kernel allows 64 KiB of attributes a file.
const LONGEST: u64 = 1 << 20;

/// What came before an entry's header and belongs to it.
#[derive(Default)]
struct Before {
    pax: PaxRecords,
    long_name: Option<Vec<u8>>,
    long_target: Option<Vec<u8>>,
}

/// How an archive must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With the blocks of zeros that POSIX asks for: whatever is cut off is found.
    Marked,
    /// Wherever its last body ends: engines take that, and some programs write no more.
    Anywhere,
}

/// Reads up to the next entry's body; none at the end of the archive.
pub(crate) fn next(tar: &mut impl Read, end: End) -> Result<Option<FoundEntry>, LayerError> {
    let mut before = Before::default();
    while let Some(block) = read_block(tar, end)? {
        let header = Header::from_byte_slice(&block);
        match header.as_bytes()[156] {
            b'x' => before.pax = PaxRecords::parse(&read_body(tar, header)?)?,
            b'L' => before.long_name = Some(until_zero(read_body(tar, header)?)),
            b'K' => before.long_target = Some(until_zero(read_body(tar, header)?)),
            _ => return describe(header, &before).map(Some),
        }
    }
    Ok(None)
}

/// Skips what is left of a body of `size` bytes, and its padding.
pub(crate) fn skip(tar: &mut impl Read, left: u64, size: u64, end: End) -> Result<(), LayerError> {
    let whole = left + padding(size).len() as u64;
    let skipped = io::copy(&mut tar.take(whole), &mut io::sink()).map_err(unreadable)?;
    let needed = match end {
        End::Marked => whole,
        End::Anywhere => left,
    };
    if skipped < needed { Err(unreadable(io::ErrorKind::UnexpectedEof.into())) } else { Ok(()) }
}

/// A header's block with the right checksum; none for the block of zeros that ends the archive.
fn read_block(tar: &mut impl Read, end: End) -> Result<Option<[u8; BLOCK]>, LayerError> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < BLOCK {
        match tar.read(&mut block[filled..]) {
            Ok(0) if filled == 0 && end == End::Anywhere => return Ok(None),
            Ok(0) if filled == 0 => return Err(LayerError::NoEndOfArchive),
            Ok(0) => return Err(unreadable(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    if block == [0; BLOCK] {
        return Ok(None);
    }
    // The checksum's own field counts as blanks.
    let field = 148..156;
    let sum: u32 = (0..BLOCK).map(|at| if field.contains(&at) { 32 } else { u32::from(block[at]) }).sum();
    if Header::from_byte_slice(&block).cksum().map_err(unreadable)? != sum {
        return Err(unreadable(io::Error::other("a header of the archive has a wrong checksum")));
    }
    Ok(Some(block))
}

/// The body of a header that belongs to the next entry.
fn read_body(tar: &mut impl Read, header: &Header) -> Result<Vec<u8>, LayerError> {
    let size = header.entry_size().map_err(unreadable)?;
    if size > LONGEST {
        return Err(unreadable(io::Error::other(format!("an extended header of {size} bytes is too long"))));
    }
    let mut body = vec![0; usize::try_from(size).unwrap_or_default()];
    tar.read_exact(&mut body).map_err(unreadable)?;
    skip(tar, 0, size, End::Marked)?;
    Ok(body)
}

fn describe(header: &Header, before: &Before) -> Result<FoundEntry, LayerError> {
    let pax = &before.pax;
    let name = pax.get("path").map(<[u8]>::to_vec).or_else(|| before.long_name.clone());
    let name = text(name.unwrap_or_else(|| header.path_bytes().into_owned()))?;
    let target = pax.get("linkpath").map(<[u8]>::to_vec).or_else(|| before.long_target.clone());
    let target = || text(target.clone().or_else(|| header.link_name_bytes().map(Into::into)).unwrap_or_default());
    let (path, is_directory) = normal(&name);
    let (path, kind) = match header.as_bytes()[156] {
        // Before POSIX a directory was a file whose name ends in a slash.
        0 if is_directory => (path, EntryKind::Directory),
        0 | b'0' => match path::removed_by(&path) {
            Some(removed) => (removed, EntryKind::Whiteout),
            None => (path, EntryKind::File { size: number(pax, "size", header.entry_size())? }),
        },
        b'1' => (path, EntryKind::HardLink { target: normal(&target()?).0 }),
        b'2' => (path, EntryKind::Symlink { target: target()? }),
        b'5' => (path, EntryKind::Directory),
        other => return Err(LayerError::UnknownEntryType { path, kind: char::from(other) }),
    };
    let id = |number: u64| {
        u32::try_from(number).map_err(|_| unreadable(io::Error::other(format!("`{path}` has the owner {number}"))))
    };
    let uid = id(number(pax, "uid", header.uid())?)?;
    let gid = id(number(pax, "gid", header.gid())?)?;
    let mode = header.mode().map_err(unreadable)? & 0o7777;
    let mtime = number(pax, "mtime", header.mtime())?;
    Ok(FoundEntry { entry: Entry { path, kind, mode, uid, gid, xattrs: pax.xattrs() }, mtime })
}

/// A number of the extended header, or else of the header.
fn number(pax: &PaxRecords, key: &str, plain: io::Result<u64>) -> Result<u64, LayerError> {
    match pax.number(key)? {
        Some(number) => Ok(number),
        None => plain.map_err(unreadable),
    }
}

/// A path without what tools put around it, and whether it ended in a slash. The root's is empty.
fn normal(name: &str) -> (String, bool) {
    let mut rest = name;
    while let Some(shorter) = rest.strip_prefix("./").or_else(|| rest.strip_prefix('/')) {
        rest = shorter;
    }
    let path = rest.trim_end_matches('/');
    (if path == "." { String::new() } else { path.to_owned() }, rest.ends_with('/') || rest.is_empty())
}

fn until_zero(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

fn text(bytes: Vec<u8>) -> Result<String, LayerError> {
    String::from_utf8(bytes)
        .map_err(|error| LayerError::NotUtf8 { path: String::from_utf8_lossy(error.as_bytes()).into_owned() })
}

fn unreadable(source: io::Error) -> LayerError {
    LayerError::Read { source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_tools_add() {
        for (name, path, slash) in
            [("./a/b/", "a/b", true), ("/a", "a", false), ("././/a", "a", false), ("./", "", true), (".", "", false)]
        {
            assert_eq!(normal(name), (path.to_owned(), slash), "{name}");
        }
    }
}
