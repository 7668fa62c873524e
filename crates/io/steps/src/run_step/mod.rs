//! Commands in a root of packages, over files that are laid out for them.

mod depfile;
mod error;
mod keep;
mod lay_out;
mod reads;
mod tell;

pub use error::RunError;
pub(crate) use lay_out::date;
pub(crate) use tell::{last_lines, outcome, times};

use crate::enclosure::{self, Plan};
use crate::{Outputs, StepError};
use sage_oci_files::FileError;
use sage_oci_root::{RootError, absolute};
use sage_oci_step::RunStep;
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;
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

/// The environment of programs in a root: the same on every machine, and what the step adds or replaces.
pub(crate) fn environment(more: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let fixed = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOME", "/tmp"),
        ("TMPDIR", "/tmp"),
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("SOURCE_DATE_EPOCH", "1"),
        ("PYTHONHASHSEED", "0"),
        // What one command leaves in a folder of modules must not be what the next one reads.
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    let mut all: BTreeMap<String, String> = fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    all.extend(more.clone());
    all
}

/// A path of the step below its folder; an empty one is the folder itself.
fn below(path: &str) -> Result<ImagePath, StepError> {
    if path.is_empty() {
        return Ok(ImagePath::root());
    }
    let failed = |error: sage_oci_tree::PathError| RootError::Path { path: path.to_owned(), why: error.why() };
    Ok(ImagePath::relative(path).map_err(failed)?)
}
