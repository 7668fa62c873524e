use super::sides::{self, Opened};
use super::source::{self, definition, said};
use crate::context::Context;
use crate::progress::{Meter, Unit};
use crate::{Failure, Printer, cli};
use sage_oci_lint::{Applies, Exceptions, Report, Subject, lint, text};
use sage_oci_scan::{created, scan};
use sage_oci_tags::UPSTREAM;

/// Shorter homes than this are everybody's: `/root`.
const SHORTEST: usize = 6;

/// `lint`: what must not be in an image.
pub fn run(
    context: impl Fn() -> Result<Context, Failure>,
    options: &cli::Lint,
    printer: Printer,
) -> Result<(), Failure> {
    let subject = &options.subject;
    // Without a project any other image can be read.
    let context = if subject.place.of_project().is_some() { Some(context()?) } else { context().ok() };
    let locked =
        context.as_ref().map(|context| sides::locked(context, subject, &options.choice)).transpose()?.flatten();
    let opened = match (&context, &locked) {
        (Some(context), Some(locked)) => sides::open_built(context, subject, locked)?,
        _ => {
            let arch = options.choice.arch.as_ref().map(|asked| source::architecture(Some(asked))).transpose()?;
            sides::open_foreign(subject, arch, &options.registry, printer)?
        }
    };
    let (exceptions, applies) = exceptions(context.as_ref(), options, &opened, printer)?;
    let meter = Meter::new(printer, "Reading", Unit::Bytes);
    let mut done = 0;
    let scanned = scan(&*opened.source, &opened.image, &forbidden(context.as_ref(), &opened), |size| {
        done += size;
        meter.reach(done);
    })?;
    meter.finish();
    let owners = (!scanned.dpkg.packages.all.is_empty()).then(|| scanned.dpkg.owners(scanned.tree.nodes.keys()));
    let mut subject = Subject::new(&scanned.tree, &scanned.seen, &scanned.texts, owners.as_ref());
    subject.created = created(&opened.image);
    subject.libraries = scanned.libraries(&opened.image);
    let linted = lint(&subject);
    let judged = exceptions.judge(linted.findings, &applies);
    let document = opened.document();
    let mut report = Report::new(options.subject.text.clone(), document.digest, judged, &linted.unchecked);
    (report.paths, report.packages) = (scanned.tree.nodes.len(), scanned.dpkg.packages.all.len());
    if options.json {
        printer.json(&report)?;
    } else {
        printer.result(text(&report, options.all));
    }
    if report.is_clean() { Ok(()) } else { Err(Failure::NotFine) }
}

/// Those that are asked for, or the project's own where the image is of the project.
fn exceptions(
    context: Option<&Context>,
    options: &cli::Lint,
    opened: &Opened,
    printer: Printer,
) -> Result<(Exceptions, Applies), Failure> {
    let image = &opened.image;
    let resolved = context.and_then(|context| definition(context, image).ok());
    let applies = resolved.as_ref().map_or_else(Applies::default, |resolved| Applies {
        image: resolved.name.to_string(),
        channel: resolved.channel.to_string(),
        of_revision: !said(image, UPSTREAM).is_empty(),
    });
    let (name, text) = match (&options.exceptions, context, &resolved) {
        (Some(path), _, _) => (path.display().to_string(), sage_oci_files::read_to_string(path)?),
        (None, Some(context), Some(_)) => match context.project.lint()? {
            Some(found) => found,
            None => return Ok((Exceptions::default(), applies)),
        },
        _ => {
            printer.note("no exceptions: it is no image of this project, and no `--exceptions` are given");
            return Ok((Exceptions::default(), applies));
        }
    };
    let parsed = Exceptions::parse(&text).map_err(|error| Failure::from(error).at(&name))?;
    Ok((parsed, applies))
}

/// This machine's own places, which no image may name: the checkout, and the home where the image has no such one.
fn forbidden(context: Option<&Context>, opened: &Opened) -> Vec<String> {
    let mut places: Vec<String> =
        context.map(|context| context.project.root().display().to_string()).into_iter().collect();
    places.extend(std::env::var("HOME").ok());
    let own = opened.image.config.config.working_dir.clone().unwrap_or_default();
    places.retain(|place| place.len() >= SHORTEST && *place != own);
    places
}
