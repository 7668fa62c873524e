use super::tree::Tree;
use super::work_tree::WorkTree;
use crate::{Outputs, StepError};
use sage_oci_git::{Checkout, CommitObject, ObjectId, Origin, Repository};
use sage_oci_step::CheckoutStep;
use std::path::Path;

/// Builds the layer of a [`CheckoutStep`]: the commit's own files beside its own object.
pub(crate) fn run(step: &CheckoutStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let spec = |why: String| StepError::Spec { why };
    let place = WorkTree {
        name: &step.name,
        sealing: &step.sealing,
        path: &step.path,
        owner: step.owner,
        contents: &step.contents,
    };
    let commit = CommitObject::parse(sage_oci_files::read(&step.commit)?)
        .map_err(|source| StepError::Repository { path: step.path.clone(), source: Box::new(source) })?;
    let reference = step.reference.clone();
    let origin = match &step.origin {
        Some(url) => Some(Origin { url: url.clone(), reference }),
        None if reference.is_some() => return Err(spec("a reference of `origin` needs an `origin`".to_owned())),
        None => None,
    };
    let checkout = Checkout { commit, branch: step.branch.clone(), origin };

    let folder = place.scratch(scratch)?;
    let mut tree = Tree::of_files(&step.tree, folder.path())?;
    for (path, commit) in &step.submodules {
        tree.add_submodule(path, commit.parse::<ObjectId>().map_err(|error| spec(error.to_string()))?);
    }
    place.lay_out(&tree, folder.path(), outputs, threads, |pack, read| {
        Repository::check_out(tree.files(), &checkout, step.sealing.epoch, pack, read)
    })
}
