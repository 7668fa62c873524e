use crate::BuildError;
use crate::log::megabytes;
use sage_oci_fetch::{NoProgress, Options, Wanted, fetch_all};
use sage_oci_recipe::FetchStep;
use std::collections::BTreeSet;
use std::path::Path;

/// Downloads the archives of a [`FetchStep`] into `out`, which then holds these files and nothing else.
pub(crate) fn run(step: &FetchStep, out: &Path) -> Result<(), BuildError> {
    let failed = |error| BuildError::Fetch(Box::new(error));
    let mut wanted = Vec::new();
    for file in &step.files {
        if file.name.contains('/') || file.name.starts_with('.') || file.name.is_empty() {
            return Err(BuildError::Spec { why: format!("`{}` is no name for a fetched file", file.name) });
        }
        let target = out.join(&file.name);
        wanted.push(Wanted { path: file.path.clone(), sha256: file.sha256, size: file.size, target });
    }
    sage_oci_files::create_dir_all(out)?;
    let summary = fetch_all(&wanted, &step.mirrors, &Options::default(), &NoProgress).map_err(failed)?;
    // Locks and partial files lie next to their targets; the output's hash must not see them.
    let keep: BTreeSet<&Path> = wanted.iter().map(|file| file.target.as_path()).collect();
    for path in sage_oci_files::list(out)? {
        if !keep.contains(path.as_path()) {
            sage_oci_files::remove_file(path)?;
        }
    }
    eprintln!("fetch: {} files, {}", summary.fetched, megabytes(summary.bytes));
    Ok(())
}
