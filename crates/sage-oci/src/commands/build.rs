use crate::cli;
use crate::commands::timings;
use crate::context::{self, Context, Locked};
use crate::downloads;
use crate::progress::Building;
use crate::{Failure, Printer, interrupt};
use sage_oci_image::{Image, whole};
use sage_oci_layout::LayoutDir;
use sage_oci_names::StorePath;
use sage_oci_produce::{Plan, ProduceError};
use sage_oci_store::{Nix, StoreError};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// An image in the store.
pub struct Built {
    /// The OCI layout's store path.
    pub path: StorePath,
    /// Where it can be read.
    pub folder: PathBuf,
}

/// `build`: prints the store path or the manifest digest.
pub fn run(context: &Context, options: &cli::Build) -> Result<(), Failure> {
    let all = context.locked_for_each(&options.target)?;
    let built = realise_all(context, &all, &options.building, options.out_link.clone())?;
    if options.digest {
        context.printer.result(whole(&LayoutDir::open(&built.folder)?)?.digest);
    } else {
        context.printer.result(&built.path);
    }
    Ok(())
}

/// Makes an image be in the store and keeps it there.
pub fn realise(
    context: &Context,
    locked: &Locked,
    building: &cli::Building,
    link: Option<PathBuf>,
) -> Result<Built, Failure> {
    realise_all(context, std::slice::from_ref(locked), building, link)
}

/// The same for one or more architectures of an image; of more than one it is the index over them.
pub fn realise_all(
    context: &Context,
    all: &[Locked],
    building: &cli::Building,
    link: Option<PathBuf>,
) -> Result<Built, Failure> {
    let begun = Instant::now();
    let Some((first, others)) = all.split_first() else { return Err(Failure::new("there is nothing to build", None)) };
    let building = cli::Building { keep_going: first.revision.is_some(), ..building.clone() };
    let nix = context::nix(&building)?;
    let plan = context.plan_all(&nix, first, others)?;
    let realise =
        |observer: &mut Building| plan.realise(&nix, &downloads::options(building.connections).into(), observer);
    let done = match reported(context.printer, &nix, building.timings, realise) {
        // Whoever wrote what does not compile is told as of a check that is red.
        Err(error @ ProduceError::Store(StoreError::BuildFailed { .. })) if first.revision.is_some() => {
            return Err(Failure::red(error));
        }
        done => done.map_err(failed)?,
    };
    let architecture = if others.is_empty() { first.lock.architecture.debian() } else { "index" };
    let of = first.revision.as_ref().map_or_else(String::new, |chosen| format!("-{}", chosen.tag));
    let own = format!("images/{}-{}-{architecture}{of}", first.image.name, first.image.channel);
    keep(&nix, plan.image(), &own, link.as_deref(), done)?;
    if done {
        let seconds = begun.elapsed().as_secs_f64();
        context.printer.step("Built", format_args!("{} in {seconds:.1} s", plan.image()));
    }
    Ok(Built { path: plan.image().clone(), folder: nix.real_path(plan.image()) })
}

/// Makes the layers' lists of contents be in the store.
pub fn realise_contents(context: &Context, nix: &Nix, plan: &Plan) -> Result<(), Failure> {
    let options = cli::Building::default();
    watched(context.printer, nix, options.timings, |observer| {
        plan.realise_contents(nix, &downloads::options(options.connections).into(), observer)
    })
}

/// Lets something be built with progress on the terminal, and a table of the builds after it where that is asked for. One
/// that was interrupted ends as Ctrl-C does.
pub fn watched<T>(
    printer: Printer,
    nix: &Nix,
    timings: bool,
    build: impl FnOnce(&mut Building) -> Result<T, ProduceError>,
) -> Result<T, Failure> {
    reported(printer, nix, timings, build).map_err(failed)
}

fn reported<T>(
    printer: Printer,
    nix: &Nix,
    timings: bool,
    build: impl FnOnce(&mut Building) -> Result<T, ProduceError>,
) -> Result<T, ProduceError> {
    let mut observer = Building::new(printer, manner(nix));
    let done = build(&mut observer);
    observer.finish();
    if timings {
        timings::print(printer, observer.timings());
    }
    done
}

/// One that was interrupted ends as Ctrl-C does.
fn failed(error: ProduceError) -> Failure {
    match error {
        ProduceError::Store(StoreError::Interrupted { .. }) => interrupt::failure(),
        other => other.into(),
    }
}

/// How Nix will build, for people.
fn manner(nix: &Nix) -> String {
    let option = |name: &str, unit: &str| nix.option(name).map(|value| format!("{value} {unit}"));
    let said = [option("max-jobs", "at once"), option("cores", "threads each")];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Registers roots for the garbage collector: one of our own below the state folder, and where the caller says. A path that
/// was there before has its own root already, as a rule.
pub fn keep(nix: &Nix, image: &StorePath, own: &str, link: Option<&Path>, new: bool) -> Result<(), Failure> {
    let own = sage_oci_files::state_dir().join(own);
    if new || sage_oci_files::read_link(&own).ok().as_deref() != Some(image.as_ref()) {
        if let Some(folder) = own.parent() {
            sage_oci_files::create_dir_all(folder)?;
        }
        nix.add_root(image, &own)?;
    }
    if let Some(link) = link {
        nix.add_root(image, link)?;
    }
    Ok(())
}

/// The image's documents.
pub fn open(built: &Built, locked: &Locked) -> Result<Image, Failure> {
    Ok(Image::open(&LayoutDir::open(&built.folder)?, locked.lock.architecture)?)
}
