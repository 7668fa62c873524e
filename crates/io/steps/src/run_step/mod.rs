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

use crate::enclosure::{self, Plan, Task};
use crate::{Outputs, StepError};
use below::below;
use sage_oci_files::FileError;
use sage_oci_root::absolute;
use sage_oci_step::{RunCommand, RunStep};
use sage_oci_tree::ImagePath;
use std::path::Path;

/// Does a [`RunStep`].
///
/// # Errors
///
/// A command fails, has read other files than the step says, or has not made what is to be kept.
pub(crate) fn run(step: &RunStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
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
        mounts: step.mounts.iter().map(|(place, from)| (place.clone(), from.into())).collect(),
        tasks: step.commands.iter().map(task).collect(),
        threads,
        parent: std::process::id(),
    };
    check(step, &plan.root, &folder)?;
    lay_out::lay_out(step, &directory, &plan.laid_out())?;
    let ended = enclosure::run(&plan)?;
    let lines: Vec<&str> = step.commands.iter().map(|command| command.line.as_str()).collect();
    outcome(&step.subject, &lines, &ended)?;
    reads::check(step, &folder, &directory, &plan.laid_out())?;
    keep::keep(step, &plan.laid_out(), &outputs.out)?;
    eprintln!("{}: {}", step.subject, times(&lines, &ended));
    Ok(())
}

/// What the step says must be possible: nothing takes the place of what the root has, and each command stands after those it needs.
fn check(step: &RunStep, root: &Path, folder: &ImagePath) -> Result<(), StepError> {
    let mut taken = vec![folder.components().next().unwrap_or_default().to_owned()];
    for place in step.mounts.keys() {
        let place = absolute(place)?;
        if place.components().count() != 1 {
            let why =
                format!("`{}` is no place for a folder beside the root's: it must have one name", place.absolute());
            return Err(StepError::Spec { why });
        }
        taken.push(place.as_str().to_owned());
    }
    for (index, top) in taken.iter().enumerate() {
        if taken[..index].contains(top) || sage_oci_files::exists(root.join(top))? {
            let why = format!("the root has `/{top}` already, where the commands' files are to lie");
            return Err(StepError::Spec { why });
        }
    }
    let late = step.commands.iter().enumerate().find(|(index, command)| command.after.range(index..).next().is_some());
    if let Some((_, command)) = late {
        return Err(StepError::Spec {
            why: format!("the command `{}` needs one that does not stand before it", command.line),
        });
    }
    Ok(())
}

/// The root's shell, running a line.
fn task(command: &RunCommand) -> Task {
    let words = ["/bin/sh", "-c", &command.line].map(str::to_owned).into();
    Task { words, after: command.after.clone() }
}
