use crate::pax::Pax;
use crate::whiteout::removal;
use crate::{Dialect, TarError};
use sage_oci_tree::{Entry, EntryKind, ImagePath, PathError};
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

/// An entry, and how many bytes of content follow its header.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) entry: Entry,
    pub(crate) body: u64,
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
pub(crate) fn describe(header: &Header, before: Before, dialect: Dialect) -> Result<Described, TarError> {
    let Before { name, link, pax } = before;
    let shown = pax.path.clone().unwrap_or_else(|| match &name {
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => shown(header),
    });
    let malformed = |why| TarError::Header { entry: shown.clone(), why };
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
    let unsafe_path = |path: &str, why| TarError::UnsafePath { entry: shown.clone(), path: path.to_owned(), why };
    let parse = |text: &str| {
        let path = if dialect.slashes { ImagePath::anchored(text) } else { ImagePath::relative(text) };
        path.map_err(|why| unsafe_path(text, why))
    };
    let mut path = parse(&raw)?;
    let written_size = header.entry_size().map_err(|_| malformed("its size is not a number"))?;
    let size = pax.size.unwrap_or(written_size);
    let target = || link.filter(|link| !link.is_empty()).ok_or_else(|| malformed("it is a link without a target"));

    let mut body = 0;
    let kind = match header.entry_type() {
        // Writers older than POSIX mark a directory by its slash alone.
        EntryType::Regular | EntryType::Continuous if raw.ends_with('/') => EntryKind::Directory,
        EntryType::Regular | EntryType::Continuous => {
            body = size;
            match if dialect.removals { removal(&path).map_err(|why| unsafe_path(&raw, why))? } else { None } {
                Some((removed, kind)) => {
                    path = removed;
                    kind
                }
                None => EntryKind::File { size },
            }
        }
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink => {
            let target = target()?;
            if target.contains('\0') {
                return Err(unsafe_path(&target, PathError::Nul));
            }
            EntryKind::Symlink { target }
        }
        EntryType::Link => EntryKind::HardLink { target: parse(&target()?)? },
        other => return Err(TarError::RefusedKind { entry: shown, kind: kind_name(other) }),
    };
    if size != 0 && !dialect.idle_sizes && !matches!(kind, EntryKind::File { .. }) {
        return Err(malformed("it has content but is not a file"));
    }
    if path.is_root() && !matches!(kind, EntryKind::Directory | EntryKind::Opaque) {
        return Err(malformed("the root is not a directory"));
    }

    let id = |wide: Option<u64>, field: std::io::Result<u64>| {
        wide.or_else(|| field.ok())
            .and_then(|id| u32::try_from(id).ok())
            .ok_or_else(|| malformed("an owner's number is not one"))
    };
    let uid = id(pax.uid, header.uid())?;
    let gid = id(pax.gid, header.gid())?;
    let name = |wide: Option<Vec<u8>>, field: Option<&[u8]>| {
        let bytes = wide.unwrap_or_else(|| field.unwrap_or_default().to_vec());
        if dialect.owners { utf8(bytes, "an owner's name is not UTF-8") } else { Ok(String::new()) }
    };
    let owner = name(pax.owner, header.username_bytes())?;
    let group = name(pax.group, header.groupname_bytes())?;
    let mode = header.mode().map_err(|_| malformed("its mode is not a number"))? & 0o7777;
    let mtime = match pax.mtime {
        Some(mtime) => mtime,
        // Binary fields are signed: the low 64 bits are two's complement.
        None => header.mtime().map_err(|_| malformed("its time is not a number"))?.cast_signed(),
    };
    let entry = Entry { path, kind, mode, uid, gid, owner, group, mtime, xattrs: pax.xattrs };
    Ok(Described { entry, body })
}

fn kind_name(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Char => "character device",
        EntryType::Block => "block device",
        EntryType::Fifo => "named pipe",
        EntryType::GNUSparse => "sparse file",
        EntryType::XGlobalHeader => "global PAX header",
        _ => "kind of entry that no image has",
    }
}
