use super::plan::{Plan, Ran, Report};
use super::stage::{ENTER, OUTER};
use crate::StepError;
use crate::enclosure::NotMade;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};

/// The most bytes of a task's output that are kept, from its end.
const MOST_LOG: u64 = 1 << 20;

/// A task that ran in an enclosure.
pub(crate) struct Ended {
    /// How it ended.
    pub(crate) ran: Ran,
    /// What it printed; of very much only the end.
    pub(crate) log: String,
}

/// Runs the tasks of a plan and says of each what came of it, nothing of those that were not begun because another had failed.
/// [`Plan::place`] is an existing, empty folder.
///
/// # Errors
/// The enclosure cannot be made. A task that fails is no error here.
pub(crate) fn run(plan: &Plan) -> Result<Vec<Option<Ended>>, StepError> {
    for folder in [plan.skeleton(), plan.scratch(), plan.shared_memory(), plan.laid_out()] {
        sage_oci_files::create_dir_all(folder)?;
    }
    let text = serde_json::to_vec(plan).map_err(|error| StepError::Spec { why: error.to_string() })?;
    sage_oci_files::write_new(plan.file(), &text)?;
    let start = |error: std::io::Error| NotMade::Start { why: error.to_string() };
    let mut builder = Command::new(std::env::current_exe().map_err(start)?);
    builder.arg(ENTER).arg(OUTER).arg(plan.file()).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = builder.output().map_err(start)?;
    let Ok(report) = serde_json::from_slice(&output.stdout) else { return Err(NotMade::Killed.into()) };
    match report {
        Report::NotMade { what, errno, forbidden } => {
            let why = nix::Error::from_raw(errno).desc();
            Err(if forbidden { NotMade::Forbidden { what, why } } else { NotMade::Failed { what, why } }.into())
        }
        Report::Ran(ran) => {
            let ended = |(task, ran): (usize, Option<Ran>)| {
                ran.map(|ran| Ok(Ended { ran, log: end_of(&plan.log(task))? })).transpose()
            };
            ran.into_iter().enumerate().map(ended).collect()
        }
    }
}

/// The end of what was printed.
fn end_of(log: &Path) -> Result<String, StepError> {
    let mut file = sage_oci_files::open(log)?;
    let read = file.seek(SeekFrom::End(0)).and_then(|length| {
        file.seek(SeekFrom::Start(length.saturating_sub(MOST_LOG)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = read.map_err(sage_oci_files::FileError::at("read", log))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
