//! Commands in a root of packages, over files that are laid out for them.

mod below;
mod depfile;
mod environment;
mod error;
mod keep;
mod lay_out;
mod reads;
mod tell;

pub(crate) use environment::environment;
pub use error::RunError;
pub(crate) use lay_out::date;
pub(crate) use tell::{last_lines, outcome, times};

use crate::enclosure::{self, Plan};
use crate::{Outputs, StepError};
use below::below;
use sage_oci_files::FileError;
use sage_oci_root::absolute;
use sage_oci_step::RunStep;
use std::path::Path;

/// Does a [`RunStep`].
///
/// # Errors
///
/// A command fails, has read other files than the step says, or has not made what is to be kept.
pub(crate) fn run(step: &RunStep, outputs: &Outputs, scratch: &Path) -> Result<(), StepError> {
    let place = tempfile::tempdir_in(scratch).map_err(FileError::at("make a folder in", scratch))?;
    let folder = absolute(&step.folder)?;
    let directory = below(&step.directory)?;
    let plan = Plan {
        root: step.root.clone().into(),
        writable: false,
        place: place.path().to_owned(),
        folder: Some(folder.absolute()),
        env: environment(&step.env),
        directory: folder.join(&directory).absolute(),
        commands: step.commands.iter().map(|line| shell(line)).collect(),
        parent: std::process::id(),
    };
    let top = folder.components().next().unwrap_or_default();
    if sage_oci_files::exists(plan.root.join(top))? {
        let why = format!("the root has `/{top}` already, where the commands' files are to lie");
        return Err(StepError::Spec { why });
    }
    lay_out::lay_out(step, &directory, &plan.laid_out())?;
    let enclosed = enclosure::run(&plan)?;
    let times = times(&step.commands, &enclosed.ran);
    outcome(&step.subject, &step.commands, &enclosed)?;
    reads::check(step, &folder, &directory, &plan.laid_out())?;
    keep::keep(step, &plan.laid_out(), &outputs.out)?;
    eprintln!("{}: {times}", step.subject);
    Ok(())
}

/// The words that have the root's shell run a line.
fn shell(line: &str) -> Vec<String> {
    ["/bin/sh", "-c", line].map(str::to_owned).into()
}
