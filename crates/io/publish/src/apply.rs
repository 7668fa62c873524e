use crate::held::Reader;
use crate::{Candidate, Event, PublishError, kept};
use sage_oci_image::Descriptor;
use sage_oci_names::BlobDigest;
use sage_oci_registry::{Document, Registry, RegistryError, Tagged};
use sage_oci_tags::{Decision, Facts, Held, Move, Number, Policy, Surprise, Tag, decide, verify};
use std::collections::BTreeMap;

/// As often as [`apply`] decides anew before it gives up, where nothing else is said.
pub const ROUNDS: usize = 6;

/// What would happen to the tags.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What the registry holds.
    pub held: Held,
    /// What follows from it.
    pub decision: Decision,
    /// What could not be read and stands in nobody's way, each a sentence without a full stop.
    pub problems: Vec<String>,
}

/// What has happened to the tags.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// What was written, in this order.
    pub moves: Vec<Move>,
    /// What was decided last, with nothing left to move: why each tag stays where it is.
    pub decision: Decision,
    /// What others moved meanwhile.
    pub surprises: Vec<Surprise>,
    /// Tags that should be at another image, and that a rule of the registry keeps where they are.
    pub fixed: BTreeMap<Tag, Option<BlobDigest>>,
}

/// Reads a registry and decides; nothing is written.
///
/// # Errors
/// The registry refuses or cannot be reached.
pub fn plan(registry: &Registry, facts: &Facts, policy: &Policy) -> Result<Planned, PublishError> {
    let mut reader = Reader::new(registry, facts, policy);
    let held = reader.held()?;
    let decision = decide(&held, facts, policy);
    Ok(Planned { held, decision, problems: reader.problems.into_iter().collect() })
}

/// Moves an image's tags until nothing is left to do: the loop that [`sage_oci_tags`] describes.
///
/// Each tag is read again just before it is written; where somebody else has moved it, all is decided anew. After the last write
/// all is read once more. It may be cut off anywhere: the same again completes it. `rounds` bounds how often tags are written.
///
/// # Errors
/// The registry refuses or cannot be reached; [`PublishError::Contested`] where others go on moving the same tags.
pub fn apply(
    registry: &Registry,
    candidate: &Candidate,
    facts: &Facts,
    policy: &Policy,
    rounds: usize,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<Applied, PublishError> {
    let reader = Reader::new(registry, facts, policy);
    let mut job = Job { registry, candidate, reader, applied: Applied::default(), tell };
    let mut before: Option<Decision> = None;
    let mut round = 0;
    loop {
        let held = job.reader.held()?;
        for surprise in before.iter().flat_map(|made| verify(&held, made)) {
            // What cannot be moved was said when it was found.
            if !job.applied.fixed.contains_key(&surprise.tag) {
                job.surprised(surprise);
            }
        }
        let mut decision = decide(&held, facts, policy);
        decision.moves.retain(|one| job.applied.fixed.get(&one.tag) != Some(&one.from));
        if decision.moves.is_empty() {
            for problem in &job.reader.problems {
                (job.tell)(&Event::Remark(problem));
            }
            job.applied.decision = decision;
            return Ok(job.applied);
        }
        if round >= rounds {
            let tags = decision.moves.into_iter().map(|one| one.tag).collect();
            return Err(PublishError::Contested { tags, rounds });
        }
        before = Some(job.write(decision)?);
        round += 1;
    }
}

/// One job's moves.
struct Job<'a> {
    registry: &'a Registry,
    candidate: &'a Candidate,
    reader: Reader<'a>,
    applied: Applied,
    tell: &'a mut dyn FnMut(&Event<'_>),
}

impl Job<'_> {
    /// Writes until somebody else is met; gives what was done of the decision.
    fn write(&mut self, decision: Decision) -> Result<Decision, PublishError> {
        let mut made = Decision { moves: Vec::new(), stays: decision.stays, remarks: decision.remarks };
        for one in decision.moves {
            let now = self.reader.digest(&one.tag)?;
            if now == Some(one.to) {
                made.moves.push(one);
                continue;
            }
            if now != one.from {
                self.surprised(Surprise { tag: one.tag, expected: one.from, found: now });
                break;
            }
            if !self.one(&one)? {
                break;
            }
            made.moves.push(one);
        }
        Ok(made)
    }

    /// Writes one tag; false where it is no longer where it was read.
    fn one(&mut self, one: &Move) -> Result<bool, PublishError> {
        let document = self.document(&one.to)?;
        if let Some(kept) = &one.kept {
            // First the reason, then the move: a job that is cut off between the two has changed nothing.
            let subject = Descriptor::of(document.media_type.clone(), &document.bytes);
            kept::attach(self.registry, &subject, kept)?;
        }
        if self.registry.tag(one.tag.as_str(), &document)? == Tagged::Moved {
            (self.tell)(&Event::Moved(one));
            self.applied.moves.push(one.clone());
            return Ok(true);
        }
        let now = self.reader.digest(&one.tag)?;
        if now == Some(one.to) {
            return Ok(true);
        }
        // A number that is taken, or any tag that was written meanwhile.
        if now != one.from {
            self.surprised(Surprise { tag: one.tag.clone(), expected: one.from, found: now });
            return Ok(false);
        }
        (self.tell)(&Event::Fixed { tag: &one.tag, at: now });
        // The number is taken, and the registry does not show it yet. Nothing may float before its number is written: the next
        // job would not know of it.
        if Number::read(&one.tag).is_some() {
            return Ok(false);
        }
        self.applied.fixed.insert(one.tag.clone(), now);
        Ok(true)
    }

    /// The bytes that a tag is to lead to: another job's, where that one was cut off.
    fn document(&self, digest: &BlobDigest) -> Result<Document, PublishError> {
        if *digest == self.candidate.digest() {
            return Ok(self.candidate.document.clone());
        }
        let absent =
            || RegistryError::Absent { repository: self.registry.repository().to_string(), what: digest.to_string() };
        Ok(self.registry.document(&digest.to_string())?.ok_or_else(absent)?)
    }

    fn surprised(&mut self, surprise: Surprise) {
        (self.tell)(&Event::Surprise(&surprise));
        self.applied.surprises.push(surprise);
    }
}
