//! What a CI job does: one recipe for every service, and for home.

mod build;
mod cache;
mod deadline;
mod job;
mod machine;
mod outputs;
mod packages;
mod plan;
mod publish;
mod revision;
mod status;

use crate::cli::{self, Part, Target};
use crate::context::Context;
use crate::{Failure, interrupt};
use job::Job;
use outputs::Ended;
use sage_oci_pipeline::Published;
use std::sync::atomic::Ordering;

/// `ci`: prints a line for each digest that was pushed, and for each tag that was moved.
pub fn run(context: &Context, options: &cli::Ci) -> Result<(), Failure> {
    let (plan, called) = plan::make(context, options)?;
    if options.plan {
        return context.printer.json(&plan);
    }
    let mut job = Job::begin(context, options, plan, called)?;
    job.step(format_args!("{} of {}", job.plan.kind.name(), job.plan.reference));
    for why in &job.plan.why {
        job.step(why);
    }
    let mut ended = Ended::default();
    if options.part != Some(Part::Publish) {
        let targets = plan::targets(&job)?;
        match opened(&job, &targets) {
            Err(failure) => ended.fail(&job, "the revision of the source", failure),
            Ok(()) => match machine::prepare(&mut job) {
                Ok(()) => build_all(&job, &targets, &mut ended),
                Err(failure) => ended.fail(&job, "this machine", failure),
            },
        }
    }
    if options.part != Some(Part::Build) && !ended.is_over() {
        publish_all(&job, &mut ended)?;
    }
    outputs::write(&job, &ended)?;
    status::tell(&job, &ended);
    ended.verdict()
}

/// Opens the revision of the source, if one is asked for, before anything is installed or built: it is of no use where it cannot be had.
fn opened(job: &Job<'_>, targets: &[Target]) -> Result<(), Failure> {
    match targets.first().filter(|_| job.plan.revision.is_some()) {
        Some(first) => job.context.locked(first).map(|_| ()),
        None => Ok(()),
    }
}

/// Every image; one that fails does not keep the others from being tried, the end of the time does.
fn build_all(job: &Job<'_>, targets: &[Target], ended: &mut Ended) {
    for (number, target) in targets.iter().enumerate() {
        let about = build::said(target);
        if interrupt::flag().load(Ordering::Relaxed) {
            ended.fail(job, &about, interrupt::failure());
            break;
        }
        job.step(format_args!("image {} of {}", number + 1, targets.len()));
        let outcome = build::one(job, target, ended).and_then(|outcome| {
            outputs::write_outcome(job, &outcome)?;
            Ok(outcome)
        });
        match outcome {
            Ok(outcome) => {
                if let Some(repository) = &outcome.repository {
                    job.context.printer.result(format_args!("{repository}@{}", outcome.digest));
                }
                ended.outcomes.push(outcome);
            }
            Err(failure) => ended.fail(job, &about, failure),
        }
    }
    if let Err(failure) = cache::fill(job, &ended.paths) {
        // What is slow the next time is no reason to fail now.
        job.context.printer.note(format_args!("warning: {}", job.told("the cache was not filled", &failure)));
    }
}

/// Tags and pages, of what every architecture has passed.
fn publish_all(job: &Job<'_>, ended: &mut Ended) -> Result<(), Failure> {
    if job.options.part == Some(Part::Publish) {
        ended.outcomes = outputs::read_outcomes(job)?;
        outputs::same_kind(job, &ended.outcomes)?;
    }
    if let Some(bad) = ended.outcomes.iter().find(|outcome| outcome.failed > 0) {
        job.step(format_args!("nothing is tagged: checks of {} of {} failed", bad.image, bad.channel));
        return Ok(());
    }
    for ((image, channel), group) in publish::groups(&ended.outcomes) {
        let about = format!("{image} of {channel}");
        match publish::one(job, &group) {
            Ok(published) => ended.published.extend(published),
            Err(failure) => ended.fail(job, &about, failure),
        }
    }
    describe(job, &ended.published);
    Ok(())
}

/// Docker Hub's pages follow the README where a release was published; it is no failure of the job where they do not.
fn describe(job: &Job<'_>, published: &[Published]) {
    for one in published.iter().filter(|one| !one.tags.is_empty() && one.repository.starts_with("docker.io/")) {
        if let Err(failure) = super::describe::follow(job.context, &one.repository) {
            job.context.printer.note(format_args!("warning: {}", job.told("the page on Docker Hub", &failure)));
        }
    }
}
