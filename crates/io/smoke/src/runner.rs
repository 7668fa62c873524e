use crate::outcome::artefact;
use crate::{Outcome, REPORT_VERSION, Report};
use futures_util::{StreamExt, stream};
use sage_oci_checks::{Check, Selection};
use sage_oci_engine::{Engine, RunId, RunSpec};
use std::time::Instant;

/// How checks are run.
#[derive(Debug, Clone)]
pub struct SmokeOptions {
    /// How many run at once, at least one.
    pub jobs: usize,
    /// The run their containers belong to; a Ctrl-C handler removes them by it.
    pub run: RunId,
}

/// Runs the checks of an image, each in a container of its own, and tells of each as it ends.
///
/// Every check gets its verdict: one that fails, hangs or cannot be run keeps no other from being run.
pub async fn run_checks(
    engine: &Engine,
    image: &str,
    selection: &Selection,
    options: &SmokeOptions,
    tell: &(dyn Fn(&Outcome) + Sync),
) -> Report {
    let began = Instant::now();
    let tasks = selection.checks.iter().enumerate().map(async |(place, check)| {
        let outcome = run_one(engine, image, check, &options.run).await;
        tell(&outcome);
        (place, outcome)
    });
    let mut done: Vec<_> = stream::iter(tasks).buffer_unordered(options.jobs.max(1)).collect().await;
    done.sort_by_key(|(place, _)| *place);
    let mut checks: Vec<_> = done.into_iter().map(|(_, outcome)| outcome).collect();
    for (name, reason) in &selection.skipped {
        let outcome = Outcome::skipped(name, reason);
        tell(&outcome);
        checks.push(outcome);
    }
    let seconds = (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    Report { version: REPORT_VERSION, image: image.to_owned(), seconds, checks }
}

async fn run_one(engine: &Engine, image: &str, check: &Check, run: &RunId) -> Outcome {
    let began = Instant::now();
    let options = &check.options;
    let spec = RunSpec {
        env: options.env.clone(),
        user: check.user.clone(),
        working_dir: options.working_dir.clone(),
        network: options.network,
        read_only: options.read_only,
        tmpfs: options.tmpfs.clone(),
        memory: options.memory_mib.map(|mib| mib.saturating_mul(1024 * 1024)),
        drop_capabilities: options.drop_capabilities,
        no_new_privileges: options.no_new_privileges,
        timeout: check.timeout,
        artefact: artefact(check),
        ..RunSpec::new(image, check.command.clone(), run.clone())
    };
    match engine.run(&spec).await {
        Ok(output) => Outcome::of(check, &output),
        Err(error) => Outcome::broken(check, &error, began.elapsed()),
    }
}
