use crate::{CommitError, Request};
use sage_oci_git::{Commit, CommitObject, write_files};
use sage_oci_recipe::Checkout;
use sage_oci_revision::Revision;
use sage_oci_source::{BlobId, SourceTree};
use sage_oci_store::Nix;
use std::collections::BTreeMap;
use std::io::{BufWriter, Error};

/// Contents that are read in one go.
const BATCH: usize = 256;

/// The revision as a work tree, put into the store; none for the release itself, whose tree the packaged image has.
///
/// An archive has no commit of its own, and a changed work tree is none yet: one is made for them, by the author that the
/// definition names, at the time of the lock.
pub(crate) fn checkout(
    nix: &Nix,
    request: &Request<'_>,
    revision: &mut Revision,
    release: &SourceTree,
) -> Result<Option<Checkout>, CommitError> {
    let identity = revision.identity.clone();
    let changed = identity.takes_dirty && !identity.dirty.is_empty();
    let raw = match identity.raw_commit {
        Some(raw) if !changed => raw,
        None if revision.tree == *release => return Ok(None),
        known => {
            let source = request.source()?;
            let message = match &known {
                None => format!("{} {}", source.name, identity.version),
                Some(_) => format!("Uncommitted changes to {}", identity.dirty.join(", ")),
            };
            let commit = Commit { person: source.author.clone(), date: request.lock.epoch, message, tag: None };
            let parent = known.map(CommitObject::parse).transpose()?.map(|parent| parent.id());
            commit.object(&revision.tree, parent)?.bytes().to_vec()
        }
    };
    let folder = nix.staging()?;
    let file = folder.path().join("tree.tar");
    let tree = revision.tree.clone();
    // In the order in which they will be asked for.
    let order: Vec<BlobId> = tree.files.values().map(|file| file.id).collect();
    let (mut ahead, mut next) = (BTreeMap::new(), 0);
    let read = |id: BlobId| {
        if !ahead.contains_key(&id) {
            ahead.clear();
            let end = order.len().min(next + BATCH);
            let batch = &order[next..end];
            let contents = revision.read_all(batch).map_err(Error::other)?;
            ahead.extend(batch.iter().copied().zip(contents));
        }
        next += 1;
        ahead.get(&id).cloned().ok_or_else(|| Error::other(format!("there is no content {id}")))
    };
    let out = BufWriter::with_capacity(1 << 20, sage_oci_files::create(&file)?);
    write_files(&tree, read, out)?;
    let tree = nix.add_file_at("tree.tar", &file)?;
    let commit = nix.file_path("commit", &raw)?;
    nix.add_files(&BTreeMap::from([(commit.clone(), raw)]))?;
    Ok(Some(Checkout {
        tree,
        commit,
        // As the packaged release has it.
        branch: identity.branch.or_else(|| identity.commit.is_none().then(|| "main".to_owned())),
        origin: identity.origin,
        reference: None,
        submodules: BTreeMap::new(),
    }))
}
