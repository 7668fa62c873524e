use crate::container::{Lab, enter};
use crate::outcome::seconds;
use crate::trouble::Trouble;
use crate::{Outcome, Report, SmokeOptions, Verdict, documents, notebook, service, skip_impossible};
use futures_util::{StreamExt, stream};
use sage_oci_checks::{Check, Kind, Selection, State};
use sage_oci_engine::Engine;
use sage_oci_names::EngineImage;
use std::collections::BTreeMap;
use std::time::Instant;
use tokio::sync::Mutex;

/// Runs the checks of an image, each in a container of its own, and tells of each as it ends.
///
/// Every check gets its verdict: one that fails, hangs or cannot be run keeps no other from being run.
pub async fn run_checks(
    engine: &Engine,
    image: &EngineImage,
    selection: &Selection,
    options: &SmokeOptions,
    tell: &(dyn Fn(&Outcome) + Sync),
) -> Report {
    let began = Instant::now();
    let bridge = Mutex::new(());
    let lab = Lab { engine, image, options, bridge: &bridge };
    let mut selection = selection.clone();
    skip_impossible(&mut selection, engine.host());
    let tasks = selection.checks.iter().enumerate().map(async |(place, check)| {
        let outcomes = run_one(&lab, check, tell).await;
        (place, outcomes)
    });
    // The image may have no name yet. Where it cannot be held it cannot be run, and each check says so.
    let held = engine.hold(image, &options.run).await;
    let mut done: Vec<_> = stream::iter(tasks).buffer_unordered(options.jobs.max(1)).collect().await;
    if let Ok(held) = held {
        // What the engine does not remove now goes with the leftovers.
        _ = held.release().await;
    }
    done.sort_by_key(|(place, _)| *place);
    // Only now is it known what ran: a check may find its own reason to be skipped.
    let states: Vec<_> = done.iter().map(|(_, outcomes)| state(outcomes)).collect();
    let contract = selection.rows(&states);
    let checks: Vec<_> = done.into_iter().flat_map(|(_, outcomes)| outcomes).collect();
    Report {
        image: image.to_string(),
        seconds: seconds(began.elapsed()),
        checks,
        contract,
        doctests: None,
        about: BTreeMap::new(),
    }
}

/// What a check's outcome, or those of its steps, say of it.
fn state(outcomes: &[Outcome]) -> State {
    let passed = outcomes.iter().any(|outcome| outcome.result == Verdict::Passed);
    let skipped = outcomes.iter().find(|outcome| outcome.result == Verdict::Skipped);
    match skipped {
        _ if outcomes.iter().any(Outcome::is_bad) => State::Failed,
        None if passed => State::Passed,
        // A step left out is a part not shown.
        Some(outcome) => State::Skipped(outcome.message.clone()),
        None => State::Skipped("it said nothing".to_owned()),
    }
}

/// One check, or its steps; what is built for it is removed.
async fn run_one(lab: &Lab<'_>, check: &Check, tell: &(dyn Fn(&Outcome) + Sync)) -> Vec<Outcome> {
    let began = Instant::now();
    let single = |outcome: Outcome| {
        tell(&outcome);
        vec![outcome]
    };
    if let Some(reason) = &check.skip {
        return single(Outcome::skipped(check, reason));
    }
    let Some(build) = &check.build else { return run_kind(lab, check, tell).await };
    let (engine, run) = (lab.engine, &lab.options.run);
    match engine.derive(lab.image, &build.dockerfile, &build.files, run, check.timeout).await {
        Err(error) => {
            let trouble = match &error {
                sage_oci_engine::EngineError::BuildFailed { .. } => Trouble::failed(error.to_string()),
                error => Trouble::from(error),
            };
            single(Outcome::passed(check, began.elapsed()).with(trouble))
        }
        Ok(derived) => {
            let name = EngineImage::from(derived.name().clone());
            let outcomes = run_kind(&Lab { image: &name, ..*lab }, check, tell).await;
            if lab.options.keep && outcomes.iter().any(Outcome::is_bad) {
                // A kept container needs its image.
                derived.keep();
            } else {
                // What the engine does not remove now goes with the leftovers.
                _ = derived.remove().await;
            }
            outcomes
        }
    }
}

async fn run_kind(lab: &Lab<'_>, check: &Check, tell: &(dyn Fn(&Outcome) + Sync)) -> Vec<Outcome> {
    let on_bridge = match &check.kind {
        Kind::Service(what) => what.port.is_some() || check.options.network,
        Kind::Notebook(_) => true,
        Kind::Command | Kind::Image(_) => check.options.network,
    };
    let _alone = if on_bridge { Some(lab.bridge.lock().await) } else { None };
    let outcome = match &check.kind {
        Kind::Command => command(lab, check).await,
        Kind::Service(what) => service::run(lab, check, what).await,
        Kind::Image(expect) => documents::run(lab, check, expect).await,
        Kind::Notebook(what) => return notebook::run(lab, check, what, tell).await,
    };
    tell(&outcome);
    vec![outcome]
}

async fn command(lab: &Lab<'_>, check: &Check) -> Outcome {
    let began = Instant::now();
    let spec = match lab.spec(check) {
        Ok(spec) => spec,
        Err(missing) => return Outcome::skipped(check, &missing),
    };
    let bad = |output: &_| Outcome::of(check, output).is_bad();
    match lab.engine.run_and_keep(&spec, bad).await {
        Ok(output) => {
            let mut outcome = Outcome::of(check, &output);
            if outcome.is_bad() {
                outcome.enter = enter(lab, &spec, output.kept.as_deref(), output.exit.is_none());
            }
            outcome
        }
        Err(error) => Outcome::passed(check, began.elapsed()).with(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_checks::Checks;
    use sage_oci_names::ChannelName;
    use std::time::Duration;

    /// Every combination of up to three steps.
    #[test]
    fn a_check_passed_only_where_every_step_did() {
        let text = "version = 1\n[[check]]\nname = \"a\"\n";
        let channel = ChannelName::parse("sid").unwrap();
        let check = &Checks::parse(text).unwrap().for_channel(&channel).unwrap().checks[0];
        let every = [Verdict::Passed, Verdict::Failed, Verdict::TimedOut, Verdict::Broken, Verdict::Skipped];
        let outcome = |result| Outcome { result, ..Outcome::passed(check, Duration::ZERO) };
        let mut all: Vec<Vec<Verdict>> = vec![vec![]];
        for _ in 0..3 {
            let longer = |steps: &Vec<_>| every.map(|verdict| [&steps[..], &[verdict]].concat());
            all.extend(all.iter().flat_map(longer).collect::<Vec<_>>());
        }
        for steps in all {
            let outcomes: Vec<_> = steps.iter().copied().map(outcome).collect();
            let passed = !steps.is_empty() && steps.iter().all(|verdict| *verdict == Verdict::Passed);
            let bad = outcomes.iter().any(Outcome::is_bad);
            let state = state(&outcomes);
            assert_eq!((state == State::Passed, state == State::Failed), (passed, bad), "{steps:?}");
        }
    }
}
