use crate::command::batches;
use crate::{Nix, StoreError};
use sage_oci_derivation::{DerivationError, nar_hash};
use sage_oci_files::FileError;
use sage_oci_names::{Sha256, StorePath};
use sha2::Digest;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Files that are to become a recursive SHA-256 fixed output.
#[derive(Debug, Clone)]
pub struct FixedDirectory {
    /// The path it has if the content is right; see [`sage_oci_derivation::StoreDir::fixed_path`].
    pub path: StorePath,
    /// Where each file is now, by its path in the directory, as `bin/tool`. Modes are kept as far as Nix does.
    pub files: BTreeMap<String, PathBuf>,
}

impl Nix {
    /// Adds directories whose paths are known, so that derivations which promise them count as built.
    ///
    /// One command for all; those that are valid are left out. The files are laid out by hard links, and hashed by Nix: another
    /// content than promised is [`StoreError::WrongContent`]. Any user of a daemon may do this.
    pub fn add_fixed(&self, directories: &[FixedDirectory]) -> Result<(), StoreError> {
        let paths: Vec<StorePath> = directories.iter().map(|directory| directory.path.clone()).collect();
        let valid = self.is_valid(&paths)?;
        let missing: Vec<&FixedDirectory> =
            directories.iter().zip(valid).filter(|(_, valid)| !valid).map(|(directory, _)| directory).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let staging = self.staging()?;
        let mut laid_out = Vec::new();
        for (number, directory) in missing.iter().enumerate() {
            // Nix takes the name from the last component; a number before it keeps equal names apart.
            let folder = staging.path().join(number.to_string()).join(directory.path.name());
            lay_out(&directory.files, &folder)?;
            laid_out.push((&directory.path, folder));
        }
        self.add_laid_out(&laid_out, &["--add-fixed", "--recursive", "sha256"])
    }

    /// Where a file with this content lies, or will: a path that follows from name and content alone.
    ///
    /// # Errors
    /// A name that no store path can have.
    pub fn file_path(&self, name: &str, content: &[u8]) -> Result<StorePath, StoreError> {
        let sha256 = Sha256::new(sha2::Sha256::digest(content).into());
        Ok(self.store_dir().fixed_path(name, false, &sha256)?)
    }

    /// Adds regular files, by the paths that [`Nix::file_path`] gave; those that are there are left out.
    ///
    /// One command for all, whose cost is that of the files which are new. Any user of a daemon may do this.
    ///
    /// # Errors
    /// Nix's; [`StoreError::WrongContent`] for a path that is another content's.
    pub fn add_files(&self, files: &BTreeMap<StorePath, Vec<u8>>) -> Result<(), StoreError> {
        let paths: Vec<StorePath> = files.keys().cloned().collect();
        let valid = self.is_valid(&paths)?;
        let missing: Vec<_> = files.iter().zip(valid).filter(|(_, valid)| !valid).map(|(file, _)| file).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let staging = self.staging()?;
        let mut laid_out = Vec::new();
        for (number, (path, content)) in missing.into_iter().enumerate() {
            let folder = staging.path().join(number.to_string());
            sage_oci_files::create_dir_all(&folder)?;
            let file = folder.join(path.name());
            sage_oci_files::write_new(&file, content)?;
            laid_out.push((path, file));
        }
        self.add_laid_out(&laid_out, &["--add-fixed", "sha256"])
    }

    /// Adds one regular file of any size from where it is, and gives its path.
    ///
    /// # Errors
    /// Nix's, or the file cannot be read.
    pub fn add_file_at(&self, name: &str, file: &Path) -> Result<StorePath, StoreError> {
        let mut hasher = sha2::Sha256::new();
        let mut content = sage_oci_files::open(file)?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            match content.read(&mut buffer).map_err(FileError::at("read", file))? {
                0 => break,
                count => hasher.update(&buffer[..count]),
            }
        }
        let path = self.store_dir().fixed_path(name, false, &Sha256::new(hasher.finalize().into()))?;
        if self.is_valid(std::slice::from_ref(&path))? != [true] {
            let staging = self.staging()?;
            let named = staging.path().join(name);
            sage_oci_files::hard_link_or_copy(file, &named)?;
            self.add_laid_out(&[(&path, named)], &["--add-fixed", "sha256"])?;
        }
        Ok(path)
    }

    /// Adds files or folders that lie under their names, and holds the paths that Nix gives them to the promised ones.
    fn add_laid_out(&self, laid_out: &[(&StorePath, PathBuf)], how: &[&str]) -> Result<(), StoreError> {
        for batch in batches(laid_out, |(_, file)| file.as_os_str().len()) {
            let mut command = self.command("nix-store");
            command.args(how).args(batch.iter().map(|(_, file)| file));
            let added = self.capture_plain("add files", command)?;
            for (at, (expected, _)) in batch.iter().enumerate() {
                let actual = added.get(at).map_or("", String::as_str);
                if actual != expected.as_str() {
                    return Err(StoreError::WrongContent { expected: (*expected).clone(), actual: actual.to_owned() });
                }
            }
        }
        Ok(())
    }

    /// Puts a program into the store as `<name>/bin/<name>` and gives the path of the directory.
    ///
    /// The path is computed first: for a program that is there already this is one pass over the file and one question to Nix.
    pub fn add_tool(&self, name: &str, program: &Path) -> Result<StorePath, StoreError> {
        let file = sage_oci_files::open(program)?;
        let metadata = file.metadata().map_err(FileError::at("look at", program))?;
        let executable = metadata.permissions().mode() & 0o100 != 0;
        if !executable {
            let refused = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it is not executable");
            return Err(FileError::at("use as a builder", program)(refused).into());
        }
        let path = self.program_path(name, metadata.len(), file).map_err(|error| at_file(error, program))?;
        let files = [(format!("bin/{name}"), program.to_owned())].into();
        self.add_fixed(&[FixedDirectory { path: path.clone(), files }])?;
        Ok(path)
    }

    /// The same for a program whose bytes are at hand: nothing is written where it is there already.
    pub fn add_program(&self, name: &str, content: &[u8]) -> Result<StorePath, StoreError> {
        let path = self.program_path(name, content.len() as u64, content)?;
        if self.is_valid(std::slice::from_ref(&path))? != [true] {
            let staging = self.staging()?;
            let program = staging.path().join(name);
            sage_oci_files::write_new(&program, content)?;
            let permissions = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&program, permissions).map_err(FileError::at("make executable", &program))?;
            let files = [(format!("bin/{name}"), program)].into();
            self.add_fixed(&[FixedDirectory { path: path.clone(), files }])?;
        }
        Ok(path)
    }

    /// Brings a path from a binary cache that is asked, if it is not there.
    pub fn substitute(&self, path: &StorePath) -> Result<(), StoreError> {
        let mut command = self.command("nix-store");
        command.args(["--realise", path.as_str()]);
        self.capture_plain("fetch a path from a binary cache", command).map(drop)
    }

    fn program_path(&self, name: &str, size: u64, content: impl Read) -> Result<StorePath, DerivationError> {
        let hash = nar_hash(|nar| {
            nar.directory("")?;
            nar.directory("bin")?;
            nar.file(name, true, size, content)?;
            nar.end_directory()?;
            nar.end_directory()
        })?;
        self.store_dir().fixed_path(name, true, &hash.sha256)
    }

    /// A folder that goes away with the value.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn staging(&self) -> Result<tempfile::TempDir, StoreError> {
        let parent = self.settings.staging.clone().unwrap_or_else(sage_oci_files::cache_dir);
        sage_oci_files::create_dir_all(&parent)?;
        let folder = tempfile::Builder::new().prefix(".add-").tempdir_in(&parent);
        Ok(folder.map_err(FileError::at("create a folder in", &parent))?)
    }
}

fn lay_out(files: &BTreeMap<String, PathBuf>, folder: &Path) -> Result<(), StoreError> {
    sage_oci_files::create_dir_all(folder)?;
    for (name, file) in files {
        let to = folder.join(name);
        if let Some(parent) = to.parent() {
            sage_oci_files::create_dir_all(parent)?;
        }
        sage_oci_files::hard_link_or_copy(file, to)?;
    }
    Ok(())
}

/// Gives an error of reading a file its path.
fn at_file(error: DerivationError, file: &Path) -> StoreError {
    match error {
        DerivationError::NarRead { source, .. } => FileError::at("read", file)(source).into(),
        other => other.into(),
    }
}
