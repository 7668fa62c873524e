//! `verify`: builds an image again and says whether the same bytes come of it.

mod identify;
mod lock;
mod text;

use super::sides::{self, Opened};
use crate::architectures::Architectures;
use crate::context::{Context, Locked};
use crate::progress::{Meter, Unit};
use crate::{Failure, builder, cli, interrupt, machine};
use identify::identify;
use sage_oci_names::Architecture;
use sage_oci_produce::{Downloads, Plan, download};
use sage_oci_reproduce::{Here, Request, Watch, archives, verify};
use sage_oci_verify::{Emulate, FORMAT, FoundLock, Report, Variation, Verdict};
use std::sync::atomic::{AtomicU64, Ordering};

/// `verify`.
pub fn run(context: &Context, options: &cli::Verify) -> Result<(), Failure> {
    let arch = one_architecture(options.choice.arch.as_ref())?;
    let subject = &options.subject;
    let locked = sides::locked(context, subject, &options.choice)?;
    let opened = match &locked {
        Some(locked) => sides::open_built(context, subject, locked),
        None => sides::open_foreign(subject, arch, &options.registry, context.printer),
    };
    let opened = &or_report(opened, context, options, None)?;
    let (plan, lock) = or_report(planned(context, options, opened, locked), context, options, Some(opened))?;
    known(&plan, options)?;
    let report = or_report(again(context, options, opened, &plan, lock), context, options, Some(opened))?;
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

/// What could not be told is told so, as a report where one is wanted.
fn or_report<T>(
    result: Result<T, Failure>,
    context: &Context,
    options: &cli::Verify,
    opened: Option<&Opened>,
) -> Result<T, Failure> {
    match result {
        Err(Failure::Error { message, hint }) if !interrupt::flag().load(Ordering::Relaxed) => {
            if options.json {
                context.printer.json(&inconclusive(options, opened, &message))?;
            }
            Err(Failure::Error { message: format!("inconclusive: {message}"), hint })
        }
        other => other,
    }
}

/// The architecture that is asked for, if one is.
fn one_architecture(asked: Option<&Architectures>) -> Result<Option<Architecture>, Failure> {
    match asked {
        None => Ok(None),
        Some(Architectures::These(these)) if these.len() == 1 => Ok(Some(these[0])),
        Some(_) => {
            let hint =
                "run it once for each, as with `--arch amd64`; of an index there is nothing more to verify".to_owned();
            Err(Failure::new("a verdict is on the image of one architecture", Some(hint)))
        }
    }
}

/// The derivations of what the image says that it is, and the lock that they are of; `locked` is that of an image of the project, which is
/// known without asking.
fn planned(
    context: &Context,
    options: &cli::Verify,
    opened: &Opened,
    locked: Option<Locked>,
) -> Result<(Plan, FoundLock), Failure> {
    let (locked, lock) = match locked {
        Some(locked) => {
            let lock = lock_of_project(context, options, &locked);
            (locked, lock)
        }
        None => identify(context, &options.choice, opened)?,
    };
    context.printer.step("Lock", format_args!("{}: {}", lock.digest, lock.from));
    Ok((context.plan_without_store(&locked)?, lock))
}

fn lock_of_project(context: &Context, options: &cli::Verify, locked: &Locked) -> FoundLock {
    let choice = options.subject.place.choice(&options.choice);
    let own = || context.project.lock_path(&locked.image.channel, locked.lock.architecture);
    let from = choice.lock.unwrap_or_else(own).display().to_string();
    FoundLock { digest: locked.lock.digest(), from, is_the_images_own: false }
}

/// Fails where the command line names a layer that the image does not have.
fn known(plan: &Plan, options: &cli::Verify) -> Result<(), Failure> {
    let known: Vec<&str> = plan.layers().iter().map(|layer| layer.name.as_str()).collect();
    let emulated = match &options.emulate {
        Emulate::These(names) => names.as_slice(),
        Emulate::Smallest | Emulate::All => &[],
    };
    let named = options.layer.iter().map(|layer| ("--layer", layer));
    let named = named.chain(emulated.iter().map(|layer| ("--emulate", layer)));
    for (option, layer) in named {
        if !known.contains(&layer.as_str()) {
            return Err(Failure::new(
                format_args!("`{option} {layer}`: the image has no such layer"),
                Some(format!("there are {}", known.join(", "))),
            ));
        }
    }
    if !emulated.is_empty() && !options.vary.0.contains(&Variation::CpuKind) {
        let hint = Some("add it: `--vary cpu_kind`".to_owned());
        return Err(Failure::new("`--emulate` chooses layers for `cpu_kind`, which is not varied", hint));
    }
    Ok(())
}

fn again(
    context: &Context,
    options: &cli::Verify,
    opened: &Opened,
    plan: &Plan,
    lock: FoundLock,
) -> Result<Report, Failure> {
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
        lock: Some(lock),
        builder: builder::OWN,
        only: options.layer.clone(),
        wanted: options.vary.0.clone(),
        emulate: options.emulate.clone(),
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

fn inconclusive(options: &cli::Verify, opened: Option<&Opened>, why: &str) -> Report {
    Report {
        format: FORMAT,
        subject: options.subject.text.clone(),
        manifest: opened.filter(|opened| opened.has_manifest).map(|opened| opened.image.descriptor.digest),
        rebuilt: None,
        lock: None,
        verdict: Verdict::Inconclusive { why: why.to_owned() },
        layers: Vec::new(),
        documents: Vec::new(),
        varied: Vec::new(),
        not_varied: Vec::new(),
        emulation: None,
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
