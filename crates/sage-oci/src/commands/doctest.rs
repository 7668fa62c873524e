use super::emulation;
use super::load::{sweep, tidily};
use super::smoke::{self, Tested};
use crate::cli::Subject;
use crate::context::{Context, Locked};
use crate::progress::{Meter, Unit};
use crate::runtime::runtime;
use crate::{Failure, Printer, cli};
use sage_oci_doctest::{FileName, Known, Progress, What, compare, testable};
use sage_oci_engine::{Engine, RunId};
use sage_oci_smoke::{Doctests, Report, details, doctest_summary, run_doctests, table, to_outcomes};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Memory that the tests of one file are given room for, in bytes; two at once were seen to use 1.3 GB.
const MEMORY: u64 = 1 << 30;

/// `smoke --doctest`: Sage's own tests in an image that the engine has.
pub fn run(context: &Context, what: &What, options: &cli::Smoke) -> Result<(), Failure> {
    if let Some(Subject::Layout(_) | Subject::Remote(_)) = &options.subject {
        let hint = "import it with `load`, and say `smoke IMAGE --reference NAME --doctest ...`".to_owned();
        return Err(Failure::new("`--doctest` is for images that the engine has", Some(hint)));
    }
    let planned = smoke::plan(context, options)?;
    let [planned] = planned.as_slice() else {
        return Err(Failure::new("`--doctest` is for one image", None));
    };
    let printer = context.printer;
    let known = known(context, &planned.locked)?;
    let changed = context.changed(&planned.locked)?;
    let asked = Asked::new(what, changed.as_deref(), known, &options.doctests, &options.running)?;
    let report = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        smoke::look(&engine, planned, options.reference.is_some()).await?;
        let architecture = planned.locked.lock.architecture;
        emulation::allow_for(printer, &engine, &planned.reference, architecture, &mut planned.selection.clone())
            .await?;
        let name = planned.reference.to_string();
        test(printer, &engine, Tested { name: &name, image: &planned.reference }, &asked).await
    })?;
    conclude(printer, &report);
    let reports = [report];
    smoke::write_reports(&reports, &options.running)?;
    if reports.iter().all(Report::is_good) { Ok(()) } else { Err(Failure::NotFine) }
}

/// The release's own failures, as far as they were reviewed.
pub fn known(context: &Context, locked: &Locked) -> Result<Known, Failure> {
    let found = locked.version().map(|version| context.project.known_doctests(version)).transpose()?.flatten();
    let Some((name, text)) = found else { return Ok(Known::default()) };
    Known::parse(&text).map_err(|error| Failure::from(error).at(name))
}

/// Which tests are run, and how.
pub struct Asked {
    paths: Vec<FileName>,
    /// Whether a person has named them.
    named: bool,
    known: Known,
    jobs: usize,
    timeout: Duration,
    file_timeout: Duration,
    log: Option<PathBuf>,
}

impl Asked {
    /// Decides over what was said; `changed` are the files that the image's commit changes against its base, named from the commit's root.
    ///
    /// # Errors
    /// What changed is asked for where there is no commit.
    pub fn new(
        what: &What,
        changed: Option<&[String]>,
        known: Known,
        options: &cli::Doctests,
        running: &cli::Running,
    ) -> Result<Self, Failure> {
        let paths = match (what, changed) {
            (What::Paths(paths), _) => paths.clone(),
            (What::All, _) => vec![FileName::parse("sage")?],
            (What::Changed, Some(changed)) => testable(changed),
            (What::Changed, None) => {
                let hint =
                    "say with `--sage` which commit, or name files and folders, as `--doctest sage/rings`".to_owned();
                return Err(Failure::new("`--doctest changed` needs a commit, and this image is of none", Some(hint)));
            }
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            paths,
            named: matches!(what, What::Paths(_)),
            known,
            jobs: running.smoke_jobs.unwrap_or_else(|| jobs(processors, sage_oci_machine::memory_available())),
            timeout: Duration::from_secs(options.doctest_timeout.saturating_mul(60)),
            file_timeout: Duration::from_secs(options.doctest_file_timeout),
            log: options.doctest_log.clone(),
        })
    }
}

/// A file for each processor, as far as memory goes; where that is not known, it is no limit.
fn jobs(processors: usize, memory: u64) -> usize {
    let room = if memory == 0 { processors } else { usize::try_from(memory / MEMORY).unwrap_or(usize::MAX) };
    room.clamp(1, processors.max(1))
}

/// Runs them in an image that the engine has, and says at once where the log is; no container stays, whatever happens.
///
/// # Errors
/// The engine cannot run the image, the log cannot be written, or the image has no `sage -t`.
pub async fn test(printer: Printer, engine: &Engine, subject: Tested<'_>, asked: &Asked) -> Result<Report, Failure> {
    if asked.paths.is_empty() {
        printer.step("Testing", "no doctests: no file that changed has any");
        let (image, checks, contract) = (subject.name.to_owned(), Vec::new(), Vec::new());
        return Ok(Report { image, seconds: 0.0, checks, contract, doctests: None, about: BTreeMap::new() });
    }
    sweep(printer, engine).await?;
    let run = RunId::unique();
    let path = asked
        .log
        .clone()
        .unwrap_or_else(|| sage_oci_files::state_dir().join("doctests").join(format!("{}.log", run.as_str())));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        sage_oci_files::create_dir_all(folder)?;
    }
    let mut log = sage_oci_files::create(&path)?;
    printer.step("Testing", format_args!("{} with doctests, {} files at once", subject.name, asked.jobs));
    printer.step("Log", path.display());
    let doctests = Doctests {
        paths: asked.paths.clone(),
        jobs: asked.jobs,
        file_timeout: asked.file_timeout,
        timeout: asked.timeout,
        run: run.clone(),
    };
    let meter = Meter::new(printer, "Testing", Unit::Things("files"));
    let (mut progress, mut written) = (Progress::default(), Ok(()));
    let mut hear = |bytes: &[u8]| {
        let begun = progress.all().is_some();
        progress.hear(bytes);
        if written.is_ok() {
            written = log.write_all(bytes);
        }
        match progress.all() {
            Some(all) if !begun => meter.start(all),
            Some(_) => meter.reach(progress.done()),
            None => {}
        }
    };
    let work = async { Ok(run_doctests(engine, subject.image, &doctests, &mut hear).await?) };
    let tested = tidily(printer, engine, &run, work).await;
    meter.finish();
    let tested = tested?;
    written.map_err(sage_oci_files::FileError::at("write to", &path))?;
    if tested.run.files.is_empty() && !tested.run.trouble.is_empty() {
        let last = tested.tail.lines().last().unwrap_or("it wrote nothing").to_owned();
        let hint = "`sagemath-dev` has all that `sage -t` needs".to_owned();
        return Err(Failure::new(format_args!("{}: `sage -t` tested nothing: {last}", subject.name), Some(hint)));
    }
    let comparison = compare(tested.run, &asked.known);
    let checks = to_outcomes(&comparison, asked.named);
    let seconds = tested.took.as_secs_f64();
    let (image, contract) = (subject.name.to_owned(), Vec::new());
    Ok(Report { image, seconds, checks, contract, doctests: Some(comparison), about: BTreeMap::new() })
}

/// What is not as it should be, a table of the files about which there is something to know, and a line of numbers.
pub fn conclude(printer: Printer, report: &Report) {
    report.checks.iter().filter(|check| check.is_bad()).for_each(|check| printer.note(details(check)));
    let mut shown = report.clone();
    shown.checks.retain(|check| check.is_bad() || !check.message.is_empty());
    if !shown.checks.is_empty() {
        printer.note(format_args!("\n{}\n", table(&[shown])));
    }
    if let Some(comparison) = &report.doctests {
        let lines =
            doctest_summary(&report.image, comparison, Duration::try_from_secs_f64(report.seconds).unwrap_or_default());
        lines.iter().for_each(|line| printer.note(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_memory_both_bound_the_files_at_once() {
        let gib = 1 << 30;
        let all =
            [(2, 24 * gib), (64, 8 * gib), (4, gib / 2), (4, 0), (0, gib)].map(|(cpus, memory)| jobs(cpus, memory));
        assert_eq!(all, [2, 8, 1, 4, 1]);
    }
}
