use crate::pax::Pax;
use crate::{DebError, Entry, EntryKind, normal_path};
use tar::{EntryType, Header};

/// The size of a tar block.
pub(crate) const BLOCK: usize = 512;

/// What came before the header of an entry and belongs to it.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// A GNU long name.
    pub(crate) name: Option<Vec<u8>>,
    /// A GNU long link target.
    pub(crate) link: Option<Vec<u8>>,
    /// A PAX extended header.
    pub(crate) pax: Pax,
}

/// The entry's name for error messages.
pub(crate) fn shown(header: &Header) -> String {
    String::from_utf8_lossy(&header.path_bytes()).into_owned()
}

/// Checks the sum of a header's bytes, the checksum field counted as spaces (POSIX ustar).
pub(crate) fn checksum_is_right(header: &Header) -> bool {
    let bytes = header.as_bytes();
    let sum: u32 = bytes[..148].iter().chain(&bytes[156..]).map(|byte| u32::from(*byte)).sum();
    header.cksum().is_ok_and(|written| written == sum + 8 * u32::from(b' '))
}

/// Makes an entry of its header and what came before it.
pub(crate) fn entry(header: &Header, before: Before) -> Result<Entry, DebError> {
    let Before { name, link, pax } = before;
    let shown = pax.path.clone().unwrap_or_else(|| match &name {
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => shown(header),
    });
    let malformed = |why| DebError::TarHeader { entry: shown.clone(), why };
    let utf8 = |bytes: Vec<u8>, why| String::from_utf8(bytes).map_err(|_| malformed(why));

    let raw = match pax.path {
        Some(path) => path,
        None => utf8(name.unwrap_or_else(|| header.path_bytes().into_owned()), "its name is not UTF-8")?,
    };
    let link = match pax.link {
        Some(link) => Some(link),
        None => link
            .or_else(|| header.link_name_bytes().map(|bytes| bytes.into_owned()))
            .map(|bytes| utf8(bytes, "its link target is not UTF-8"))
            .transpose()?,
    };
    let unsafe_path = |path: &str, why| DebError::UnsafePath { entry: shown.clone(), path: path.to_owned(), why };
    let path = normal_path(&raw).map_err(|why| unsafe_path(&raw, why))?;
    let written_size = header.entry_size().map_err(|_| malformed("its size is not a number"))?;
    let size = pax.size.unwrap_or(written_size);
    let target = || link.filter(|link| !link.is_empty()).ok_or_else(|| malformed("it is a link without a target"));

    let kind = match header.entry_type() {
        // Writers older than POSIX mark a directory by its slash alone.
        EntryType::Regular | EntryType::Continuous if raw.ends_with('/') => EntryKind::Directory,
        EntryType::Regular | EntryType::Continuous => EntryKind::File { size },
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink => {
            let target = target()?;
            if target.contains('\0') {
                return Err(unsafe_path(&target, "it holds a NUL character"));
            }
            EntryKind::Symlink { target }
        }
        EntryType::Link => {
            let target = target()?;
            let normal = normal_path(&target).map_err(|why| unsafe_path(&target, why))?;
            EntryKind::HardLink { target: normal }
        }
        other => return Err(DebError::RefusedKind { entry: shown, kind: kind_name(other) }),
    };
    if size != 0 && !matches!(kind, EntryKind::File { .. }) {
        return Err(malformed("it has content but is not a file"));
    }
    if path.is_empty() && kind != EntryKind::Directory {
        return Err(malformed("the root is not a directory"));
    }

    let id = |wide: Option<u64>, field: std::io::Result<u64>| {
        wide.or_else(|| field.ok())
            .and_then(|id| u32::try_from(id).ok())
            .ok_or_else(|| malformed("an owner's number is not one"))
    };
    let uid = id(pax.uid, header.uid())?;
    let gid = id(pax.gid, header.gid())?;
    let text = |bytes: Option<&[u8]>| utf8(bytes.unwrap_or_default().to_vec(), "an owner's name is not UTF-8");
    let owner = pax.owner.map_or_else(|| text(header.username_bytes()), Ok)?;
    let group = pax.group.map_or_else(|| text(header.groupname_bytes()), Ok)?;
    let mode = header.mode().map_err(|_| malformed("its mode is not a number"))? & 0o7777;
    let mtime = match pax.mtime {
        Some(mtime) => mtime,
        // Binary fields are signed: the low 64 bits are two's complement.
        None => header.mtime().map_err(|_| malformed("its time is not a number"))?.cast_signed(),
    };
    Ok(Entry { path, kind, mode, uid, gid, owner, group, mtime, xattrs: pax.xattrs })
}

fn kind_name(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Char => "character device",
        EntryType::Block => "block device",
        EntryType::Fifo => "named pipe",
        EntryType::GNUSparse => "sparse file",
        EntryType::XGlobalHeader => "global PAX header",
        _ => "kind of entry that no package has",
    }
}
