use super::plan::{Plan, Ran, Report};
use super::stage::{ENTER, OUTER};
use crate::StepError;
use crate::enclosure::NotMade;
use std::io::{Read, Seek, SeekFrom};
use std::process::{Command, Stdio};

/// The most bytes of the commands' output that are kept, from its end.
const MOST_LOG: u64 = 1 << 20;

/// What came of commands in an enclosure.
pub(crate) struct Enclosed {
    /// The commands that were run, in order; only the last can have failed.
    pub(crate) ran: Vec<Ran>,
    /// What they printed; of very much only the end.
    pub(crate) log: String,
}

/// Runs the commands of a plan; [`Plan::place`] is an existing, empty folder.
///
/// # Errors
/// The enclosure cannot be made. A command that fails is no error here.
pub(crate) fn run(plan: &Plan) -> Result<Enclosed, StepError> {
    for folder in [plan.skeleton(), plan.scratch(), plan.shared_memory(), plan.laid_out()] {
        sage_oci_files::create_dir_all(folder)?;
    }
    let text = serde_json::to_vec(plan).map_err(|error| StepError::Spec { why: error.to_string() })?;
    sage_oci_files::write_new(plan.file(), &text)?;
    let mut log = sage_oci_files::open_or_create(plan.log())?;
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
            let failed = sage_oci_files::FileError::at("read", plan.log());
            let length = log.seek(SeekFrom::End(0)).and_then(|length| {
                log.seek(SeekFrom::Start(length.saturating_sub(MOST_LOG)))?;
                let mut bytes = Vec::new();
                log.read_to_end(&mut bytes)?;
                Ok(bytes)
            });
            let bytes = length.map_err(failed)?;
            Ok(Enclosed { ran, log: String::from_utf8_lossy(&bytes).into_owned() })
        }
    }
}
