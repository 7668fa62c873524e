use crate::StepError;
use crate::enclosure::{self, Plan};
use crate::run_step::{environment, last_lines, outcome, times};
use sage_oci_files::FileError;
use sage_oci_step::RootStep;
use std::collections::BTreeMap;
use std::path::Path;

/// What an error calls the work.
const SUBJECT: &str = "the root";

/// Runs the program that prepares a root in it.
pub(super) fn run(step: &RootStep, root: &Path, scratch: &Path) -> Result<(), StepError> {
    let commands = [step.prepare.join(" ")];
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
        commands: vec![step.prepare.clone()],
        parent: std::process::id(),
    };
    let enclosed = enclosure::run(&plan)?;
    outcome(SUBJECT, &commands, &enclosed)?;
    let said = last_lines(&enclosed.log);
    if !said.is_empty() {
        eprintln!("{said}");
    }
    eprintln!("{SUBJECT}: {}", times(&commands, &enclosed.ran));
    Ok(())
}
