use super::source::definition;
use crate::context::Context;
use crate::{Failure, Printer, cli, interrupt, registries};
use sage_oci_definition::Resolved;
use sage_oci_image::Image;
use sage_oci_names::{Architecture, BlobDigest, Reference};
use sage_oci_publish::{Candidate, Event, PublishError, ROUNDS, Standing, TestReport, Tested, apply, plan, tested};
use sage_oci_registry::{Access, Registry, RegistryError, Repository};
use sage_oci_tags::{Decision, Facts, Move, Override, Policy, Purpose, Stay, Surprise, Tag, TagsError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The version of what `--json` prints.
const FORMAT: u64 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u64,
    repository: String,
    digest: BlobDigest,
    dry_run: bool,
    /// Why it was tagged without a report that speaks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    untested: Option<&'a str>,
    moves: &'a [Move],
    stays: &'a [Stay],
    remarks: Vec<String>,
    surprises: &'a [Surprise],
    /// Tags that a rule of the registry keeps away from where they should be.
    fixed: &'a BTreeMap<Tag, Option<BlobDigest>>,
}

/// `tags`: prints a line for each tag that was written, `TAG  FROM -> TO`.
pub fn run(context: &Context, options: &cli::Tags) -> Result<(), Failure> {
    let printer = context.printer;
    let repository = Repository::of(&options.image.reference, options.registry.plain_http);
    let access = if options.dry_run { Access::Pull } else { Access::Push };
    let registry = Arc::new(registries::open(repository, access, &[], &options.registry)?);
    let candidate = Candidate::open(&registry, &options.image.digest).map_err(failure)?;
    let first = candidate.images.first().ok_or_else(|| Failure::new("there is no image in it", None))?;
    let mut policy = of_project(context, &definition(context, first)?)?;
    let untested = options.untested.as_deref().map(reason).transpose()?;
    let tested = with_report(&registry, &candidate, options)?;
    if !is_green(printer, &tested, untested) {
        return Err(Failure::NotFine);
    }
    let facts = candidate.facts(tested.revised)?;
    let usual = if facts.own.is_some() {
        Purpose::Revision { branch: None }
    } else if facts.version.is_pre_release() {
        Purpose::PreRelease
    } else {
        Purpose::Release
    };
    policy.purpose = options.purpose.clone().unwrap_or(usual);
    if let Some(reason) = &options.downgrade {
        let overrule = Override::new(reason)?;
        policy.overrule = Some(match options.only.is_empty() {
            true => overrule,
            false => overrule.only(options.only.iter().cloned()),
        });
    }
    move_tags(printer, &registry, &candidate, &facts, &policy, options)
}

/// The policy for an image of a definition: its channel's tags go forward, and no branch gets another channel's.
pub fn of_project(context: &Context, image: &Resolved) -> Result<Policy, Failure> {
    let mut policy = Policy::new(Purpose::Release, tags(image)?);
    for definition in context.project.images()?.into_iter().filter(|one| one.names().contains(&image.name)) {
        for channel in definition.channels().iter().filter(|channel| **channel != image.channel) {
            policy.reserved.extend(tags(&context.project.image(&image.name, Some(channel))?)?);
        }
    }
    Ok(policy)
}

/// The tags that a definition lists for its channel.
pub fn tags(image: &Resolved) -> Result<Vec<Tag>, TagsError> {
    image.tags.iter().map(|tag| Tag::parse(tag)).collect()
}

fn reason(text: &str) -> Result<&str, Failure> {
    match text.trim() {
        "" => Err(Failure::new(
            "the reason for tagging an untested image is empty",
            Some("say in a sentence why".to_owned()),
        )),
        reason => Ok(reason),
    }
}

/// What the reports say, with the one that was given: it is put beside what it is about, unless nothing is to be written.
fn with_report(registry: &Registry, candidate: &Candidate, options: &cli::Tags) -> Result<Tested, Failure> {
    let Some(path) = &options.report else { return tested(registry, candidate).map_err(failure) };
    let (image, report) = read_report(path, candidate)?;
    if !options.dry_run {
        // What lies beside an index counts for it alone, what lies beside its member for all that have it.
        report.attach(registry, &image.descriptor).map_err(failure)?;
        return tested(registry, candidate).map_err(failure);
    }
    let mut tested = tested(registry, candidate).map_err(failure)?;
    let (subject, failed, passed) = (image.descriptor.digest, report.failed, report.passed);
    let standing = if report.is_green() { Standing::Passed } else { Standing::Failed { subject, failed, passed } };
    tested.architectures.insert(image.config.architecture.clone(), standing);
    Ok(tested)
}

/// A local report, and the image that it is about: one that `smoke` was given by its digest.
fn read_report<'a>(path: &Path, candidate: &'a Candidate) -> Result<(&'a Image, TestReport), Failure> {
    let json = sage_oci_files::read(path)?;
    let at = |error: PublishError| failure(error).at(path.display());
    let name = TestReport::new(json.clone(), Architecture::Amd64, None).map_err(at)?.image;
    let digest = Reference::parse(&name).ok().and_then(|reference| reference.digest());
    let of = |digest: &BlobDigest| candidate.images.iter().find(|image| image.descriptor.digest == *digest);
    let image = match (digest, candidate.images.as_slice()) {
        // By the index's digest, and nothing says which of its images was tested, unless there is one.
        (Some(digest), [only]) if digest == candidate.digest() => Some(only),
        (Some(digest), _) => of(&digest),
        (None, _) => None,
    };
    let Some(image) = image else {
        let smoke = candidate.images.first().map(|image| image.descriptor.digest);
        let hint = smoke.map(|digest| format!("`sage-oci smoke REPOSITORY@{digest} --report FILE` writes one that is"));
        return Err(Failure::new(format_args!("is about `{name}`, and not about this image by its digest"), hint)
            .at(path.display()));
    };
    let architecture = Architecture::parse(&image.config.architecture)?;
    Ok((image, TestReport::new(json, architecture, None).map_err(at)?))
}

/// Whether the image may get tags; says why not.
fn is_green(printer: Printer, tested: &Tested, untested: Option<&str>) -> bool {
    tested.problems.iter().for_each(|problem| printer.note(format_args!("warning: {problem}")));
    let against = tested.against();
    match (tested.is_green(), untested) {
        (true, _) => true,
        (false, Some(reason)) => {
            printer.note(format_args!("warning: {}; tagged although: {reason}", against.join("; ")));
            true
        }
        (false, None) => {
            let hint = "`sage-oci smoke REPOSITORY@sha256:... --report FILE` tests it, `tags ... --report FILE` then takes it; \
                        `--untested REASON` does without";
            printer.error(&format!("no tag was moved: {}", against.join("; ")), Some(hint));
            false
        }
    }
}

/// Moves the tags, or says which would move.
fn move_tags(
    printer: Printer,
    registry: &Registry,
    candidate: &Candidate,
    facts: &Facts,
    policy: &Policy,
    options: &cli::Tags,
) -> Result<(), Failure> {
    let mut tell = |event: &Event<'_>| match event {
        Event::Moved(one) => {
            if !options.json {
                line(printer, one);
            }
            printer.step("Moved", format_args!("`{}`: {}", one.tag, one.why));
        }
        other => printer.note(format_args!("warning: {other}")),
    };
    let (moves, decision, surprises, fixed, problems) = if options.dry_run {
        let planned = plan(registry, facts, policy).map_err(failure)?;
        for one in &planned.decision.moves {
            if !options.json {
                line(printer, one);
            }
            printer.step("Would move", format_args!("`{}`: {}", one.tag, one.why));
        }
        planned.problems.iter().for_each(|problem| printer.note(format_args!("warning: {problem}")));
        let moves = planned.decision.moves.clone();
        (moves, planned.decision, Vec::new(), BTreeMap::new(), planned.problems)
    } else {
        let applied = apply(registry, candidate, facts, policy, ROUNDS, &mut tell).map_err(failure)?;
        (applied.moves, applied.decision, applied.surprises, applied.fixed, Vec::new())
    };
    let Decision { stays, remarks, .. } = decision;
    // What was just written stays, too, and was told.
    let stays: Vec<Stay> = stays.into_iter().filter(|stay| !moves.iter().any(|one| one.tag == stay.tag)).collect();
    for stay in &stays {
        printer.step("Stays", format_args!("`{}`: {}", stay.tag, stay.why));
    }
    remarks.iter().for_each(|remark| printer.note(format_args!("note: {remark}")));
    if options.json {
        printer.json(&Document {
            format: FORMAT,
            repository: registry.repository().to_string(),
            digest: candidate.digest(),
            dry_run: options.dry_run,
            untested: options.untested.as_deref(),
            moves: &moves,
            stays: &stays,
            remarks: remarks.into_iter().chain(problems).collect(),
            surprises: &surprises,
            fixed: &fixed,
        })?;
    }
    all_moved(printer, &fixed)
}

/// Fails where a rule of the registry has kept a tag.
fn all_moved(printer: Printer, fixed: &BTreeMap<Tag, Option<BlobDigest>>) -> Result<(), Failure> {
    if fixed.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = fixed.keys().map(|tag| format!("`{tag}`")).collect();
    let hint = "let the repository's rule of immutable tags name tags with a number alone, as `*-*`";
    printer.error(&format!("the registry does not let {} move", names.join(", ")), Some(hint));
    Err(Failure::NotFine)
}

/// `TAG  FROM -> TO`, with `-` where the tag is new.
fn line(printer: Printer, one: &Move) {
    let from = one.from.map_or_else(|| "-".to_owned(), |digest| digest.to_string());
    printer.result(format_args!("{}  {from} -> {}", one.tag, one.to));
}

fn failure(error: PublishError) -> Failure {
    match error {
        PublishError::Registry(RegistryError::Stopped) => interrupt::failure(),
        error => error.into(),
    }
}
