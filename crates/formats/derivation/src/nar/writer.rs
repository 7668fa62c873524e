use super::wire::{number, padding, text};
use crate::DerivationError;
use std::io::{Read, Write};

/// Nix reads no NAR with deeper directories.
const DEEPEST: usize = 64;

/// Writes one NAR, entry by entry, holding no file's content.
///
/// The first entry is the root and has the empty name. Behind a [`Self::directory`] come its entries, in rising order of
/// their names' bytes, then [`Self::end_directory`]. An archive that is not complete is an error of [`Self::finish`].
pub struct NarWriter<W> {
    out: W,
    /// The open directories, each with the name of its last entry.
    open: Vec<Option<String>>,
    root_seen: bool,
}

impl<W: Write> NarWriter<W> {
    /// Begins an archive.
    pub fn new(mut out: W) -> Result<Self, DerivationError> {
        text(&mut out, "nix-archive-1")?;
        Ok(Self { out, open: Vec::new(), root_seen: false })
    }

    /// Opens a directory.
    pub fn directory(&mut self, name: &str) -> Result<(), DerivationError> {
        if self.open.len() >= DEEPEST {
            return Err(refuse(name, "its directories are nested too deeply"));
        }
        self.begin(name, "directory")?;
        self.open.push(None);
        Ok(())
    }

    /// Closes the directory opened last.
    pub fn end_directory(&mut self) -> Result<(), DerivationError> {
        if self.open.pop().is_none() {
            return Err(refuse("", "no directory is open"));
        }
        self.end()
    }

    /// Writes a file of `size` bytes, read from `content`, which must hold exactly as many.
    pub fn file(
        &mut self,
        name: &str,
        executable: bool,
        size: u64,
        mut content: impl Read,
    ) -> Result<(), DerivationError> {
        let mut file = self.begin_file(name, executable, size)?;
        file.copy(&mut content)?;
        file.end()
    }

    /// Begins a file of `size` bytes, which are then given piece by piece. Dropped before [`NarFile::end`], it leaves the
    /// archive broken.
    pub fn begin_file(&mut self, name: &str, executable: bool, size: u64) -> Result<NarFile<'_, W>, DerivationError> {
        self.begin(name, "regular")?;
        if executable {
            text(&mut self.out, "executable")?;
            text(&mut self.out, "")?;
        }
        text(&mut self.out, "contents")?;
        number(&mut self.out, size)?;
        Ok(NarFile { nar: self, name: name.to_owned(), size, done: 0 })
    }

    /// Writes a symbolic link.
    pub fn symlink(&mut self, name: &str, target: &str) -> Result<(), DerivationError> {
        if target.is_empty() || target.contains('\0') {
            return Err(refuse(name, "its target is empty or has a NUL character"));
        }
        self.begin(name, "symlink")?;
        text(&mut self.out, "target")?;
        text(&mut self.out, target)?;
        self.end()
    }

    /// Checks that the archive is complete and gives the sink back.
    pub fn finish(self) -> Result<W, DerivationError> {
        match (self.root_seen, self.open.is_empty()) {
            (true, true) => Ok(self.out),
            (false, _) => Err(refuse("", "the archive has no root")),
            (_, false) => Err(refuse("", "a directory is still open at the end of the archive")),
        }
    }

    /// Everything of a node up to what is particular to its kind.
    fn begin(&mut self, name: &str, kind: &str) -> Result<(), DerivationError> {
        if let Some(last) = self.open.last_mut() {
            if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
                return Err(refuse(name, "a name must be one component and neither `.` nor `..`"));
            }
            if last.as_deref().is_some_and(|last| last >= name) {
                return Err(refuse(name, "the names of a directory must be sorted, each once"));
            }
            *last = Some(name.to_owned());
            for token in ["entry", "(", "name", name, "node"] {
                text(&mut self.out, token)?;
            }
        } else if self.root_seen {
            return Err(refuse(name, "it stands behind the root"));
        } else if !name.is_empty() {
            return Err(refuse(name, "the root has no name"));
        }
        self.root_seen = true;
        for token in ["(", "type", kind] {
            text(&mut self.out, token)?;
        }
        Ok(())
    }

    /// Closes a node, and the entry around it unless it is the root.
    fn end(&mut self) -> Result<(), DerivationError> {
        text(&mut self.out, ")")?;
        if self.open.is_empty() { Ok(()) } else { text(&mut self.out, ")") }
    }
}

/// A file of an archive that is being written.
pub struct NarFile<'a, W> {
    nar: &'a mut NarWriter<W>,
    name: String,
    size: u64,
    done: u64,
}

impl<W: Write> NarFile<'_, W> {
    /// Writes the next bytes of its content.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DerivationError> {
        self.done += bytes.len() as u64;
        if self.done > self.size {
            return Err(self.wrong_size());
        }
        self.nar.out.write_all(bytes).map_err(DerivationError::Write)
    }

    /// Ends the file; all its bytes must have come.
    pub fn end(self) -> Result<(), DerivationError> {
        if self.done != self.size {
            return Err(self.wrong_size());
        }
        padding(&mut self.nar.out, self.size)?;
        self.nar.end()
    }

    fn wrong_size(&self) -> DerivationError {
        DerivationError::NarSize { entry: self.name.clone(), expected: self.size, actual: self.done }
    }

    fn copy(&mut self, content: &mut impl Read) -> Result<(), DerivationError> {
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.write(&buffer[..count])?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(DerivationError::NarRead { entry: self.name.clone(), source }),
            }
        }
    }
}

fn refuse(entry: &str, why: &'static str) -> DerivationError {
    DerivationError::NarEntry { entry: entry.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> NarWriter<Vec<u8>> {
        NarWriter::new(Vec::new()).unwrap()
    }

    #[test]
    fn a_file_as_the_format_says() {
        let mut nar = start();
        nar.file("", true, 3, &b"abc"[..]).unwrap();
        let mut expected = Vec::new();
        for token in ["nix-archive-1", "(", "type", "regular", "executable", "", "contents", "abc", ")"] {
            text(&mut expected, token).unwrap();
        }
        assert_eq!(nar.finish().unwrap(), expected);
    }

    #[test]
    fn a_file_in_pieces_is_the_same_file() {
        let mut whole = start();
        whole.file("", false, 3, &b"abc"[..]).unwrap();
        let mut pieces = start();
        let mut file = pieces.begin_file("", false, 3).unwrap();
        file.write(b"a").unwrap();
        file.write(b"bc").unwrap();
        file.end().unwrap();
        assert_eq!(pieces.finish().unwrap(), whole.finish().unwrap());
        let mut nar = start();
        let mut file = nar.begin_file("", false, 3).unwrap();
        file.write(b"ab").unwrap();
        assert!(matches!(file.end(), Err(DerivationError::NarSize { expected: 3, actual: 2, .. })));
    }

    #[test]
    fn order_and_names_are_checked() {
        let mut nar = start();
        nar.directory("").unwrap();
        nar.symlink("b", "x").unwrap();
        for bad in ["a", "b", "", ".", "..", "c/d", "c\0"] {
            assert!(nar.symlink(bad, "x").is_err(), "{bad:?}");
        }
        assert!(nar.symlink("c", "").is_err());
        assert!(nar.finish().is_err(), "a directory is open");
        assert!(start().finish().is_err(), "no root");
        assert!(start().end_directory().is_err());
        let mut nar = start();
        nar.symlink("", "x").unwrap();
        assert!(nar.symlink("", "y").is_err(), "two roots");
        assert!(start().symlink("named", "x").is_err());
    }

    #[test]
    fn sizes_are_checked() {
        for size in [2, 4] {
            let error = start().file("", false, size, &b"abc"[..]).unwrap_err();
            assert!(matches!(error, DerivationError::NarSize { .. }), "{error}");
        }
    }
}
