use super::job::Job;
use crate::{Failure, context};
use indicatif::HumanBytes;
use sage_oci_names::StorePath;

/// Puts what was built into the cache, and keeps it below its limit.
pub fn fill(job: &Job<'_>, paths: &[StorePath]) -> Result<(), Failure> {
    let Some(folder) = &job.options.cache else { return Ok(()) };
    let nix = context::nix(&job.building()?)?;
    let report = nix.fill_cache(paths, folder, job.options.cache_limit.saturating_mul(1_000_000_000))?;
    job.step(format_args!(
        "the cache has {} paths, {}; {} were removed for want of room",
        report.paths,
        HumanBytes(report.bytes),
        report.removed
    ));
    Ok(())
}
