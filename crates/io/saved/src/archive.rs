use crate::SavedError;
use sage_oci_files::FileError;
use sage_oci_tar::{Dialect, End, TarError, TarReader};
use sage_oci_tree::{EntryKind, ImagePath};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// As engines write archives.
const ARCHIVE: Dialect =
    Dialect { end: End::Anywhere, removals: false, slashes: true, idle_sizes: true, owners: false };
/// Links that lead from one to the next; more is a mistake, or malice.
const MOST_LINKS: usize = 8;

/// The files of an archive, one behind the other in a file without a name: nothing is left of it however the process ends, and what the
/// archive calls its files never becomes a path.
#[derive(Debug)]
pub(crate) struct Archive {
    parts: BTreeMap<ImagePath, Part>,
    links: BTreeMap<ImagePath, ImagePath>,
}

/// A file of the archive, read from its beginning.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Part {
    /// Its size, while nothing was read.
    pub(crate) fn size(&self) -> u64 {
        self.left
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

impl Archive {
    pub(crate) fn unpack(reader: impl Read) -> Result<Self, SavedError> {
        let place = std::env::temp_dir();
        let file = tempfile::tempfile_in(&place).map_err(FileError::at("create a file in", &place))?;
        let file = Arc::new(file);
        let mut out = BufWriter::with_capacity(1 << 20, &*file);
        let (mut parts, mut links) = (BTreeMap::new(), BTreeMap::new());
        let mut tar = TarReader::new(reader, ARCHIVE);
        let mut at = 0;
        while let Some(entry) = tar.next_entry()? {
            match entry.kind {
                EntryKind::File { .. } => {
                    let size = io::copy(&mut tar, &mut out).map_err(|error| failed(error, &place))?;
                    parts.insert(entry.path, Part { file: Arc::clone(&file), at, left: size });
                    at += size;
                }
                EntryKind::Symlink { target } => {
                    if let Some(target) = entry.path.target(&target) {
                        links.insert(entry.path, target);
                    }
                }
                EntryKind::HardLink { target } => _ = links.insert(entry.path, target),
                _ => {}
            }
        }
        out.into_inner().map_err(|error| FileError::at("write to", &place)(error.into_error()))?;
        Ok(Self { parts, links })
    }

    /// The file of that name.
    pub(crate) fn find(&self, name: &str) -> Option<Part> {
        let mut path = ImagePath::relative(name).ok()?;
        for _ in 0..MOST_LINKS {
            if let Some(part) = self.parts.get(&path) {
                return Some(part.clone());
            }
            path = self.links.get(&path)?.clone();
        }
        None
    }
}

/// Either end of a copy may have failed; what the error carries tells which.
fn failed(error: io::Error, place: &std::path::Path) -> SavedError {
    match error.get_ref().is_some_and(|inner| inner.is::<TarError>()) {
        true => TarError::from(error).into(),
        false => FileError::at("write to", place)(error).into(),
    }
}
