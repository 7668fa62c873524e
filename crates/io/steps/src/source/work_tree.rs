use super::tree::Tree;
use crate::contents;
use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::{Outputs, StepError};
use sage_oci_git::{FileMode, GitError, Repository};
use sage_oci_names::LayerName;
use sage_oci_root::{Item, absolute, image_path};
use sage_oci_step::Sealing;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use tempfile::TempDir;

/// Where a tree lies in the image, and whose it is: what steps with a work tree have in common.
pub(crate) struct WorkTree<'a> {
    pub(crate) name: &'a LayerName,
    pub(crate) sealing: &'a Sealing,
    pub(crate) path: &'a str,
    pub(crate) owner: u32,
    pub(crate) contents: &'a [String],
}

/// Gives a file's content, by its path, to what packs it.
type Read<'a> = &'a mut dyn FnMut(&str) -> io::Result<Vec<u8>>;

impl WorkTree<'_> {
    /// A folder for the files, which goes when it is dropped.
    pub(crate) fn scratch(&self, scratch: &Path) -> Result<TempDir, StepError> {
        image_path(self.path)?;
        let folder = tempfile::Builder::new().prefix("source-").tempdir_in(scratch);
        Ok(folder.map_err(sage_oci_files::FileError::at("create a folder in", scratch))?)
    }

    /// Writes the layer: the tree's files, and `.git` beside them as `repository` makes it, which writes the pack.
    pub(crate) fn lay_out(
        &self,
        tree: &Tree,
        folder: &Path,
        outputs: &Outputs,
        threads: usize,
        repository: impl FnOnce(BufWriter<File>, Read<'_>) -> Result<Repository, GitError>,
    ) -> Result<(), StepError> {
        let root = image_path(self.path)?;
        let pack = folder.join("pack");
        let file = BufWriter::new(sage_oci_files::create(&pack)?);
        let repository = repository(file, &mut |path| tree.read(path).map_err(io::Error::other))
            .map_err(|source| StepError::Repository { path: root.as_str().to_owned(), source: Box::new(source) })?;

        let below = contents::below(self.contents)?;
        let mut output = LayerOutput::create(self.name, self.sealing, outputs, threads, Some(&below.installed))?;
        let mut add = |item: Item| output.add_item(&item.owned(self.owner, self.owner), None);
        let dot_git = |path: &str| format!("{root}/.git/{path}");
        let mut paths: BTreeSet<String> = repository.files.iter().map(|file| dot_git(&file.path)).collect();
        paths.insert(dot_git(&repository.pack));
        // Git looks for them: a folder without `refs` is no repository.
        let mut directories = BTreeSet::from([absolute(&dot_git("objects/info"))?, absolute(&dot_git("refs/heads"))?]);
        for (path, file) in tree.files() {
            let at = format!("{root}/{path}");
            if file.mode == FileMode::Submodule {
                directories.insert(absolute(&at)?);
            }
            paths.insert(at);
        }
        for path in &paths {
            directories.extend(absolute(path)?.ancestors().filter(|parent| parent.is_within(&root)));
        }
        for directory in &directories {
            add(Item::directory(directory.as_str(), 0o755)?)?;
        }
        for (path, file) in tree.files() {
            let at = format!("{root}/{path}");
            let item = match file.mode {
                FileMode::Plain => Item::file(&at, 0o644, tree.read(path)?)?,
                FileMode::Executable => Item::file(&at, 0o755, tree.read(path)?)?,
                FileMode::Link => Item::symlink(&at, String::from_utf8_lossy(&tree.read(path)?))?,
                FileMode::Submodule => continue,
            };
            add(item)?;
        }
        // As git makes them: what never changes is read-only.
        let mode = |path: &str| if path.starts_with("objects/") { 0o444 } else { 0o644 };
        for file in &repository.files {
            add(Item::file(&dot_git(&file.path), mode(&file.path), file.content.clone())?)?;
        }
        add(Item::file(&dot_git(&repository.pack), mode(&repository.pack), sage_oci_files::read(&pack)?)?)?;
        let info = output.finish()?;
        let (count, size) = (tree.files().len(), megabytes(info.size));
        eprintln!("layer {}: {count} files at commit {}, {size}", self.name, repository.head);
        Ok(())
    }
}
