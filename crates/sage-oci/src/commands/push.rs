use super::{build, source};
use crate::cli::{self, Compressions, Subject};
use crate::context::{Context, Locked};
use crate::progress::{Meter, Unit};
use crate::registries::{self, Pushing};
use crate::{Failure, Printer};
use indicatif::HumanBytes;
use sage_oci_image::{ImageSource, Joined};
use sage_oci_layout::LayoutDir;
use sage_oci_names::{Algorithm, Compression, StorePath};
use sage_oci_publish::ImageLock;
use sage_oci_registry::{Access, Planned, Pushed, Registry, RegistryError, Repository};
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// The version of what `--json` prints.
const FORMAT: u64 = 1;

#[derive(Serialize)]
struct Document<'a, T> {
    format: u64,
    repository: String,
    #[serde(flatten)]
    what: &'a T,
    /// How long it took, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

/// `push`: prints `REPOSITORY@sha256:…`.
pub fn run(
    context: impl Fn() -> Result<Context, Failure>,
    options: &cli::Push,
    printer: Printer,
) -> Result<(), Failure> {
    // A name that cannot be pushed to is told before anything is built.
    let repository = Repository::parse(&options.repository, options.registry.plain_http)?;
    let (source, siblings) = subject(context, options, &repository)?;
    let registry = registries::open(repository.clone(), Access::Push, &siblings, &options.registry)?;
    if options.dry_run {
        let planned = registry.plan_push(source.as_ref())?;
        return tell_plan(printer, &repository, &planned, options.json);
    }
    let begun = Instant::now();
    let pushed = push(printer, &registry, source.as_ref())?;
    if options.json {
        let seconds = Some((begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
        return printer.json(&Document { format: FORMAT, repository: repository.to_string(), what: &pushed, seconds });
    }
    printer.result(format_args!("{repository}@{}", pushed.digest));
    Ok(())
}

/// What is pushed, and the repositories that may have parts of it.
fn subject(
    context: impl Fn() -> Result<Context, Failure>,
    options: &cli::Push,
    repository: &Repository,
) -> Result<(Arc<dyn ImageSource>, Vec<String>), Failure> {
    let Subject::Image(image) = &options.subject else {
        let built = [("--arch", options.choice.arch.is_some()), ("--compression", options.compression.is_some())];
        source::only_built(&built)?;
        let source = source::foreign(&options.subject, &options.registry, &options.choice)?;
        return Ok((source, options.mount_from.clone()));
    };
    let context = context()?;
    let all = context.locked_for_each(&options.choice.of(image.clone()))?;
    let (source, _) = built(&context, &all, options.compression, &options.building)?;
    let siblings = match options.mount_from.is_empty() {
        true => siblings(&context, repository)?,
        false => options.mount_from.clone(),
    };
    Ok((source, siblings))
}

/// The image, built, with its layers compressed as it is asked for, and the store paths that it is read from.
pub fn built(
    context: &Context,
    all: &[Locked],
    compression: Option<Compressions>,
    building: &cli::Building,
) -> Result<(Arc<dyn ImageSource>, Vec<StorePath>), Failure> {
    let mut paths = Vec::new();
    let mut with = |algorithm: Option<Algorithm>| -> Result<Arc<dyn ImageSource>, Failure> {
        let all: Vec<Locked> = all.iter().map(|locked| compressed(locked, algorithm)).collect();
        let built = build::realise_all(context, &all, building, None)?;
        paths.push(built.path);
        Ok(Arc::new(LayoutDir::open(&built.folder)?))
    };
    let source: Arc<dyn ImageSource> = match compression {
        None => with(None)?,
        Some(Compressions::Zstd) => with(Some(Algorithm::Zstd))?,
        Some(Compressions::Gzip) => with(Some(Algorithm::Gzip))?,
        // Engines that know no better take the first one.
        Some(Compressions::Both) => {
            Arc::new(Joined::of(vec![with(Some(Algorithm::Gzip))?, with(Some(Algorithm::Zstd))?])?)
        }
    };
    Ok((source, paths))
}

/// The same image with its layers compressed by an algorithm: at the definition's level where that is its own.
fn compressed(locked: &Locked, algorithm: Option<Algorithm>) -> Locked {
    let mut image = locked.image.clone();
    if let Some(algorithm) = algorithm.filter(|algorithm| *algorithm != image.compression.algorithm()) {
        image.compression = Compression::usual(algorithm);
    }
    Locked { image, lock: locked.lock.clone(), revision: locked.revision.clone() }
}

/// The repositories of the project's other images, where they would be beside this one.
pub fn siblings(context: &Context, repository: &Repository) -> Result<Vec<String>, Failure> {
    let Some((parent, _)) = repository.path().rsplit_once('/') else { return Ok(Vec::new()) };
    let names = context.project.images()?.into_iter().flat_map(|image| image.names());
    let paths = names.map(|name| format!("{parent}/{name}")).filter(|path| path != repository.path());
    Ok(paths.collect())
}

/// Sends an image, with progress, and says what was not sent.
pub fn push(printer: Printer, registry: &Registry, source: &dyn ImageSource) -> Result<Pushed, Failure> {
    let begun = Instant::now();
    // Before anything is sent: a damaged one is told now.
    let locks = ImageLock::all(source)?;
    let progress = Pushing::new(Meter::new(printer, "Pushing", Unit::Bytes));
    let pushed = registry.push(source, &registries::journals(), &progress);
    progress.finish();
    let pushed = pushed.map_err(|error| match error {
        RegistryError::Stopped => crate::interrupt::failure(),
        error => error.into(),
    })?;
    if pushed.begun > 0 {
        printer.step(
            "Resumed",
            format_args!(
                "{} of {} uploads, {} not sent again",
                pushed.resumed,
                pushed.begun,
                HumanBytes(pushed.saved_bytes)
            ),
        );
    }
    printer.step(
        "Pushed",
        format_args!(
            "{} blobs, {}: {} sent, {} taken over from siblings, {} there already, {:.1} s",
            pushed.blobs,
            HumanBytes(pushed.bytes),
            HumanBytes(pushed.uploaded_bytes - pushed.saved_bytes.min(pushed.uploaded_bytes)),
            HumanBytes(pushed.mounted_bytes),
            HumanBytes(pushed.bytes - pushed.uploaded_bytes - pushed.mounted_bytes),
            begun.elapsed().as_secs_f64()
        ),
    );
    attach(printer, registry, &locks)?;
    Ok(pushed)
}

/// Puts the locks beside their images.
fn attach(printer: Printer, registry: &Registry, locks: &[ImageLock]) -> Result<(), Failure> {
    for lock in locks {
        match lock.attach(registry)? {
            Some(_) => printer.step("Attached", format_args!("the lock {}", lock.digest)),
            None => printer.note(format_args!("the lock {} is not with the image, so it was not sent", lock.digest)),
        }
    }
    Ok(())
}

fn tell_plan(printer: Printer, repository: &Repository, planned: &Planned, json: bool) -> Result<(), Failure> {
    if json {
        let repository = repository.to_string();
        return printer.json(&Document { format: FORMAT, repository, what: planned, seconds: None });
    }
    let sum = |mounted: bool| -> u64 {
        let of = planned.missing.iter().filter(|blob| blob.sibling.is_some() == mounted);
        of.map(|blob| blob.size).sum()
    };
    for blob in &planned.missing {
        let how = blob.sibling.as_ref().map_or("to send".to_owned(), |sibling| format!("from {sibling}"));
        printer.note(format_args!("{}  {:>12}  {how}", blob.digest, HumanBytes(blob.size).to_string()));
    }
    printer.step(
        "Would push",
        format_args!(
            "{} blobs, {}: {} to send, {} taken over from siblings",
            planned.blobs,
            HumanBytes(planned.bytes),
            HumanBytes(sum(false)),
            HumanBytes(sum(true)),
        ),
    );
    printer.result(format_args!("{repository}@{}", planned.digest));
    Ok(())
}
