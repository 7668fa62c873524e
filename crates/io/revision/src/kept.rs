use crate::RevisionError;
use sage_oci_files::{AtomicFile, FileError};
use sage_oci_names::Sha256;
use sage_oci_source::{BlobId, FileKind, SourceFile, SourceTree};
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The last bytes of a file of this format; another format has another digit.
const MARK: &[u8; 8] = b"oci-src1";
/// Behind the index: its length, its digest, the mark.
const TAIL: u64 = 8 + 32 + 8;
/// Contents are text: the fastest level makes them a quarter, and reading them back costs next to nothing.
const LEVEL: i32 = 1;

/// What was unpacked, in one file: the contents, each compressed by itself, and behind them the index.
///
/// The file gets its name when it is whole, is never changed then, and its index is held to a digest; so any number of processes may
/// make and read it at once, and whatever else lies there is made again.
#[derive(Debug)]
pub(crate) struct Kept {
    file: File,
    path: PathBuf,
    places: BTreeMap<BlobId, Place>,
}

/// Where a content is: offset, compressed length, length.
type Place = (u64, u32, u32);

/// What is known of the contents.
#[derive(Debug, Serialize, Deserialize)]
struct Index {
    stated: String,
    /// Each name once: reading them is what opening takes.
    files: Vec<(String, FileKind, BlobId, Option<Place>)>,
}

/// A file that is being filled.
pub(crate) struct Filling {
    file: AtomicFile,
    target: PathBuf,
    compressor: zstd::bulk::Compressor<'static>,
    at: u64,
    tree: SourceTree,
    places: BTreeMap<BlobId, Place>,
}

impl Kept {
    /// The file of this key: its tree, what was said of it ([`Filling::commit`]), and its contents. None where it has to be made.
    ///
    /// # Errors
    /// It is there and may not be read.
    pub(crate) fn open(folder: &Path, key: &str) -> Result<Option<(SourceTree, String, Self)>, RevisionError> {
        let path = place(folder, key);
        let mut file = match sage_oci_files::open(&path) {
            Err(error) if error.is_not_found() => return Ok(None),
            other => other?,
        };
        let Some(index) = read_index(&mut file).map_err(FileError::at("read", &path))? else { return Ok(None) };
        let (mut tree, mut places) = (SourceTree::default(), BTreeMap::new());
        for (path, kind, id, place) in index.files {
            tree.files.insert(path, SourceFile { id, kind });
            places.extend(place.map(|place| (id, place)));
        }
        Ok(Some((tree, index.stated, Self { file, path, places })))
    }

    /// A content, held to its name.
    pub(crate) fn read(&mut self, id: BlobId) -> Result<Vec<u8>, RevisionError> {
        let place = || format!("`{}`", self.path.display());
        let &(offset, packed, length) =
            self.places.get(&id).ok_or_else(|| RevisionError::NoContent { id, place: place() })?;
        let mut bytes = vec![0; packed as usize];
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(FileError::at("read", &self.path))?;
        let content = zstd::bulk::decompress(&bytes, length as usize).unwrap_or_default();
        match BlobId::of(&content) == id {
            true => Ok(content),
            false => Err(RevisionError::Changed { id, place: place() }),
        }
    }
}

impl Filling {
    /// Begins the file of a key; several may.
    pub(crate) fn begin(folder: &Path, key: &str) -> Result<Self, RevisionError> {
        sage_oci_files::create_dir_all(folder)?;
        let target = place(folder, key);
        let file = AtomicFile::create(&target)?;
        let compressor = zstd::bulk::Compressor::new(LEVEL).map_err(FileError::at("write", &target))?;
        let (tree, places) = (SourceTree::default(), BTreeMap::new());
        Ok(Self { file, target, compressor, at: 0, tree, places })
    }

    /// Adds a file of the tree; its content only where it is to be `kept`. A path that comes twice is what it was last.
    pub(crate) fn add(&mut self, path: String, file: SourceFile, content: &[u8], kept: bool) -> Result<(), FileError> {
        self.tree.files.insert(path, file);
        if !kept || self.places.contains_key(&file.id) {
            return Ok(());
        }
        let mut write = || {
            let packed = self.compressor.compress(content)?;
            let too_long = |_| io::Error::from(io::ErrorKind::FileTooLarge);
            let lengths = (packed.len().try_into().map_err(too_long)?, content.len().try_into().map_err(too_long)?);
            self.file.write_all(&packed)?;
            self.places.insert(file.id, (self.at, lengths.0, lengths.1));
            self.at += packed.len() as u64;
            Ok(())
        };
        write().map_err(FileError::at("write", &self.target))
    }

    /// The file that was added under a path, as a hard link to it needs.
    pub(crate) fn file(&self, path: &str) -> Option<SourceFile> {
        self.tree.files.get(path).copied()
    }

    /// Writes the index and gives the file its name. `stated` is said again by [`Kept::open`].
    pub(crate) fn commit(mut self, stated: &str) -> Result<(), RevisionError> {
        let line = |(path, file): (String, SourceFile)| (path, file.kind, file.id, self.places.get(&file.id).copied());
        let index = Index { stated: stated.to_owned(), files: self.tree.files.into_iter().map(line).collect() };
        let text = serde_json::to_vec(&index).map_err(|error| FileError::at("write", &self.target)(error.into()))?;
        let length = (text.len() as u64).to_le_bytes();
        let digest: [u8; 32] = sha2::Sha256::digest(&text).into();
        for part in [&text[..], &length, &digest, MARK] {
            self.file.write_all(part).map_err(FileError::at("write", &self.target))?;
        }
        Ok(self.file.commit()?)
    }
}

fn place(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{key}.source"))
}

/// None where the file is no whole one of this format.
fn read_index(file: &mut File) -> io::Result<Option<Index>> {
    let length = file.metadata()?.len();
    let Some(start) = length.checked_sub(TAIL) else { return Ok(None) };
    let mut tail = [0; TAIL as usize];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut tail)?;
    let (size, rest) = tail.split_at(8);
    let (digest, mark) = rest.split_at(32);
    let size = u64::from_le_bytes(size.try_into().unwrap_or_default());
    let Some(start) = start.checked_sub(size).filter(|_| mark == MARK) else { return Ok(None) };
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(size).read_to_end(&mut text)?;
    if sha2::Sha256::digest(&text)[..] != *digest {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&text).ok())
}

/// The digest of a file, which is the first part of its key.
pub(crate) fn digest(path: &Path) -> Result<Sha256, RevisionError> {
    let mut file = sage_oci_files::open(path)?;
    let mut digest = sha2::Sha256::default();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Sha256::new(digest.finalize().into())),
            Ok(count) => digest.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::at("read", path)(error).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(folder: &Path) -> (BlobId, PathBuf) {
        let mut filling = Filling::begin(folder, "k").unwrap();
        for (path, content) in [("a", "same"), ("b/c", "same"), ("d", ""), ("e", "not kept")] {
            let file = SourceFile { id: BlobId::of(content.as_bytes()), kind: FileKind::Regular };
            filling.add(path.to_owned(), file, content.as_bytes(), path != "e").unwrap();
        }
        assert!(Kept::open(folder, "k").unwrap().is_none());
        filling.commit("1.0").unwrap();
        (BlobId::of(b"same"), folder.join("k.source"))
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let folder = tempfile::tempdir().unwrap();
        let (id, _) = fill(folder.path());
        let (tree, stated, mut kept) = Kept::open(folder.path(), "k").unwrap().unwrap();
        assert_eq!((tree.files.len(), stated.as_str()), (4, "1.0"));
        assert_eq!(kept.read(id).unwrap(), b"same");
        assert_eq!(kept.read(BlobId::of(b"")).unwrap(), b"");
        let error = kept.read(BlobId::of(b"not kept")).unwrap_err();
        assert!(matches!(error, RevisionError::NoContent { .. }), "{error}");
    }

    #[test]
    fn a_cut_or_changed_file_is_never_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (id, path) = fill(folder.path());
        let whole = sage_oci_files::read(&path).unwrap();
        for cut in 0..whole.len() {
            sage_oci_files::write_new(&path, &whole[..cut]).unwrap();
            assert!(Kept::open(folder.path(), "k").unwrap().is_none(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            sage_oci_files::write_new(&path, &bytes).unwrap();
            // Only the contents lie outside of the index's digest, and each is held to its own.
            if let Some((_, _, mut kept)) = Kept::open(folder.path(), "k").unwrap() {
                for id in [id, BlobId::of(b"")] {
                    match kept.read(id) {
                        Ok(content) => assert_eq!(BlobId::of(&content), id),
                        Err(error) => assert!(matches!(error, RevisionError::Changed { .. }), "{error}"),
                    }
                }
            }
        }
    }
}
