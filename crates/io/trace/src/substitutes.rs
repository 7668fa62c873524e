use crate::Answers;
use nix::unistd::Pid;
use sage_oci_files::FileError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Files that a program reads in place of the machine's.
pub(crate) struct Substitutes {
    files: BTreeMap<PathBuf, PathBuf>,
    /// The mounts that the files can be seen in.
    mounts: PathBuf,
    folder: TempDir,
}

impl Substitutes {
    /// Writes them to a folder of their own.
    pub(crate) fn write(answers: &Answers) -> Result<Self, FileError> {
        let folder = tempfile::tempdir().map_err(FileError::at("create a folder in", std::env::temp_dir()))?;
        let mut files = BTreeMap::new();
        for (number, (path, bytes)) in answers.all_files().into_iter().enumerate() {
            let file = folder.path().join(number.to_string());
            sage_oci_files::write_new(&file, &bytes)?;
            files.insert(path, file);
        }
        let mounts =
            if files.is_empty() { PathBuf::new() } else { sage_oci_files::read_link("/proc/thread-self/ns/mnt")? };
        Ok(Self { files, mounts, folder })
    }

    /// A file beside them that nobody is to read.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a process is to read in place of a file. Nothing where it has a root or mounts of its own: the substitute is not there.
    pub(crate) fn of(&self, process: Pid, path: &Path) -> Option<&Path> {
        let file = self.files.get(path)?;
        let link = |name: &str| sage_oci_files::read_link(format!("/proc/{process}/{name}")).ok();
        (link("root")? == Path::new("/") && link("ns/mnt")? == self.mounts).then_some(file)
    }
}
