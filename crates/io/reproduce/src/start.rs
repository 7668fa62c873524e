use crate::{Conditions, ReproduceError};
use sage_oci_files::{self as files, FileError};
use sage_oci_trace::{Launch, Observed};
use sage_oci_verify::Variation;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

/// How much of a log's end is looked at for what went wrong, in bytes.
const END: u64 = 4096;

/// What a builder did.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// Its outputs by their names.
    pub outputs: BTreeMap<String, PathBuf>,
    /// What it asked of the machine; none where it was not traced.
    pub observed: Option<Observed>,
}

/// What a builder is told.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    /// The step.
    pub(crate) spec: String,
    /// A folder for it alone.
    pub(crate) folder: PathBuf,
    pub(crate) program: PathBuf,
    /// What can start a program that is to be traced.
    pub(crate) launcher: PathBuf,
    /// By name.
    pub(crate) outputs: BTreeMap<String, PathBuf>,
    /// When the bench was made: younger inputs are this build's own.
    pub(crate) since: SystemTime,
}

/// Runs the builder of a step.
pub(crate) fn run(job: &Job, conditions: &Conditions) -> Result<Ran, ReproduceError> {
    files::create_dir_all(&job.folder)?;
    let spec = job.folder.join("spec");
    files::write_atomic(&spec, job.spec.as_bytes())?;
    let temporary = temporary(job, conditions)?;
    let log = job.folder.join("log");
    let mut environment = conditions.environment(&job.folder);
    environment.insert("specPath".into(), spec.into());
    environment.insert("TMPDIR".into(), temporary.path().into());
    environment.extend(job.outputs.iter().map(|(name, place)| (name.into(), place.into())));
    if let Some(user) = conditions.user() {
        for folder in [job.folder.as_path(), temporary.path()] {
            let given = std::os::unix::fs::chown(folder, Some(user), Some(user));
            given.map_err(FileError::at("give away", folder))?;
        }
    }
    let (program, arguments) = conditions.words(&job.program);
    let observed = match conditions.is_traced() {
        false => plainly(job, &program, &arguments, &environment, temporary.path(), &log)?,
        true => {
            let launch = Launch {
                arguments,
                environment,
                directory: temporary.path().to_owned(),
                answers: conditions.answers(job.since),
                outputs: job.outputs.values().cloned().collect(),
                fixed_addresses: conditions.varies(Variation::Aslr),
                umask: conditions.varies(Variation::Umask).then_some(0o077),
                stdout: Some(log.clone()),
                stderr: Some(log.clone()),
                ..Launch::new(&job.launcher, program)
            };
            let ended = sage_oci_trace::run(&launch)
                .map_err(|source| ReproduceError::Trace { name: job.name.clone(), source })?;
            if !ended.how.succeeded() {
                return Err(failed(job, &log)?);
            }
            Some(ended.observed)
        }
    };
    Ok(Ran { outputs: job.outputs.clone(), observed })
}

/// Runs the builder as it is.
fn plainly(
    job: &Job,
    program: &Path,
    arguments: &[OsString],
    environment: &BTreeMap<OsString, OsString>,
    folder: &Path,
    log: &Path,
) -> Result<Option<Observed>, ReproduceError> {
    let output = files::create(log)?;
    let mut command = sage_oci_child::command(program);
    command.args(arguments).env_clear().envs(environment).current_dir(folder).stdin(Stdio::null());
    command.stdout(output.try_clone().map_err(FileError::at("open", log))?).stderr(output);
    let status =
        command.status().map_err(|error| ReproduceError::Start { name: job.name.clone(), why: error.to_string() })?;
    if status.success() { Ok(None) } else { Err(failed(job, log)?) }
}

/// The error of a builder that failed.
fn failed(job: &Job, log: &Path) -> Result<ReproduceError, FileError> {
    Ok(ReproduceError::Failed { name: job.name.clone(), why: last_words(log)?, log: kept(log, &job.name)? })
}

/// A folder for temporary files, gone when this goes.
fn temporary(job: &Job, conditions: &Conditions) -> Result<tempfile::TempDir, ReproduceError> {
    let place = conditions.temporary().unwrap_or(&job.folder);
    Ok(tempfile::Builder::new()
        .prefix("sage-oci-")
        .tempdir_in(place)
        .map_err(FileError::at("make a folder in", place))?)
}

/// The last line that says what went wrong.
fn last_words(log: &Path) -> Result<String, FileError> {
    let mut file = files::open(log)?;
    let size = file.metadata().map_err(FileError::at("look at", log))?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(END))).map_err(FileError::at("read", log))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).map_err(FileError::at("read", log))?;
    let end = String::from_utf8_lossy(&end);
    let said =
        end.lines().rev().find(|line| line.starts_with("error: ")).map(|line| line.trim_start_matches("error: "));
    Ok(said.or_else(|| end.lines().next_back()).unwrap_or("it said nothing").to_owned())
}

/// Puts a log where it outlives the bench; gives its name.
fn kept(log: &Path, name: &str) -> Result<String, FileError> {
    let folder = files::state_dir().join("logs");
    files::create_dir_all(&folder)?;
    let place = folder.join(format!("verify-{name}.log"));
    files::write_atomic(&place, &files::read(log)?)?;
    Ok(place.display().to_string())
}
