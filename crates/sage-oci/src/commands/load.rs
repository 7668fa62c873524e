use super::{build, source};
use crate::cli::{self, Subject};
use crate::context::Context;
use crate::progress::{Meter, Unit};
use crate::runtime::runtime;
use crate::{Failure, Printer, interrupt};
use indicatif::HumanBytes;
use sage_oci_engine::{Engine, EngineError, LoadEvent, LoadOptions, Loaded, RUN_LABEL, RunId};
use sage_oci_image::ImageSource;
use sage_oci_layout::LayoutDir;
use sage_oci_names::{Architecture, EngineId, Reference};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// `load`: prints the names that the image has in the engine, or its Id where it got none.
pub fn run(
    context: impl Fn() -> Result<Context, Failure>,
    options: &cli::Load,
    printer: Printer,
) -> Result<(), Failure> {
    let Subject::Image(image) = &options.subject else { return load_foreign(options, printer) };
    let context = context()?;
    let locked = context.locked(&options.choice.of(image.clone()))?;
    let names = if options.tag.is_empty() { locked.tags()? } else { references(&options.tag)? };
    let built = build::realise(&context, &locked, &options.building, None)?;
    let source = Arc::new(LayoutDir::open(&built.folder)?);
    runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        import_and_name(printer, &engine, source, locked.lock.architecture, &names).await
    })?;
    names.iter().for_each(|name| printer.result(name));
    Ok(())
}

/// `load` of an image that is not built here.
fn load_foreign(options: &cli::Load, printer: Printer) -> Result<(), Failure> {
    let names = references(&options.tag)?;
    let source = source::foreign(&options.subject, &options.registry, &options.choice)?;
    let architecture = source::architecture(options.choice.arch.as_ref())?;
    let loaded = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let loaded = import(printer, &engine, source, architecture, &names).await?;
        name(printer, &engine, loaded.id, &names).await?;
        Ok::<_, Failure>(loaded)
    })?;
    names.iter().for_each(|name| printer.result(name));
    if names.is_empty() {
        printer.result(loaded.id);
    }
    Ok(())
}

/// The names that a person wants an image to have in the engine.
///
/// # Errors
/// One of them is no reference, or one that no image can be given.
pub fn references(texts: &[String]) -> Result<Vec<Reference>, Failure> {
    let names: Vec<Reference> = texts.iter().map(|text| Reference::parse(text)).collect::<Result<_, _>>()?;
    match names.iter().find(|name| name.digest().is_some()) {
        Some(name) => Err(EngineError::Pinned { name: name.clone() }.into()),
        None => Ok(names),
    }
}

/// Imports an image and gives it all of its names, or none.
pub async fn import_and_name(
    printer: Printer,
    engine: &Engine,
    source: Arc<dyn ImageSource>,
    architecture: Architecture,
    references: &[Reference],
) -> Result<(), Failure> {
    let loaded = import(printer, engine, source, architecture, references).await?;
    name(printer, engine, loaded.id, references).await
}

/// Gives an image all of its names, or none: an error or a signal in the middle puts those back that were moved.
pub async fn name(printer: Printer, engine: &Engine, id: EngineId, references: &[Reference]) -> Result<(), Failure> {
    let flag = interrupt::flag();
    let stop = || flag.load(Ordering::Relaxed);
    let show = |event: LoadEvent| {
        if let LoadEvent::Waiting { seconds } = event {
            printer.step("Waiting", format_args!("for the engine, at most {seconds} s, to put the image's names back"));
        }
    };
    match engine.name(id, references, &stop, &show).await {
        Err(error) if error.is_stop() => Err(interrupt::failure()),
        named => Ok(named?),
    }
}

/// Removes what earlier runs have left in the engine whose process is gone.
pub async fn sweep(printer: Printer, engine: &Engine) -> Result<(), Failure> {
    let swept = engine.remove_dead().await?;
    if swept > 0 {
        printer.note(format_args!("removed {swept} containers and images that an earlier run had left"));
    }
    Ok(())
}

/// Imports an image, without a name; `references` are those that it will get. An engine that has it is sent nothing. No
/// container stays, whatever happens, nor one of an earlier run that was killed.
pub async fn import(
    printer: Printer,
    engine: &Engine,
    source: Arc<dyn ImageSource>,
    architecture: Architecture,
    references: &[Reference],
) -> Result<Loaded, Failure> {
    sweep(printer, engine).await?;
    let begun = Instant::now();
    let meter = Meter::new(printer, "Importing", Unit::Bytes);
    let show = |event: LoadEvent| show(&meter, event);
    let options = LoadOptions::default();
    let work = async { Ok(engine.load(source, architecture, references, &options, &show).await?) };
    let loaded = tidily(printer, engine, &options.run, work).await;
    meter.finish();
    let loaded = loaded?;
    // Once more: what a run that was killed a moment ago had asked for may have come into being only after the first look.
    sweep(printer, engine).await?;
    printer.step(
        "Imported",
        format_args!(
            "{} into {} {}, {} sent, {} there already, {:.1} s",
            loaded.id.short(),
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
        LoadEvent::Waiting { .. } => {}
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
