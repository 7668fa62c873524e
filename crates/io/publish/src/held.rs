use crate::groups::{Groups, annotations, groups};
use crate::tested::Beside;
use crate::{PublishError, kept};
use sage_oci_image::{Descriptor, Index, Kind, Manifest};
use sage_oci_names::BlobDigest;
use sage_oci_registry::{Document, Registry};
use sage_oci_tags::{Facts, Held, Number, Policy, Purpose, Tag, TagsError, branch_tag, needed};
use std::collections::{BTreeMap, BTreeSet};

/// Reads what a registry holds, as the policy wants it; each digest once, however often it is asked.
pub(crate) struct Reader<'a> {
    registry: &'a Registry,
    image: &'a Facts,
    policy: &'a Policy,
    known: BTreeMap<BlobDigest, Known>,
    /// Tags that were met: a list may lack what is there.
    met: BTreeSet<Tag>,
    /// What could not be read, each a sentence without a full stop.
    pub(crate) problems: BTreeSet<String>,
}

/// An image that a tag leads to.
struct Known {
    facts: Result<Facts, TagsError>,
    groups: Groups,
    /// Its reports were asked for the commit.
    asked: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(registry: &'a Registry, image: &'a Facts, policy: &'a Policy) -> Self {
        let (known, met) = (BTreeMap::new(), BTreeSet::new());
        Self { registry, image, policy, known, met, problems: BTreeSet::new() }
    }

    /// Where a tag leads now.
    pub(crate) fn digest(&mut self, tag: &Tag) -> Result<Option<BlobDigest>, PublishError> {
        let digest = self.registry.digest(tag.as_str())?;
        if digest.is_some() {
            self.met.insert(tag.clone());
        }
        Ok(digest)
    }

    /// Reads the tags that matter and what they are at.
    pub(crate) fn held(&mut self) -> Result<Held, PublishError> {
        let mut listed = self.registry.tags()?;
        listed.extend(self.always().iter().chain(&self.met).map(Tag::to_string));
        let mut at = BTreeMap::new();
        for tag in needed(listed.iter().map(String::as_str), self.image, self.policy) {
            if let Some(digest) = self.digest(&tag)? {
                at.insert(tag.clone(), self.look(&tag, digest)?);
            }
        }
        let mut held = Held::default();
        // Only what floats can have been put back; a number is written once.
        let floating: BTreeSet<BlobDigest> =
            at.iter().filter(|(tag, _)| Number::read(tag).is_none()).map(|(_, digest)| *digest).collect();
        for digest in &floating {
            let (kept, problems) = kept::read(self.registry, digest)?;
            held.kept.extend(kept);
            self.problems.extend(problems);
        }
        self.date(&held, at.values().copied().collect())?;
        for (tag, digest) in at {
            let facts = self.known.get(&digest).map(|known| known.facts.clone());
            held.hold(tag, digest, facts.unwrap_or_else(|| Facts::read(digest, &BTreeMap::new(), None)));
        }
        Ok(held)
    }

    /// Tags that are asked for whether or not the list has them: lists come late in some registries.
    fn always(&self) -> Vec<Tag> {
        let mut tags = vec![Tag::latest(), Tag::develop()];
        tags.extend(Tag::parse(&self.image.version.to_string()));
        tags.extend(self.policy.floating.iter().cloned());
        if let Purpose::Branch(name) = &self.policy.purpose {
            let reserved = self.policy.reserved.iter().chain(&self.policy.floating).cloned().collect();
            tags.push(branch_tag(name, &reserved));
        }
        tags
    }

    /// Reads what a tag leads to, unless it is known; gives the digest of the bytes, whatever the registry has said before.
    fn look(&mut self, tag: &Tag, digest: BlobDigest) -> Result<BlobDigest, PublishError> {
        if self.known.contains_key(&digest) {
            return Ok(digest);
        }
        let document = match self.registry.document(&digest.to_string())? {
            Some(document) => Some(document),
            None => self.registry.document(tag.as_str())?,
        };
        let Some(document) = document else { return Ok(digest) };
        let annotations = match annotations(&document) {
            Some(annotations) => annotations,
            None => self.of_first_image(&document)?,
        };
        let facts = Facts::read(document.digest, &annotations, None);
        self.known.insert(document.digest, Known { facts, groups: groups(&document), asked: false });
        Ok(document.digest)
    }

    /// The annotations of the first image of an index that says nothing itself.
    fn of_first_image(&self, document: &Document) -> Result<BTreeMap<String, String>, PublishError> {
        if document.media_type.kind() != Kind::Index {
            return Ok(BTreeMap::new());
        }
        let Ok(index) = serde_json::from_slice::<Index>(&document.bytes) else { return Ok(BTreeMap::new()) };
        let is_image = |entry: &&Descriptor| entry.media_type.kind() == Kind::Manifest && !entry.is_called_otherwise();
        let Some(first) = index.manifests.iter().find(is_image) else { return Ok(BTreeMap::new()) };
        let manifest = self.registry.document(&first.digest.to_string())?;
        let manifest = manifest.and_then(|document| serde_json::from_slice::<Manifest>(&document.bytes).ok());
        Ok(manifest.map(|manifest| manifest.annotations).unwrap_or_default())
    }

    /// Looks up the commits of the images for which these decide. Where version or date differ they do not, and nobody is asked.
    fn date(&mut self, held: &Held, digests: BTreeSet<BlobDigest>) -> Result<(), PublishError> {
        let place = |facts: &Facts| (facts.version.clone(), facts.created);
        let known = digests.iter().filter_map(|digest| self.known.get(digest)?.facts.as_ref().ok());
        let kept = held.kept.iter().filter_map(|kept| kept.from.as_ref());
        let mut places: BTreeMap<_, BTreeSet<BlobDigest>> = BTreeMap::new();
        for facts in known.chain(kept).chain([self.image]) {
            places.entry(place(facts)).or_default().insert(facts.digest);
        }
        // What is kept of an overruled holder has to say all that is known of it.
        let all = matches!(self.policy.purpose, Purpose::Branch(_)) || self.policy.overrule.is_some();
        for digest in digests {
            let Some(known) = self.known.get_mut(&digest) else { continue };
            let Ok(facts) = &mut known.facts else { continue };
            let ties = places.get(&place(facts)).is_some_and(|others| others.len() > 1);
            if facts.digest == self.image.digest {
                facts.revised = self.image.revised;
            } else if (ties || all) && !known.asked {
                facts.revised = Beside::read(self.registry, digest, &known.groups)?.revised();
                known.asked = true;
            }
        }
        Ok(())
    }
}
