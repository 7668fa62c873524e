use crate::CommitError;
use sage_oci_recipe::Checkout;
use sage_oci_revision::Revision;
use sage_oci_store::Nix;

/// The commit as a work tree, put into the store; none for a revision that is no commit.
pub(crate) fn checkout(_nix: &Nix, _revision: &mut Revision) -> Result<Option<Checkout>, CommitError> {
    Ok(None)
}
