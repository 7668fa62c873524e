use crate::StepError;
use sage_oci_files::FileError;
use sage_oci_ldcache::ElfFacts;
use sage_oci_tree::ImagePath;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

/// A scratch file that holds one shared object at a time, so that its headers can be read back and forth.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    folder: PathBuf,
    file: Option<(File, PathBuf)>,
}

impl Spool {
    pub(crate) fn new(scratch: &Path) -> Self {
        Self { folder: scratch.to_owned(), file: None }
    }

    /// Whether `ldconfig` would look at a file of this name, wherever its configuration leads.
    #[expect(clippy::unused_self, reason = "reads as a question to the spool")]
    pub(crate) fn wants(&self, path: &ImagePath) -> bool {
        sage_oci_ldcache::looks_like_library(path.name())
    }

    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<(), StepError> {
        let (file, path) = match &mut self.file {
            Some(open) => open,
            None => self.file.insert(open(&self.folder)?),
        };
        Ok(file.write_all(piece).map_err(FileError::at("write", path))?)
    }

    /// What the object that was written says about itself, if it is one; the spool is empty again.
    pub(crate) fn facts(&mut self, shown: &ImagePath) -> Result<Option<ElfFacts>, StepError> {
        let Some((file, path)) = &mut self.file else { return Ok(None) };
        file.rewind().map_err(FileError::at("read", &path))?;
        // A text that is named like a library (an ld script) or a damaged object is nothing to ldconfig either.
        let facts = ElfFacts::read(&mut *file).unwrap_or_else(|error| {
            eprintln!("note: {shown} is left out of the library cache: {error}");
            None
        });
        file.rewind().and_then(|()| file.set_len(0)).map_err(FileError::at("empty", &path))?;
        Ok(facts)
    }
}

fn open(folder: &Path) -> Result<(File, PathBuf), StepError> {
    let file = tempfile::tempfile_in(folder).map_err(FileError::at("make a scratch file in", folder))?;
    Ok((file, folder.to_owned()))
}
