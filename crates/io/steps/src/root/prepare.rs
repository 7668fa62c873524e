use crate::StepError;
use crate::enclosure::{self, Plan, Task};
use crate::run_step::{environment, last_lines, outcome, times};
use sage_oci_files::FileError;
use sage_oci_step::RootStep;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What an error calls the work.
const SUBJECT: &str = "the root";

/// Runs the program that prepares a root in it.
pub(super) fn run(step: &RootStep, root: &Path, scratch: &Path) -> Result<(), StepError> {
    if step.prepare.is_empty() {
        return Ok(());
    }
    let place = tempfile::tempdir_in(scratch).map_err(FileError::at("make a folder in", scratch))?;
    let plan = Plan {
        root: root.to_owned(),
        writable: true,
        place: place.path().to_owned(),
        folder: None,
        env: environment(&BTreeMap::new()),
        directory: "/".to_owned(),
        mounts: BTreeMap::new(),
        tasks: vec![Task { words: step.prepare.clone(), after: BTreeSet::new() }],
        threads: 1,
        parent: std::process::id(),
    };
    let line = step.prepare.join(" ");
    let ended = enclosure::run(&plan)?;
    outcome(SUBJECT, &[&line], &ended)?;
    for said in ended.iter().flatten().map(|ended| last_lines(&ended.log)).filter(|said| !said.is_empty()) {
        eprintln!("{said}");
    }
    eprintln!("{SUBJECT}: {}", times(&[&line], &ended));
    Ok(())
}
