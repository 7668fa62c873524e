use super::load::tidily;
use super::{emulation, runtime};
use crate::context::{Context, Locked};
use crate::{Failure, Printer, cli};
use sage_oci_checks::{Checks, Selection};
use sage_oci_engine::{Engine, RunId};
use sage_oci_smoke::{Report, SmokeOptions, outcome_lines, run_checks, summary};

/// `smoke`: the checks of an image that the engine has.
pub fn run(context: &Context, options: &cli::Smoke) -> Result<(), Failure> {
    let locked = context.locked(&options.target)?;
    let reference = match (&options.reference, locked.tags().first()) {
        (Some(reference), _) => reference.clone(),
        (None, Some(tag)) => tag.clone(),
        (None, None) => return Err(Failure::new("the lock does not have this image", None)),
    };
    let mut selection = selection(context, &locked, options.only.as_deref())?;
    let report = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        emulation::allow_for(context.printer, &engine, &reference, locked.lock.architecture, &mut selection).await?;
        let subject = Subject { name: &reference, id: &reference };
        test(context.printer, &engine, subject, &selection, options.reports.smoke_jobs).await
    })?;
    write_reports(&report, &options.reports)?;
    if report.is_good() { Ok(()) } else { Err(Failure::NotFine) }
}

/// The checks of an image in its channel; with `only`, those whose name contains it.
pub fn selection(context: &Context, locked: &Locked, only: Option<&str>) -> Result<Selection, Failure> {
    let (file, text) = context.project.checks(&locked.image.layers_of)?;
    let checks = Checks::parse(&text).map_err(|error| Failure::new(format_args!("{file}: {error}"), error.hint()))?;
    let mut selection = checks.for_channel(&locked.image.channel);
    if let Some(only) = only {
        selection.checks.retain(|check| check.name.contains(only));
        selection.skipped.clear();
        if selection.checks.is_empty() {
            return Err(Failure::new(format_args!("{file} has no check whose name contains `{only}`"), None));
        }
    }
    Ok(selection)
}

/// What is tested.
pub struct Subject<'a> {
    /// What it is called in output and reports.
    pub name: &'a str,
    /// What the containers are made of: a name, or an Id, which nobody can move in the middle.
    pub id: &'a str,
}

/// Runs the checks and shows each as it ends; no container stays, whatever happens.
pub async fn test(
    printer: Printer,
    engine: &Engine,
    subject: Subject<'_>,
    selection: &Selection,
    jobs: Option<usize>,
) -> Result<Report, Failure> {
    printer.step("Testing", format_args!("{} with {} checks", subject.name, selection.checks.len()));
    let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let options = SmokeOptions { jobs, run: RunId::unique() };
    let tell = |outcome: &_| printer.note(outcome_lines(outcome).trim_end());
    let work = async { Ok(run_checks(engine, subject.id, selection, &options, &tell).await) };
    let mut report = tidily(printer, engine, &options.run, work).await?;
    subject.name.clone_into(&mut report.image);
    printer.note(summary(&report).trim_end());
    Ok(report)
}

/// Writes the reports that were asked for.
pub fn write_reports(report: &Report, options: &cli::Reports) -> Result<(), Failure> {
    if let Some(path) = &options.junit {
        sage_oci_files::write_atomic(path, report.to_junit()?.as_bytes())?;
    }
    if let Some(path) = &options.report {
        sage_oci_files::write_atomic(path, report.to_json().as_bytes())?;
    }
    Ok(())
}
