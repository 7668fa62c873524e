use super::job::Job;
use super::packages;
use crate::commands::{source, tags};
use crate::{Failure, registries};
use sage_oci_image::{Image, ImageSource, Joined, whole};
use sage_oci_names::{BlobDigest, ChannelName, ImageName};
use sage_oci_pipeline::{Outcome, Previous, Published, TagLine};
use sage_oci_publish::{Candidate, Event, ROUNDS, apply, tested};
use sage_oci_registry::{Access, Document, Registry, RemoteImage, Repository};
use sage_oci_tags::{Facts, Policy, Purpose, Stay};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The outcomes of one image in one channel: one an architecture.
pub type Group = Vec<Outcome>;

/// The outcomes by image and channel; those that were not pushed are left out.
pub fn groups(outcomes: &[Outcome]) -> BTreeMap<(ImageName, ChannelName), Group> {
    let mut all: BTreeMap<_, Group> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.repository.is_some() && outcome.failed == 0) {
        all.entry((outcome.image.clone(), outcome.channel.clone())).or_default().push(outcome.clone());
    }
    all.values_mut().for_each(|group| group.sort_by_key(|outcome| outcome.architecture));
    all
}

/// Joins the architectures of an image by digest and moves its tags, by what the plan says the ref is.
pub fn one(job: &Job<'_>, group: &Group) -> Result<Option<Published>, Failure> {
    let Some(first) = group.first() else { return Ok(None) };
    let Some(repository) = &first.repository else { return Ok(None) };
    let repository = Repository::parse(repository, job.options.registry.plain_http)?;
    let registry = Arc::new(registries::open(repository.clone(), Access::Push, &[], &job.options.registry)?);
    let digest = joined(&registry, group)?;
    let candidate = Candidate::open(&registry, &digest)?;
    let mut published = Published {
        image: first.image.clone(),
        channel: first.channel.clone(),
        repository: repository.to_string(),
        digest,
        architectures: group.iter().map(|outcome| outcome.architecture).collect(),
        tags: Vec::new(),
        stays: Vec::new(),
        previous: None,
        size: first.size,
        packages: first.packages.clone(),
        binder: None,
    };
    let Some(purpose) = job.plan.tags.clone() else { return Ok(Some(published)) };
    let tested = tested(&registry, &candidate)?;
    if !tested.is_green() {
        // Checks come before tags.
        let why = tested.against().join("; ");
        return Err(Failure::new(format_args!("no tag of {repository} was moved: {why}"), None));
    }
    let facts = candidate.facts(tested.revised)?;
    let policy = policy(job, &candidate, purpose)?;
    published.previous = previous(&registry, &policy, &facts)?;
    move_tags(job, &registry, &candidate, &facts, &policy, &mut published)?;
    Ok(Some(published))
}

/// The digest of all architectures together: the one there is, or an index over them, which is written by digest.
fn joined(registry: &Arc<Registry>, group: &Group) -> Result<BlobDigest, Failure> {
    if let [only] = group.as_slice() {
        return Ok(only.digest);
    }
    let mut sources: Vec<Arc<dyn ImageSource>> = Vec::new();
    for outcome in group {
        sources.push(Arc::new(RemoteImage::open(Arc::clone(registry), &outcome.digest.to_string())?));
    }
    let joined = Joined::of(sources)?;
    let descriptor = whole(&joined)?;
    let document =
        Document { media_type: descriptor.media_type, digest: descriptor.digest, bytes: joined.bytes().to_vec() };
    registry.push_document(&document)?;
    Ok(document.digest)
}

/// The policy for the image that the digest says it is.
fn policy(job: &Job<'_>, candidate: &Candidate, purpose: Purpose) -> Result<Policy, Failure> {
    let first = candidate.images.first().ok_or_else(|| Failure::new("there is no image in it", None))?;
    let mut policy = tags::of_project(job.context, &source::definition(job.context, first)?)?;
    policy.purpose = purpose;
    Ok(policy)
}

/// What people have now under the tag that a release of this version moves, or `develop`.
fn previous(registry: &Arc<Registry>, policy: &Policy, facts: &Facts) -> Result<Option<Previous>, Failure> {
    let own = facts.own.iter().map(ToString::to_string);
    let version = facts.version.to_string();
    let floating = policy.floating.iter().map(ToString::to_string);
    for tag in own.chain([version]).chain(floating).chain(["develop".to_owned()]) {
        let Some(document) = registry.document(&tag)? else { continue };
        if document.digest == facts.digest {
            return Ok(None);
        }
        let Ok(candidate) = Candidate::open(registry, &document.digest) else { continue };
        let Some(image) = candidate.images.first() else { continue };
        let packages = packages::read(registry, &image.descriptor.digest)?.unwrap_or_default();
        return Ok(Some(Previous { digest: document.digest, size: size(image), packages }));
    }
    Ok(None)
}

fn size(image: &Image) -> Option<u64> {
    Some(image.compressed_size())
}

fn move_tags(
    job: &Job<'_>,
    registry: &Registry,
    candidate: &Candidate,
    facts: &Facts,
    policy: &Policy,
    published: &mut Published,
) -> Result<(), Failure> {
    let printer = job.context.printer;
    let mut tell = |event: &Event<'_>| match event {
        Event::Moved(one) => {
            printer.result(format_args!("{}:{}@{}", registry.repository(), one.tag, one.to));
            printer.step("Moved", format_args!("`{}`: {}", one.tag, one.why));
        }
        other => printer.note(format_args!("warning: {other}")),
    };
    let applied = apply(registry, candidate, facts, policy, ROUNDS, &mut tell)?;
    let line = |one: &sage_oci_tags::Move| TagLine {
        tag: one.tag.to_string(),
        from: one.from,
        to: one.to,
        why: one.why.to_string(),
    };
    published.tags = applied.moves.iter().map(line).collect();
    let is_new = |stay: &&Stay| !applied.moves.iter().any(|one| one.tag == stay.tag);
    let stays = applied.decision.stays.iter().filter(is_new);
    published.stays = stays.map(|stay| format!("`{}` stays: {}", stay.tag, stay.why)).collect();
    for text in &published.stays {
        printer.step("Stays", text);
    }
    match applied.fixed.is_empty() {
        true => Ok(()),
        false => {
            let names: Vec<_> = applied.fixed.keys().map(ToString::to_string).collect();
            Err(Failure::new(format_args!("the registry does not let {} move", names.join(", ")), None))
        }
    }
}
