use crate::StepError;
use sage_oci_deb::{Deb, DebError};
use sage_oci_files::FileError;
use sage_oci_root::merged_usr;
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A folder into which chosen files of archives are unpacked.
///
/// Files are written before any symbolic link exists, so nothing is ever written through one. Owners and times are not
/// kept; files may be executed.
pub(crate) struct Unpacked {
    folder: PathBuf,
    links: BTreeMap<ImagePath, String>,
}

impl Unpacked {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, links: BTreeMap::new() }
    }

    /// Where a path of the image lies in the folder.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    /// Unpacks the files and links of an archive whose paths in the image `want` takes; it sees every entry.
    pub(crate) fn archive(
        &mut self,
        archive: &str,
        mut want: impl FnMut(&ImagePath, &Entry) -> Result<bool, StepError>,
    ) -> Result<(), StepError> {
        let failed = |source: DebError| StepError::Archive { archive: archive.to_owned(), source: Box::new(source) };
        let deb = Deb::open(sage_oci_files::open(archive)?).map_err(failed)?;
        let limit = deb.control().unpacked_limit().map_err(failed)?;
        let mut data = deb.data(limit).map_err(failed)?;
        while let Some((entry, mut body)) = data.next_entry().map_err(failed)? {
            let path = merged_usr(&entry.path).into_owned();
            if !want(&path, &entry)? {
                continue;
            }
            match &entry.kind {
                EntryKind::File { .. } => self.write(&path, &mut body, &failed)?,
                EntryKind::Symlink { target } => {
                    self.links.insert(path, target.clone());
                }
                EntryKind::HardLink { target } => {
                    let target = merged_usr(target).into_owned();
                    self.parent(&path)?;
                    sage_oci_files::hard_link_or_copy(self.path(&target), self.path(&path))?;
                }
                EntryKind::Directory | EntryKind::Whiteout | EntryKind::Opaque => {}
            }
        }
        Ok(())
    }

    /// Makes the symbolic links; absolute targets lead into the folder. A link that leads out of it, or nowhere, is left out.
    pub(crate) fn make_links(&self) -> Result<(), StepError> {
        for (path, target) in &self.links {
            let Some(real) = path.target(target) else { continue };
            let real = merged_usr(&real);
            self.parent(path)?;
            let at = self.path(path);
            if sage_oci_files::metadata(&at).is_err() {
                sage_oci_files::symlink(self.path(real.as_ref()), at)?;
            }
        }
        Ok(())
    }

    /// Writes a file that was unpacked elsewhere.
    pub(crate) fn put(&self, path: &ImagePath, content: &[u8]) -> Result<(), StepError> {
        self.parent(path)?;
        Ok(sage_oci_files::write_new(self.path(path), content)?)
    }

    fn parent(&self, path: &ImagePath) -> Result<(), StepError> {
        Ok(sage_oci_files::create_dir_all(self.path(path.parent().unwrap_or_default()))?)
    }

    fn write(
        &self,
        path: &ImagePath,
        body: &mut impl Read,
        failed: &impl Fn(DebError) -> StepError,
    ) -> Result<(), StepError> {
        self.parent(path)?;
        let at = self.path(path);
        // The first of two packages that ship one path gives it; which one the image takes, the lock has settled before.
        match sage_oci_files::create_program(&at)? {
            Some(mut file) => copy(body, &mut file, &at, failed),
            None => Ok(()),
        }
    }
}

/// Copies and tells an archive's error from the disk's.
fn copy(
    body: &mut impl Read,
    file: &mut std::fs::File,
    at: &Path,
    failed: &impl Fn(DebError) -> StepError,
) -> Result<(), StepError> {
    let mut buffer = vec![0; 128 << 10];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                std::io::Write::write_all(file, &buffer[..length]).map_err(FileError::at("write", at))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(DebError::from(error))),
        }
    }
}
