//! Source archives to git work trees.

mod tree;

use crate::contents;
use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::{Outputs, StepError};
use sage_oci_git::{Commit, FileMode, Repository, apply};
use sage_oci_root::{Item, absolute, image_path};
use sage_oci_step::{SourcePatch, SourceStep};
use std::collections::BTreeSet;
use std::io::BufWriter;
use std::path::Path;
use tree::Tree;

/// Builds the layer of a [`SourceStep`]: unpacks, patches, commits.
pub(crate) fn run(step: &SourceStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let root = image_path(&step.path)?;
    let folder = tempfile::Builder::new().prefix("source-").tempdir_in(scratch);
    let folder = folder.map_err(sage_oci_files::FileError::at("create a folder in", scratch))?;
    let mut tree = Tree::unpack(&step.archive, folder.path())?;
    for patch in &step.patches {
        apply_patch(&mut tree, patch)?;
    }
    let pack = folder.path().join("pack");
    let repository = commit(step, root.as_str(), &tree, &pack)?;

    let below = contents::below(&step.contents)?;
    let mut output = LayerOutput::create(&step.name, &step.sealing, outputs, threads, Some(&below.installed))?;
    let dot_git = |path: &str| format!("{root}/.git/{path}");
    let mut paths: BTreeSet<String> = tree.files().keys().map(|path| format!("{root}/{path}")).collect();
    paths.extend(repository.files.iter().map(|file| dot_git(&file.path)));
    paths.insert(dot_git(&repository.pack));
    // Git looks for it.
    let mut directories = BTreeSet::from([absolute(&dot_git("objects/info"))?]);
    for path in &paths {
        directories.extend(absolute(path)?.ancestors().filter(|parent| parent.is_within(&root)));
    }
    for directory in &directories {
        output.add_item(&Item::directory(directory.as_str(), 0o755)?.owned(step.owner, step.owner), None)?;
    }
    for (path, file) in tree.files() {
        let at = format!("{root}/{path}");
        let content = tree.read(path)?;
        let item = match file.mode {
            FileMode::Plain => Item::file(&at, 0o644, content)?,
            FileMode::Executable => Item::file(&at, 0o755, content)?,
            FileMode::Link => Item::symlink(&at, String::from_utf8_lossy(&content))?,
        };
        output.add_item(&item.owned(step.owner, step.owner), None)?;
    }
    // As git makes them: what never changes is read-only.
    let mode = |path: &str| if path.starts_with("objects/") { 0o444 } else { 0o644 };
    for file in &repository.files {
        let item = Item::file(&dot_git(&file.path), mode(&file.path), file.content.clone())?;
        output.add_item(&item.owned(step.owner, step.owner), None)?;
    }
    let item = Item::file(&dot_git(&repository.pack), mode(&repository.pack), sage_oci_files::read(&pack)?)?;
    output.add_item(&item.owned(step.owner, step.owner), None)?;
    let info = output.finish()?;
    eprintln!(
        "layer {}: {} files at commit {}, {}",
        step.name,
        tree.files().len(),
        repository.head,
        megabytes(info.size)
    );
    Ok(())
}

fn apply_patch(tree: &mut Tree, patch: &SourcePatch) -> Result<(), StepError> {
    let mut failed = None;
    let changed = apply(&patch.text, |path| {
        tree.files().get(path)?;
        tree.read(path).map_err(|error| failed = Some(error)).ok()
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let changed = changed.map_err(|source| StepError::Patch { patch: patch.name.clone(), source })?;
    for (path, content) in changed {
        tree.change(&path, content)?;
    }
    Ok(())
}

fn commit(step: &SourceStep, root: &str, tree: &Tree, pack: &Path) -> Result<Repository, StepError> {
    let commit = Commit {
        person: step.author.clone(),
        date: step.sealing.epoch,
        message: step.message.clone(),
        tag: Some(step.tag.clone()),
    };
    let file = BufWriter::new(sage_oci_files::create(pack)?);
    let read = |path: &str| tree.read(path).map_err(std::io::Error::other);
    Repository::write(tree.files(), &commit, file, read)
        .map_err(|source| StepError::Repository { path: root.to_owned(), source: Box::new(source) })
}
