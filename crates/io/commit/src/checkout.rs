use crate::CommitError;
use sage_oci_git::write_files;
use sage_oci_recipe::Checkout;
use sage_oci_revision::Revision;
use sage_oci_source::BlobId;
use sage_oci_store::Nix;
use std::collections::BTreeMap;
use std::io::{BufWriter, Error};

/// Contents that are read in one go.
const BATCH: usize = 256;

/// The commit as a work tree, put into the store; none for a revision that is no commit.
pub(crate) fn checkout(nix: &Nix, revision: &mut Revision) -> Result<Option<Checkout>, CommitError> {
    let identity = revision.identity.clone();
    let Some(raw) = identity.raw_commit else { return Ok(None) };
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
        branch: identity.branch,
        origin: identity.origin,
        reference: None,
        submodules: BTreeMap::new(),
    }))
}
