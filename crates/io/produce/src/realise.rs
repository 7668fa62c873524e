use crate::{Downloads, Observer, ProduceError, archives};
use sage_oci_emit::Emitted;
use sage_oci_names::StorePath;
use sage_oci_recipe::Fetch;
use sage_oci_store::{Nix, Target};

/// Makes outputs of some derivations be there: registers all, brings the archives that are needed, and lets Nix build.
///
/// # Errors
/// A download or a build failed; what was finished before stays in the store.
pub fn realise(
    nix: &Nix,
    emitted: &Emitted,
    fetches: &[Fetch],
    targets: &[Target],
    downloads: &Downloads,
    observer: &mut dyn Observer,
) -> Result<(), ProduceError> {
    nix.register(emitted.derivations().iter())?;
    let missing = missing_fetches(nix, emitted, fetches, targets)?;
    archives::bring(nix, &missing, downloads, observer)?;
    nix.realise(targets, &mut |event| observer.building(event))?;
    Ok(())
}

/// The fetches that Nix would run, and where their outputs will lie: what it needs of them is neither in the store nor in
/// a cache that it asks.
fn missing_fetches<'f>(
    nix: &Nix,
    emitted: &'f Emitted,
    fetches: &'f [Fetch],
    targets: &[Target],
) -> Result<Vec<(&'f Fetch, &'f StorePath)>, ProduceError> {
    let missing = nix.missing(targets)?;
    let all = fetches.iter().map(|fetch| (fetch, emitted.handle(&fetch.node)));
    let wanted = all.filter(|(_, handle)| missing.build.contains(&handle.derivation));
    Ok(wanted.map(|(fetch, handle)| (fetch, &handle.out)).collect())
}
