//! Source archives, and commits, to git work trees.

mod checkout;
mod tree;
mod work_tree;

pub(crate) use checkout::run as run_checkout;

use crate::{Outputs, StepError};
use sage_oci_git::{Commit, Repository, apply};
use sage_oci_step::{SourcePatch, SourceStep};
use std::path::Path;
use tree::Tree;
use work_tree::WorkTree;

/// Builds the layer of a [`SourceStep`]: unpacks, patches, commits.
pub(crate) fn run(step: &SourceStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let place = WorkTree {
        name: &step.name,
        sealing: &step.sealing,
        path: &step.path,
        owner: step.owner,
        contents: &step.contents,
    };
    let folder = place.scratch(scratch)?;
    let mut tree = Tree::unpack(&step.archive, folder.path())?;
    for patch in &step.patches {
        apply_patch(&mut tree, patch)?;
    }
    let commit = Commit {
        person: step.author.clone(),
        date: step.sealing.epoch,
        message: step.message.clone(),
        tag: Some(step.tag.clone()),
    };
    place.lay_out(&tree, folder.path(), outputs, threads, |pack, read| {
        Repository::write(tree.files(), &commit, pack, read)
    })
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
