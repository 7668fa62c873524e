//! `verify`: builds an image again and says whether the same bytes come of it.

mod identify;
mod text;

use super::build;
use crate::context::{Context, Locked};
use crate::progress::{Meter, Unit};
use crate::{Failure, builder, cli, downloads, interrupt, registries};
use identify::identify;
use sage_oci_image::{Image, ImageSource};
use sage_oci_layout::LayoutDir;
use sage_oci_names::Architecture;
use sage_oci_produce::{Downloads, Plan, download};
use sage_oci_reproduce::{Here, Request, Watch, verify};
use sage_oci_verify::{FORMAT, Report, Verdict};
use std::sync::atomic::{AtomicU64, Ordering};

/// The image that is to be verified.
struct Opened {
    source: Box<dyn ImageSource>,
    image: Image,
    /// The project's image whose lock is known without asking.
    locked: Option<Locked>,
}

/// `verify`.
pub fn run(context: &Context, options: &cli::Verify) -> Result<(), Failure> {
    let opened = open(context, options)?;
    let report = match again(context, options, &opened) {
        Ok(report) => report,
        Err(Failure::Error { message, hint }) if !interrupt::flag().load(Ordering::Relaxed) => {
            if options.json {
                context.printer.json(&inconclusive(options, &opened.image, &message))?;
            }
            return Err(Failure::Error { message: format!("inconclusive: {message}"), hint });
        }
        Err(failure) => return Err(failure),
    };
    if options.json {
        context.printer.json(&report)?;
    } else {
        context.printer.result(text::report(&report));
    }
    match report.verdict.status() {
        0 => Ok(()),
        _ => Err(Failure::NotFine),
    }
}

fn open(context: &Context, options: &cli::Verify) -> Result<Opened, Failure> {
    let architecture = || -> Result<Architecture, Failure> {
        match &options.choice.arch {
            None => crate::machine::machine(),
            Some(crate::architectures::Architectures::These(these)) if these.len() == 1 => Ok(these[0]),
            Some(_) => {
                Err(Failure::new("one architecture is verified at a time", Some("give it with `--arch`".to_owned())))
            }
        }
    };
    let (source, locked): (Box<dyn ImageSource>, _) = match &options.subject {
        cli::Subject::Image(name) => {
            let locked = context.locked(&options.choice.of(name.clone()))?;
            let built = build::realise(context, &locked, &cli::Building::default(), None)?;
            (Box::new(LayoutDir::open(&built.folder)?), Some(locked))
        }
        cli::Subject::Layout(folder) => (Box::new(LayoutDir::open(folder)?), None),
        cli::Subject::Remote(remote) => (Box::new(registries::image(remote, &options.registry)?), None),
    };
    let image = Image::open(&*source, architecture()?)?;
    Ok(Opened { source, image, locked })
}

fn again(context: &Context, options: &cli::Verify, opened: &Opened) -> Result<Report, Failure> {
    let found;
    let locked = match &opened.locked {
        Some(locked) => locked,
        None => {
            found = identify(context, &options.choice, &opened.image)?;
            &found
        }
    };
    let plan = context.plan_without_store(locked)?;
    if let Some(layer) = &options.layer
        && !plan.layers().iter().any(|known| known.name == layer)
    {
        let known: Vec<&str> = plan.layers().iter().map(|layer| layer.name.as_str()).collect();
        return Err(Failure::new(
            format_args!("there is no layer `{layer}`"),
            Some(format!("there are {}", known.join(", "))),
        ));
    }
    let own = tempfile::tempdir_in(&options.work).map_err(|error| {
        Failure::new(format_args!("cannot make a folder in {}: {error}", options.work.display()), None)
    })?;
    let mut archives = Downloads::from(downloads::options(cli::Building::default().connections));
    if options.fetch_anew {
        archives.folder = own.path().to_owned();
    }
    // Those that are here are held to their digests, too.
    let meter = Meter::new(context.printer, "Checking", Unit::Bytes);
    download(plan.fetches().map(|(fetch, _)| fetch), &archives, &meter)?;
    meter.finish();
    let launcher = std::env::current_exe()
        .map_err(|error| Failure::new(format_args!("cannot tell where this program is: {error}"), None))?;
    let usual = sage_oci_machine::parallel(
        std::thread::available_parallelism().map_or(1, usize::from),
        sage_oci_machine::memory_available(),
    );
    let request = Request {
        subject: subject(options),
        source: &*opened.source,
        image: &opened.image,
        keeps_blobs: true,
        derivations: plan.derivations(),
        layers: plan.layers().iter().map(|layer| (layer.name.clone(), layer.handle.derivation.clone())).collect(),
        top: plan.derivation().clone(),
        archives: archives_of(&plan, &archives),
        builder: builder::OWN,
        only: options.layer.clone(),
        wanted: options.vary.0.clone(),
        here: Here::look(&launcher),
        launcher,
        jobs: options.jobs.unwrap_or(usual.jobs as usize),
        folder: options.work.clone(),
    };
    let watching =
        Watching { built: AtomicU64::new(0), meter: Meter::new(context.printer, "Verifying", Unit::Things("steps")) };
    let report = verify(&request, &watching);
    watching.meter.finish();
    if interrupt::flag().load(Ordering::Relaxed) {
        return Err(interrupt::failure());
    }
    Ok(report?)
}

fn archives_of(
    plan: &Plan,
    downloads: &Downloads,
) -> Vec<(sage_oci_names::StorePath, Vec<(String, std::path::PathBuf)>)> {
    let files = |fetch: &sage_oci_recipe::Fetch| {
        fetch.step.files.iter().map(|file| (file.name.clone(), downloads.archive(&file.sha256))).collect()
    };
    plan.fetches().map(|(fetch, out)| (out.clone(), files(fetch))).collect()
}

fn subject(options: &cli::Verify) -> String {
    match &options.subject {
        cli::Subject::Image(name) => name.to_string(),
        cli::Subject::Layout(folder) => folder.display().to_string(),
        cli::Subject::Remote(remote) => remote.reference.to_string(),
    }
}

fn inconclusive(options: &cli::Verify, image: &Image, why: &str) -> Report {
    Report {
        format: FORMAT,
        subject: subject(options),
        manifest: Some(image.descriptor.digest),
        rebuilt: None,
        verdict: Verdict::Inconclusive { why: why.to_owned() },
        layers: Vec::new(),
        documents: Vec::new(),
        varied: Vec::new(),
        not_varied: Vec::new(),
    }
}

struct Watching {
    meter: Meter,
    /// Since the last part of the work began.
    built: AtomicU64,
}

impl Watch for Watching {
    fn begins(&self, what: &str) {
        self.built.store(0, Ordering::Relaxed);
        self.meter.note(&format!("{:>10} {what}", "Verifying"));
    }

    fn built(&self, name: &str, left: usize) -> bool {
        self.meter.message(name.to_owned());
        let built = self.built.fetch_add(1, Ordering::Relaxed) + 1;
        self.meter.set(built, built + left as u64);
        !interrupt::flag().load(Ordering::Relaxed)
    }
}
