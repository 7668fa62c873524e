//! `verify`: builds an image again and says whether the same bytes come of it.

mod identify;
mod text;

use super::sides::{self, Opened};
use crate::context::{Context, Locked};
use crate::progress::{Meter, Unit};
use crate::{Failure, Printer, builder, cli, interrupt, machine};
use identify::identify;
use sage_oci_produce::{Downloads, download};
use sage_oci_reproduce::{Here, Request, Watch, archives, verify};
use sage_oci_verify::{FORMAT, Report, Verdict};
use std::sync::atomic::{AtomicU64, Ordering};

/// `verify`.
pub fn run(
    context: impl Fn() -> Result<Context, Failure>,
    options: &cli::Verify,
    printer: Printer,
) -> Result<(), Failure> {
    let (opened, locked) = sides::open_one(&context, &options.subject, &options.choice, &options.registry, printer)?;
    let context = &context()?;
    let report = match again(context, options, &opened, locked) {
        Ok(report) => report,
        Err(Failure::Error { message, hint }) if !interrupt::flag().load(Ordering::Relaxed) => {
            if options.json {
                context.printer.json(&inconclusive(options, &opened, &message))?;
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

/// `locked` is the lock of an image of the project, which is known without asking.
fn again(context: &Context, options: &cli::Verify, opened: &Opened, locked: Option<Locked>) -> Result<Report, Failure> {
    let locked = locked.map_or_else(|| identify(context, &options.choice, &opened.image), Ok)?;
    let plan = context.plan_without_store(&locked)?;
    if let Some(layer) = &options.layer
        && !plan.layers().iter().any(|known| known.name == layer)
    {
        let known: Vec<&str> = plan.layers().iter().map(|layer| layer.name.as_str()).collect();
        return Err(Failure::new(
            format_args!("there is no layer `{layer}`"),
            Some(format!("there are {}", known.join(", "))),
        ));
    }
    let layers: Vec<_> =
        plan.layers().iter().map(|layer| (layer.name.clone(), layer.handle.derivation.clone())).collect();
    let wanted = layers.iter().filter(|(name, _)| options.layer.as_ref().is_none_or(|only| only == name));
    let needed = archives(plan.derivations(), &wanted.map(|(_, derivation)| derivation).collect::<Vec<_>>());
    let fetches = || plan.fetches().filter(|(_, out)| needed.contains(*out));
    let own = tempfile::tempdir_in(&options.work).map_err(|error| {
        Failure::new(format_args!("cannot make a folder in {}: {error}", options.work.display()), None)
    })?;
    let mut downloads = Downloads::from(crate::downloads::options(cli::Building::default().connections));
    if options.fetch_anew {
        downloads.folder = own.path().to_owned();
    }
    // Those that are here are held to their digests, too.
    let meter = Meter::new(context.printer, "Checking", Unit::Bytes);
    download(fetches().map(|(fetch, _)| fetch), &downloads, &meter)?;
    meter.finish();
    let launcher = std::env::current_exe()
        .map_err(|error| Failure::new(format_args!("cannot tell where this program is: {error}"), None))?;
    let request = Request {
        subject: options.subject.text.clone(),
        source: &*opened.source,
        image: &opened.image,
        keeps_blobs: opened.has_manifest,
        derivations: plan.derivations(),
        layers,
        top: plan.derivation().clone(),
        archives: fetches()
            .map(|(fetch, out)| {
                let files = fetch.step.files.iter();
                (out.clone(), files.map(|file| (file.name.clone(), downloads.archive(&file.sha256))).collect())
            })
            .collect(),
        builder: builder::OWN,
        only: options.layer.clone(),
        wanted: options.vary.0.clone(),
        here: Here::look(&launcher),
        launcher,
        jobs: options.jobs.unwrap_or(machine::parallel().jobs as usize),
        folder: options.work.clone(),
    };
    let watching =
        Watching { built: AtomicU64::new(0), meter: Meter::new(context.printer, "Verifying", Unit::Things("steps")) };
    let report = verify(&request, &watching);
    watching.meter.finish();
    if interrupt::flag().load(Ordering::Relaxed) {
        return Err(Failure::new("interrupted; nothing of the second build is kept", None));
    }
    Ok(report?)
}

fn inconclusive(options: &cli::Verify, opened: &Opened, why: &str) -> Report {
    Report {
        format: FORMAT,
        subject: options.subject.text.clone(),
        manifest: opened.has_manifest.then_some(opened.image.descriptor.digest),
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
