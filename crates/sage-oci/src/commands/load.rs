use super::{build, runtime};
use crate::cli;
use crate::context::Context;
use crate::progress::{Meter, Unit};
use crate::{Failure, Printer, interrupt};
use indicatif::HumanBytes;
use sage_oci_engine::{Engine, LoadEvent, LoadOptions, Loaded, RUN_LABEL, Reference, RunId};
use sage_oci_layout::LayoutDir;
use sage_oci_names::Architecture;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// `load`: prints the names that the image has in the engine.
pub fn run(context: &Context, options: &cli::Load) -> Result<(), Failure> {
    let locked = context.locked(&options.target)?;
    let tags = if options.tag.is_empty() { locked.tags() } else { options.tag.clone() };
    let references = references(&tags)?;
    let built = build::realise(context, &locked, &options.building, None)?;
    runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        import(context.printer, &engine, &built.folder, locked.lock.architecture, &references).await
    })?;
    tags.iter().for_each(|tag| context.printer.result(tag));
    Ok(())
}

/// Checked names of an image in the engine.
pub fn references(tags: &[String]) -> Result<Vec<Reference>, Failure> {
    Ok(tags.iter().map(|tag| Reference::parse(tag)).collect::<Result<_, _>>()?)
}

/// Imports an image under some names; an engine that has it gets the names only. No container stays, whatever happens.
pub async fn import(
    printer: Printer,
    engine: &Engine,
    layout: &Path,
    architecture: Architecture,
    references: &[Reference],
) -> Result<Loaded, Failure> {
    let begun = Instant::now();
    let source = Arc::new(LayoutDir::open(layout)?);
    let meter = Meter::new(printer, "Importing", Unit::Bytes);
    let show = |event: LoadEvent| show(&meter, event);
    let options = LoadOptions::default();
    let work = async { Ok(engine.load(source, architecture, references, &options, &show).await?) };
    let loaded = tidily(printer, engine, &options.run, work).await;
    meter.finish();
    let loaded = loaded?;
    let names = references.iter().map(Reference::to_string).collect::<Vec<_>>().join(" ");
    printer.step(
        "Imported",
        format_args!(
            "{names} into {} {}, {} sent, {} there already, {:.1} s",
            engine.kind(),
            engine.version(),
            HumanBytes(loaded.sent_bytes),
            HumanBytes(loaded.skipped_bytes),
            begun.elapsed().as_secs_f64()
        ),
    );
    Ok(loaded)
}

fn show(meter: &Meter, event: LoadEvent) {
    match event {
        LoadEvent::Planned { send, .. } => meter.start(send),
        LoadEvent::Sent(bytes) => meter.reach(bytes),
        LoadEvent::Unpacking => meter.message("the engine unpacks".to_owned()),
        LoadEvent::Again { why } => meter.note(&format!("{:>10} the whole image: {why}", "sending")),
        LoadEvent::Checking => meter.message("checking what the engine has".to_owned()),
    }
}

/// Runs a future until it ends or a signal comes; where it does not end well, no container of the run stays.
pub async fn tidily<T>(
    printer: Printer,
    engine: &Engine,
    run: &RunId,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let result = unless_interrupted(work).await;
    if result.is_err()
        && let Err(error) = engine.remove_leftovers(run).await
    {
        // What went wrong first is what counts.
        let run = run.as_str();
        printer.note(format_args!("warning: containers with the label {RUN_LABEL}={run} may be left: {error}"));
    }
    result
}

/// Runs a future until it ends or a signal comes; dropping it closes its connections.
async fn unless_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let flag = interrupt::flag();
    let signal = async {
        while !flag.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        result = work => result,
        () = signal => Err(interrupt::failure()),
    }
}
