//! What a job tells of the revision of the source that its images are of.

use super::job::Job;
use crate::Failure;
use crate::context::Locked;
use crate::revision::Chosen;
use sage_oci_doctest::Comparison;
use sage_oci_pipeline::{Doctested, OfRevision};
use sage_oci_publish::Commit;

/// What an image is of and what that changes in it, if it is of a revision; both sides of what was merged are put beside the logs.
pub fn of(job: &Job<'_>, locked: &Locked) -> Result<Option<OfRevision>, Failure> {
    let (Some(chosen), Some(of)) = (&locked.revision, job.context.of_revision(locked)?) else { return Ok(None) };
    if let Some(path) = &of.merge {
        let name = format!("{}-{}-{}", locked.image.name, locked.image.channel, locked.lock.architecture);
        sage_oci_files::write_atomic(job.out(&format!("logs/merge-{name}.txt")), &sage_oci_files::read(path)?)?;
    }
    let (identity, report) = (&chosen.identity, &of.report);
    Ok(Some(OfRevision {
        tag: chosen.tag.to_string(),
        version: identity.version.clone(),
        commit: identity.commit.clone(),
        dirty: if identity.takes_dirty { identity.dirty.clone() } else { Vec::new() },
        compiled: report.compiled.clone(),
        kept: report.kept as u64,
        files: report.files as u64,
        removed: report.removed as u64,
        merged: report.merged().map(|note| note.path.clone()).collect(),
        conflicts: report.conflicts().map(|note| note.path.clone()).collect(),
        doctests: None,
    }))
}

/// The commit and its date, which order the images of a branch; an archive has none.
pub fn commit(chosen: &Chosen) -> Option<Commit> {
    let (revision, revised) = (chosen.identity.commit.clone()?, chosen.identity.time?);
    Some(Commit { revision, revised })
}

/// What the source's own tests said.
pub fn doctested(comparison: &Comparison) -> Doctested {
    Doctested {
        tests: comparison.tests,
        files: comparison.files.len() as u64,
        new: comparison.new_failures() as u64,
        known: comparison.known_failures() as u64,
        fixed: comparison.fixed.len() as u64,
    }
}
