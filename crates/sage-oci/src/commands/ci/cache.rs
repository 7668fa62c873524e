use super::job::Job;
use crate::Failure;
use std::path::Path;

/// A binary cache in a folder, as Nix names it.
pub fn address(folder: &Path) -> String {
    format!("file://{}?trusted=true", folder.display())
}

/// Puts what was built into the cache.
pub fn fill(_job: &Job<'_>) -> Result<(), Failure> {
    Ok(())
}
