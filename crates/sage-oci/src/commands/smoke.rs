use super::emulation;
use super::load::{import, sweep, tidily};
use super::planned::{Planned, hint_at_programs};
use super::source;
use crate::cli::Subject;
use crate::context::{Context, Locked};
use crate::progress::{Meter, Unit};
use crate::runtime::runtime;
use crate::{Failure, Printer, cli};
use sage_oci_checks::{Checks, Selection};
use sage_oci_engine::{Engine, EngineError, RunId};
use sage_oci_image::{Image, ImageSource};
use sage_oci_names::{Architecture, ChannelName, EngineImage, ImageName};
use sage_oci_smoke::{Report, SmokeOptions, details, run_checks, summary, table, to_json, to_junit, unproved};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many images' checks may follow another: `extends` in a circle would never end.
const MOST: usize = 8;

/// `smoke`: the checks of images that the engine has.
pub fn run(context: &Context, options: &cli::Smoke) -> Result<(), Failure> {
    if let Some(subject @ (Subject::Layout(_) | Subject::Remote(_))) = &options.subject {
        return run_foreign(context, subject, options);
    }
    let planned = plan(context, options)?;
    if options.contract {
        return super::contract::run(context, &planned, options.json);
    }
    let printer = context.printer;
    let (reports, missing) = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let (mut reports, mut missing) = (Vec::new(), Vec::new());
        for planned in &planned {
            match look(&engine, planned, options.reference.is_some()).await {
                Ok(()) => {
                    let (architecture, mut selection) = (planned.locked.lock.architecture, planned.selection.clone());
                    emulation::allow_for(printer, &engine, &planned.reference, architecture, &mut selection).await?;
                    let subject = Tested { name: &planned.reference.to_string(), image: &planned.reference };
                    reports.push(test(printer, &engine, subject, &selection, &options.running).await?);
                }
                Err(absent) if options.all => missing.push(absent),
                Err(absent) => return Err(absent),
            }
        }
        Ok::<_, Failure>((reports, missing))
    })?;
    finish(printer, &reports, &options.running, missing)
}

/// `smoke` of an image that is not built here: it is imported without a name.
fn run_foreign(context: &Context, subject: &Subject, options: &cli::Smoke) -> Result<(), Failure> {
    if options.reference.is_some() || options.contract {
        return Err(Failure::new("`--reference` and `--contract` are for images of the project, by their names", None));
    }
    let source = source::foreign(subject, &options.registry, &options.choice)?;
    let architecture = source::architecture(options.choice.arch.as_ref())?;
    let report = runtime()?.block_on(async {
        let engine = Engine::connect().await?;
        let name = match subject {
            Subject::Remote(remote) => remote.reference.to_string(),
            Subject::Layout(folder) => folder.display().to_string(),
            Subject::Image(image) => image.to_string(),
        };
        test_source(context, &engine, source, architecture, &name, Wanted::of(options), &options.running).await
    })?;
    finish(context.printer, &[report], &options.running, Vec::new())
}

/// Imports an image without a name and runs the checks of the project's image that it says it is.
pub async fn test_source(
    context: &Context,
    engine: &Engine,
    source: Arc<dyn ImageSource>,
    architecture: Architecture,
    name: &str,
    wanted: Wanted<'_>,
    running: &cli::Running,
) -> Result<Report, Failure> {
    let printer = context.printer;
    let locked = source::identify(context, &Image::open(source.as_ref(), architecture)?)?;
    let mut selection = selection(context, &locked, wanted)?;
    let loaded = import(printer, engine, source, architecture, &locked.tags()?).await?;
    let image = EngineImage::from(loaded.id);
    emulation::allow_for(printer, engine, &image, architecture, &mut selection).await?;
    test(printer, engine, Tested { name, image: &image }, &selection, running).await
}

/// Shows and writes the reports; the exit status says what they say.
pub fn finish(
    printer: Printer,
    reports: &[Report],
    running: &cli::Running,
    missing: Vec<Failure>,
) -> Result<(), Failure> {
    conclude(printer, reports);
    write_reports(reports, running)?;
    if !reports.iter().all(Report::is_good) {
        missing.iter().for_each(|failure| failure.print(printer));
        return Err(Failure::NotFine);
    }
    // What was tested is fine, but not everything could be.
    missing.into_iter().next().map_or(Ok(()), Err)
}

/// The image that was named; or with `--all` every image of every channel that has a lock.
pub fn plan(context: &Context, options: &cli::Smoke) -> Result<Vec<Planned>, Failure> {
    let mut targets: Vec<(ImageName, Option<ChannelName>)> = Vec::new();
    if let Some(Subject::Image(image)) = &options.subject {
        targets.push((image.clone(), options.choice.channel.clone()));
    } else {
        for image in context.project.images()? {
            let channels = image.channels().into_iter();
            for channel in channels.filter(|channel| options.choice.channel.as_ref().is_none_or(|only| only == channel))
            {
                targets.extend(image.names().into_iter().map(|name| (name, Some(channel.clone()))));
            }
        }
    }
    let (mut all, mut groups) = (Vec::new(), Vec::new());
    for (image, channel) in targets {
        let target = cli::Choice { channel, ..options.choice.clone() }.of(image);
        let locked = context.locked(&target)?;
        let reference = match (&options.reference, locked.tags()?.first()) {
            (Some(reference), _) => EngineImage::parse(reference)?,
            (None, Some(tag)) => tag.clone().into(),
            // An image that is not in this lock yet.
            (None, None) if options.all => continue,
            (None, None) => return Err(Failure::new("the lock does not have this image", None)),
        };
        let selection = selection(context, &locked, Wanted::of(options))?;
        if !selection.checks.is_empty() || options.only.is_none() {
            all.push(Planned { locked, reference, selection });
        } else {
            groups.extend(selection.groups().into_iter().map(|group| format!("`{group}`")));
        }
    }
    match (&options.only, all.is_empty()) {
        (Some(only), true) => {
            let mut seen = std::collections::BTreeSet::new();
            groups.retain(|group| seen.insert(group.clone()));
            let hint = match groups.is_empty() {
                true => "its checks stand in no groups; the table that `smoke` prints has their names".to_owned(),
                false => format!("the groups are {}", groups.join(", ")),
            };
            Err(Failure::new(format_args!("no check has `{only}` in its name or its group's"), Some(hint)))
        }
        _ => Ok(all),
    }
}

/// Fails unless the engine has the image, and it is ours. Whoever names one with `--reference` knows whose it is.
pub async fn look(engine: &Engine, planned: &Planned, named: bool) -> Result<(), Failure> {
    let (name, image) = (&planned.reference, &planned.locked.image);
    let load = format!("`sage-oci load {} --channel {}` imports it", image.name, image.channel);
    let found = match engine.image(name).await {
        Err(error @ EngineError::NoImage { .. }) if !named => return Err(Failure::new(error, Some(load))),
        found => found?,
    };
    let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
    if !named && labels.get(sage_oci_recipe::TITLE) != Some(&image.title) {
        let title = labels
            .get(sage_oci_recipe::TITLE)
            .map_or_else(|| "no title".to_owned(), |title| format!("the title `{title}`"));
        return Err(Failure::new(
            format_args!("the engine's `{name}` is somebody else's image: it has {title}, not `{}`", image.title),
            Some(format!("{load}; to test that one as it is, say `--reference {name}`")),
        ));
    }
    Ok(())
}

/// Which of an image's checks are run: all where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'o> {
    /// Those whose name or group contains this.
    pub only: Option<&'o str>,
    /// Those that do not take long.
    pub quick: bool,
}

impl<'o> Wanted<'o> {
    fn of(options: &'o cli::Smoke) -> Self {
        Self { only: options.only.as_deref(), quick: options.quick }
    }
}

/// The checks of an image in its channel that are wanted, with those that they extend.
pub fn selection(context: &Context, locked: &Locked, wanted: Wanted<'_>) -> Result<Selection, Failure> {
    let (file, checks) = checks(context, locked)?;
    let mut selection = checks.for_channel(&locked.image.channel).map_err(|error| Failure::from(error).at(&file))?;
    selection.on(locked.lock.architecture);
    let of_revision = locked.revision.as_ref().map(|chosen| chosen.identity.version.as_str());
    selection.of_version(of_revision.or(locked.version()).unwrap_or_default());
    if let Some(only) = wanted.only {
        selection.select(only);
    }
    if wanted.quick {
        selection.quick();
    }
    Ok(selection)
}

/// The image's own checks, or those of the image whose layers it has, on top of what they extend.
fn checks(context: &Context, locked: &Locked) -> Result<(String, Checks), Failure> {
    let image = &locked.image;
    let own = context.project.has_checks(&image.name)?;
    let first = read(context, if own { &image.name } else { &image.layers_of })?;
    let mut chain = vec![first];
    while let Some(base) = chain.last().and_then(|(_, checks)| checks.extends()).cloned() {
        if chain.len() == MOST {
            return Err(Failure::new(format_args!("{}: `extends` goes round in a circle", chain[0].0), None));
        }
        chain.push(read(context, &base)?);
    }
    // From the bottom up: each on top of what it extends.
    let mut checks: Option<Checks> = None;
    let mut name = String::new();
    while let Some((file, upper)) = chain.pop() {
        checks = Some(match checks {
            None => upper,
            Some(base) => upper.onto(base).map_err(|error| Failure::from(error).at(&file))?,
        });
        name = file;
    }
    checks.map(|checks| (name, checks)).ok_or_else(|| Failure::new("an image has no checks", None))
}

fn read(context: &Context, image: &ImageName) -> Result<(String, Checks), Failure> {
    let (file, text) = context.project.checks(image)?;
    let checks = Checks::parse(&text).map_err(|error| Failure::from(error).at(&file))?;
    Ok((file, checks))
}

/// What is tested.
pub struct Tested<'a> {
    /// What it is called in output and reports.
    pub name: &'a str,
    /// What the containers are made of: a name, or an Id, which nobody can move in the middle.
    pub image: &'a EngineImage,
}

/// Runs the checks and shows at once what does not pass; no container stays, whatever happens, but those that are asked for.
pub async fn test(
    printer: Printer,
    engine: &Engine,
    subject: Tested<'_>,
    selection: &Selection,
    running: &cli::Running,
) -> Result<Report, Failure> {
    sweep(printer, engine).await?;
    printer.step("Testing", format_args!("{} with {} checks", subject.name, selection.checks.len()));
    let jobs = running.smoke_jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let options = SmokeOptions { jobs, run: RunId::unique(), keep: running.keep, port: running.port };
    let meter = Meter::new(printer, "Testing", Unit::Things("checks"));
    meter.start(selection.checks.len() as u64);
    let done = AtomicU64::new(0);
    let tell = |outcome: &sage_oci_smoke::Outcome| {
        if outcome.is_bad() {
            meter.note(&details(outcome));
        }
        meter.reach(done.fetch_add(1, Ordering::Relaxed) + 1);
    };
    let work = async { Ok(run_checks(engine, subject.image, selection, &options, &tell).await) };
    let report = tidily(printer, engine, &options.run, work).await;
    meter.finish();
    let mut report = report?;
    subject.name.clone_into(&mut report.image);
    Ok(report)
}

/// How many checks hide what was said before their table.
const LONG: usize = 20;

/// The table, what went wrong once more where the table is long, a last line an image, and the rows of the contract that are not
/// proved.
pub fn conclude(printer: Printer, reports: &[Report]) {
    if !reports.is_empty() {
        printer.note(format_args!("\n{}\n", table(reports)));
    }
    let checks = || reports.iter().flat_map(|report| &report.checks);
    if checks().count() > LONG {
        checks().filter(|outcome| outcome.is_bad()).for_each(|outcome| printer.note(details(outcome)));
    }
    reports.iter().for_each(|report| printer.note(summary(report)));
    let unproved: Vec<_> = reports.iter().flat_map(unproved).collect();
    unproved.iter().for_each(|line| printer.note(line));
    hint_at_programs(printer, &unproved);
}

/// Writes the reports that were asked for.
pub fn write_reports(reports: &[Report], options: &cli::Running) -> Result<(), Failure> {
    if let Some(path) = &options.junit {
        sage_oci_files::write_atomic(path, to_junit(reports)?.as_bytes())?;
    }
    if let Some(path) = &options.report {
        sage_oci_files::write_atomic(path, to_json(reports).as_bytes())?;
    }
    Ok(())
}
