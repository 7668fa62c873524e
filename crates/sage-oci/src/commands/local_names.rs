//! Which of its names an image gets in an engine: the policy of a registry's tags, by the labels of what the engine has.

use super::tags::tags;
use crate::Failure;
use crate::context::Locked;
use sage_oci_definition::Resolved;
use sage_oci_engine::{Engine, EngineError};
use sage_oci_image::Image;
use sage_oci_names::{BlobDigest, EngineId, EngineImage, Reference};
use sage_oci_tags::{Facts, Held, Policy, StayReason, Tag, TagsError, decide};
use std::collections::BTreeMap;

/// The names that an image gets, and why it does not get the others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Those that it gets, or has already.
    pub given: Vec<Reference>,
    /// A line for each name that stays where it is.
    pub stays: Vec<String>,
}

/// Decides over the names of an image that the engine has by this Id.
pub async fn decide_in(engine: &Engine, locked: &Locked, image: &Image, id: EngineId) -> Result<Names, Failure> {
    let all = locked.tags()?;
    // Nobody else has the name of a revision's image; the last one built has it.
    if locked.revision.is_some() {
        return Ok(Names { given: all, stays: Vec::new() });
    }
    let own = digest(id)?;
    // What an engine calls an image is its own; only whether two are one counts here.
    let facts = match Facts::read(own, &image.manifest.annotations, None) {
        Ok(facts) => facts,
        Err(error) => return Ok(unordered(all, locked.version().is_some(), &error)),
    };
    let names = by_tag(locked, &facts, all)?;
    let mut held = Held::default();
    for (tag, name) in &names {
        let at = match engine.image(&EngineImage::from(name.clone())).await {
            Err(EngineError::NoImage { .. }) => continue,
            at => at?,
        };
        let Some(id) = at.id.as_deref().and_then(|id| EngineId::parse(id).ok()) else { continue };
        let labels: BTreeMap<String, String> =
            at.config.and_then(|config| config.labels).unwrap_or_default().into_iter().collect();
        held.hold(tag.clone(), digest(id)?, Facts::read(digest(id)?, &labels, None));
    }
    Ok(settle(&locked.image, names, &held, &facts)?)
}

fn digest(id: EngineId) -> Result<BlobDigest, Failure> {
    Ok(BlobDigest::parse(&id.to_string())?)
}

/// The engine's names by the tags of the policy. An image for another architecture has other names for the same tags.
fn by_tag(locked: &Locked, facts: &Facts, names: Vec<Reference>) -> Result<Vec<(Tag, Reference)>, TagsError> {
    let version = locked.version().map(|_| Tag::parse(&facts.version.to_string())).transpose()?;
    Ok(version.into_iter().chain(tags(&locked.image)?).zip(names).collect())
}

/// What an image gets whose version has no place in the order: its version's name, and no name that others have, too.
fn unordered(names: Vec<Reference>, has_version: bool, error: &TagsError) -> Names {
    let (given, floating) = names.split_at(usize::from(has_version));
    let stays = floating.iter().map(|name| format!("{name} stays where it is: {error}")).collect();
    Names { given: given.to_vec(), stays }
}

/// The policy's word on each name.
fn settle(image: &Resolved, names: Vec<(Tag, Reference)>, held: &Held, facts: &Facts) -> Result<Names, TagsError> {
    let decision = decide(held, facts, &Policy::local(tags(image)?));
    let mut settled = Names::default();
    for (tag, name) in names {
        let stay = decision.stays.iter().find(|stay| stay.tag == tag && stay.why != StayReason::There);
        match stay {
            None => settled.given.push(name),
            Some(stay) => settled.stays.push(format!(
                "{name} stays where it is: {}; `sage-oci load {} --channel {} --tag {name}` moves it all the same",
                stay.why, image.name, image.channel
            )),
        }
    }
    Ok(settled)
}
