use crate::StepError;
use flate2::read::MultiGzDecoder;
use sage_oci_git::{File, FileMode, Files, ObjectId, ObjectKind};
use sage_oci_tar::{Dialect, TarReader};
use sage_oci_tree::{EntryKind, ImagePath};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use tar::EntryType;

/// What an archive may unpack to; it is pinned by its digest, so this only guards the machine.
const LIMIT: u64 = 4 << 30;

/// An unpacked source tree. Not a tree of an image: what git knows of its files, and their contents as numbered files of a scratch folder, so that
/// nothing in the archive names a path of this machine.
pub(crate) struct Tree {
    folder: PathBuf,
    files: Files,
    places: BTreeMap<String, usize>,
    count: usize,
}

impl Tree {
    /// Unpacks a `.tar.gz` without its one top folder.
    ///
    /// # Errors
    /// It is no such archive, has paths that lead out of the tree, or something that is neither file, folder nor link.
    pub(crate) fn unpack(archive: &str, folder: &Path) -> Result<Self, StepError> {
        let failed = |why: String| StepError::Source { archive: archive.to_owned(), why };
        let io = |error: std::io::Error| failed(error.to_string());
        let mut tree = Self { folder: folder.to_owned(), files: Files::new(), places: BTreeMap::new(), count: 0 };
        let file = sage_oci_files::open(archive)?;
        // Not the reader of packages and layers: archives of sources begin with a global header that names their commit.
        let mut tar = tar::Archive::new(MultiGzDecoder::new(std::io::BufReader::new(file)).take(LIMIT));
        let mut top = None;
        for entry in tar.entries().map_err(io)? {
            let mut entry = entry.map_err(io)?;
            let kind = entry.header().entry_type();
            if kind == EntryType::XGlobalHeader {
                continue;
            }
            let path = entry.path().map_err(io)?.into_owned();
            let (first, rest) = split(&path).ok_or_else(|| failed(format!("the path `{}`", path.display())))?;
            if *top.get_or_insert_with(|| first.clone()) != first {
                return Err(failed(format!("`{first}` is a second top folder")));
            }
            let mode = match kind {
                EntryType::Directory => continue,
                EntryType::Symlink => FileMode::Link,
                EntryType::Regular | EntryType::Continuous if entry.header().mode().map_err(io)? & 0o111 == 0 => {
                    FileMode::Plain
                }
                EntryType::Regular | EntryType::Continuous => FileMode::Executable,
                _ => return Err(failed(format!("`{rest}` is neither file, folder nor symbolic link"))),
            };
            if rest.is_empty() {
                return Err(failed(format!("`{first}` is no folder")));
            }
            let mut content = Vec::new();
            if mode == FileMode::Link {
                let target = entry.link_name().map_err(io)?.unwrap_or_default();
                content.extend(target.to_str().ok_or_else(|| failed(format!("`{rest}` leads nowhere")))?.bytes());
            } else {
                entry.read_to_end(&mut content).map_err(io)?;
            }
            tree.put(&rest, mode, &content)?;
        }
        if tree.files.is_empty() { Err(failed("there is no file in it".to_owned())) } else { Ok(tree) }
    }

    /// Unpacks an uncompressed tar of files without a folder above, as the driver of builds writes it.
    ///
    /// # Errors
    /// It is not whole, has paths that lead out of the tree, or something that is neither file, folder nor link.
    pub(crate) fn of_files(archive: &str, folder: &Path) -> Result<Self, StepError> {
        let failed = |why: String| StepError::Source { archive: archive.to_owned(), why };
        let mut tree = Self { folder: folder.to_owned(), files: Files::new(), places: BTreeMap::new(), count: 0 };
        let mut tar = TarReader::new(sage_oci_files::open(archive)?, Dialect::PACKAGE);
        while let Some(entry) = tar.next_entry().map_err(|error| failed(error.to_string()))? {
            let path = entry.path.as_str();
            match &entry.kind {
                EntryKind::Directory => {}
                EntryKind::Symlink { target } => tree.put(path, FileMode::Link, target.as_bytes())?,
                EntryKind::File { .. } => {
                    let mode = if entry.mode & 0o111 == 0 { FileMode::Plain } else { FileMode::Executable };
                    let mut content = Vec::new();
                    tar.read_to_end(&mut content).map_err(|error| failed(error.to_string()))?;
                    tree.put(path, mode, &content)?;
                }
                _ => return Err(failed(format!("`{path}` is neither file, folder nor symbolic link"))),
            }
        }
        Ok(tree)
    }

    /// Adds a commit of another repository, which has no content here.
    pub(crate) fn add_submodule(&mut self, path: &str, commit: ObjectId) {
        self.files.insert(path.to_owned(), File { mode: FileMode::Submodule, id: commit, size: 0 });
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The content of a file, or the target of a link.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, StepError> {
        Ok(sage_oci_files::read(self.place(self.places.get(path).copied().unwrap_or(usize::MAX)))?)
    }

    /// Gives a file another content and leaves its mode; without a content takes it away.
    pub(crate) fn change(&mut self, path: &str, content: Option<Vec<u8>>) -> Result<(), StepError> {
        match content {
            Some(content) => {
                let mode = self.files.get(path).map_or(FileMode::Plain, |file| file.mode);
                self.put(path, mode, &content)
            }
            None => {
                self.files.remove(path);
                self.places.remove(path);
                Ok(())
            }
        }
    }

    fn put(&mut self, path: &str, mode: FileMode, content: &[u8]) -> Result<(), StepError> {
        let place = self.count;
        self.count += 1;
        sage_oci_files::write_new(self.place(place), content)?;
        let id = ObjectId::of(ObjectKind::Blob, content);
        // A path that comes twice is what it was last, as with tar.
        self.files.insert(path.to_owned(), File { mode, id, size: content.len() as u64 });
        self.places.insert(path.to_owned(), place);
        Ok(())
    }

    fn place(&self, number: usize) -> PathBuf {
        self.folder.join(number.to_string())
    }
}

/// The top folder and what is below it; `None` for a path that is not UTF-8 or leads elsewhere.
fn split(path: &Path) -> Option<(String, String)> {
    let path = ImagePath::relative(path.to_str()?).ok()?;
    let top = ImagePath::parse(path.components().next()?).ok()?;
    let rest = path.strip_prefix(&top)?;
    Some((top.into(), rest.into()))
}
