//! Jobs that run at the same time, step by step in any order, on a registry without compare-and-swap.

use proptest::prelude::*;
use sage_oci_names::{BlobDigest, ChannelName, Sha256};
use sage_oci_tags::{
    Facts, Held, Holder, ImageVersion, Kept, Move, Number, Override, Policy, Purpose, Tag, decide, needed, verify,
};
use std::collections::BTreeMap;

/// What a registry does with a number that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// It refuses another image, as one with immutable tags does.
    Immutable,
    /// It takes what is written last.
    LastWins,
}

struct Registry {
    numbers: Numbers,
    tags: BTreeMap<Tag, Facts>,
}

impl Registry {
    fn read(&self, image: &Facts, policy: &Policy) -> Held {
        let wanted = needed(self.tags.keys().map(Tag::as_str), image, policy);
        let tags = wanted.into_iter().map(|tag| (tag.clone(), Holder::Ours(self.tags[&tag].clone()))).collect();
        Held { tags, kept: Vec::new() }
    }

    fn write(&mut self, tag: &Tag, image: &Facts) {
        let refused = self.numbers == Numbers::Immutable && Number::read(tag).is_some() && self.tags.contains_key(tag);
        if !refused {
            self.tags.insert(tag.clone(), image.clone());
        }
    }
}

#[derive(Debug, Clone)]
struct Job {
    image: Facts,
    policy: Policy,
    /// What is left of the decision, the next one last.
    moves: Vec<Move>,
    /// What the next one's tag was seen at.
    seen: Option<Option<Facts>>,
    done: bool,
}

impl Job {
    fn new(image: Facts, purpose: Purpose) -> Self {
        let floating = ["latest", "sid"].map(|tag| Tag::parse(tag).unwrap()).into();
        Self { image, policy: Policy::new(purpose, floating), moves: Vec::new(), seen: None, done: false }
    }

    /// Reads all, or reads one tag, or writes one.
    fn step(&mut self, registry: &mut Registry, images: &[Facts]) {
        if self.done {
            return;
        }
        let Some(next) = self.moves.last() else {
            let decision = decide(&registry.read(&self.image, &self.policy), &self.image, &self.policy);
            self.moves = decision.moves;
            self.moves.reverse();
            self.done = self.moves.is_empty();
            return;
        };
        match self.seen.take() {
            None => {
                let at = registry.tags.get(&next.tag);
                if at.map(|facts| facts.digest) == next.from {
                    self.seen = Some(at.cloned());
                } else {
                    self.moves.clear();
                }
            }
            Some(seen) => {
                let to = images.iter().find(|image| image.digest == next.to).unwrap();
                assert!(seen.is_none_or(|seen| to.is_newer_than(&seen)), "a write goes back from what was read");
                registry.write(&next.tag, to);
                self.moves.pop();
            }
        }
    }

    /// Dies in the middle and is started again.
    fn retry(&mut self) {
        (self.moves, self.seen, self.done) = (Vec::new(), None, false);
    }
}

fn image(at: usize, (version, channel, created, revised): (usize, bool, i64, Option<i64>)) -> Facts {
    let versions = ["9.5", "10.10.beta4", "10.10", "10.11"];
    Facts {
        digest: BlobDigest::new(Sha256::new([u8::try_from(at).unwrap(); 32])),
        version: ImageVersion::parse(versions[version]).unwrap(),
        channel: ChannelName::parse(if channel { "sid" } else { "experimental" }).unwrap(),
        created,
        revised,
        own: None,
    }
}

/// Images; some cannot be ordered.
fn images() -> impl Strategy<Value = Vec<Facts>> {
    let one = (0_usize..4, proptest::bool::weighted(0.8), 0_i64..4, proptest::option::of(0_i64..3));
    proptest::collection::vec(one, 1..6)
        .prop_map(|all| all.into_iter().enumerate().map(|(at, one)| image(at, one)).collect())
}

/// What a job is for: which image, whether it is a release.
fn jobs() -> impl Strategy<Value = Vec<(prop::sample::Index, bool)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), proptest::bool::weighted(0.7)), 1..7)
}

/// Which job takes the next step, and whether it dies instead.
fn schedule() -> impl Strategy<Value = Vec<(prop::sample::Index, bool)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), proptest::bool::weighted(0.05)), 0..200)
}

fn started(images: &[Facts], jobs: &[(prop::sample::Index, bool)]) -> Vec<Job> {
    let purpose = |release| if release { Purpose::Release } else { Purpose::Develop };
    jobs.iter().map(|(image, release)| Job::new(image.get(images).clone(), purpose(*release))).collect()
}

/// Lets the jobs run by the schedule, and then until each has ended.
fn run(registry: &mut Registry, images: &[Facts], jobs: &mut [Job], schedule: &[(prop::sample::Index, bool)]) {
    for (at, dies) in schedule {
        let job = at.index(jobs.len());
        if *dies { jobs[job].retry() } else { jobs[job].step(registry, images) }
    }
    for round in 0.. {
        assert!(round < 2000, "the jobs never end");
        if jobs.iter().all(|job| job.done) {
            return;
        }
        jobs.iter_mut().for_each(|job| job.step(registry, images));
    }
}

/// Whether a tag may hold an image, by the table of the crate.
fn may_hold(tag: &Tag, image: &Facts) -> bool {
    match tag.as_str() {
        "develop" => true,
        "latest" | "sid" => !image.version.is_pre_release(),
        version => image.version.to_string() == version,
    }
}

fn floating(registry: &Registry) -> impl Iterator<Item = (&Tag, &Facts)> {
    registry.tags.iter().filter(|(tag, _)| Number::read(tag).is_none())
}

/// Images of `channels` that the registry counts.
fn numbered(registry: &Registry) -> impl Iterator<Item = &Facts> {
    registry.tags.iter().filter(|(tag, _)| Number::read(tag).is_some()).map(|(_, image)| image)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn in_the_end_no_image_with_a_number_is_newer(
        images in images(), jobs in jobs(), schedule in schedule(), immutable in any::<bool>(),
    ) {
        let numbers = if immutable { Numbers::Immutable } else { Numbers::LastWins };
        let mut registry = Registry { numbers, tags: BTreeMap::new() };
        let mut jobs = started(&images, &jobs);
        run(&mut registry, &images, &mut jobs, &schedule);
        for (tag, holder) in floating(&registry) {
            for image in numbered(&registry).filter(|image| may_hold(tag, image)) {
                // A channel's tag follows the images of its own channel.
                if image.channel == holder.channel || tag.as_str() == "develop" || may_hold(tag, holder) && tag.as_str().starts_with(|c: char| c.is_ascii_digit()) {
                    prop_assert!(!image.is_newer_than(holder), "{} is at {}, and {} is there", tag, holder, image);
                }
            }
        }
    }

    #[test]
    fn where_numbers_are_immutable_the_order_of_jobs_does_not_matter(
        dates in proptest::collection::vec((0_usize..4, 0_i64..1000), 1..6), order in schedule(), other in schedule(),
    ) {
        // All of one channel, and each with a date of its own.
        let images: Vec<Facts> = dates.iter().enumerate()
            .map(|(at, (version, date))| image(at, (*version, true, date * 10 + i64::try_from(at).unwrap(), None)))
            .collect();
        let ends = [order, other].map(|schedule| {
            let mut registry = Registry { numbers: Numbers::Immutable, tags: BTreeMap::new() };
            let mut jobs: Vec<Job> = images.iter().map(|image| Job::new(image.clone(), Purpose::Release)).collect();
            run(&mut registry, &images, &mut jobs, &schedule);
            floating(&registry).map(|(tag, image)| (tag.clone(), image.clone())).collect::<BTreeMap<_, _>>()
        });
        prop_assert_eq!(&ends[0], &ends[1]);
        for (tag, holder) in &ends[0] {
            let newest = images.iter().filter(|image| may_hold(tag, image)).max_by_key(|image| (&image.version, image.created));
            prop_assert_eq!(Some(holder), newest, "{}", tag);
        }
    }

    #[test]
    fn one_after_the_other_no_tag_ever_goes_back_and_no_number_moves(images in images(), jobs in jobs()) {
        let mut registry = Registry { numbers: Numbers::LastWins, tags: BTreeMap::new() };
        for mut job in started(&images, &jobs) {
            while !job.done {
                let before = registry.tags.clone();
                job.step(&mut registry, &images);
                for (tag, image) in &before {
                    let after = &registry.tags[tag];
                    let forward = Number::read(tag).is_none() && after.is_newer_than(image);
                    prop_assert!(after == image || forward, "{} goes from {} to {}", tag, image, after);
                }
            }
        }
    }

    #[test]
    fn what_was_put_back_on_purpose_stays(
        images in images(), jobs in jobs(), schedule in schedule(), back in any::<prop::sample::Index>(),
    ) {
        let mut registry = Registry { numbers: Numbers::LastWins, tags: BTreeMap::new() };
        let mut jobs = started(&images, &jobs);
        run(&mut registry, &images, &mut jobs, &schedule);
        let mut told = Job::new(back.get(&images).clone(), Purpose::Release);
        let without = told.policy.clone();
        told.policy.overrule = Some(Override::new("the newer one is broken").unwrap());
        let decision = decide(&registry.read(&told.image, &told.policy), &told.image, &told.policy);
        for one in &decision.moves {
            prop_assert_eq!(one.to, told.image.digest);
            registry.write(&one.tag, &told.image);
        }
        let kept: Vec<Kept> = decision.moves.iter().filter_map(|one| one.kept.clone()).collect();
        let again = decide(&registry.read(&told.image, &told.policy), &told.image, &told.policy);
        prop_assert_eq!(again.moves, []);
        for image in &images {
            let held = Held { kept: kept.clone(), ..registry.read(image, &without) };
            for one in decide(&held, image, &without).moves {
                let to = images.iter().find(|image| image.digest == one.to).unwrap();
                let before = kept.iter().find(|kept| kept.tag == one.tag).and_then(|kept| kept.from.as_ref());
                prop_assert!(before.is_none_or(|before| to.is_newer_than(before)), "{} is undone", one.tag);
            }
        }
    }

    #[test]
    fn deciding_again_gives_no_moves_and_no_surprises(images in images(), jobs in jobs(), schedule in schedule()) {
        let mut registry = Registry { numbers: Numbers::LastWins, tags: BTreeMap::new() };
        let mut jobs = started(&images, &jobs);
        let (last, others) = jobs.split_last_mut().unwrap();
        for (at, _) in if others.is_empty() { &[] } else { &schedule[..] } {
            let job = at.index(others.len());
            others[job].step(&mut registry, &images);
        }
        let decision = decide(&registry.read(&last.image, &last.policy), &last.image, &last.policy);
        for one in &decision.moves {
            registry.write(&one.tag, images.iter().find(|image| image.digest == one.to).unwrap());
        }
        let after = registry.read(&last.image, &last.policy);
        prop_assert_eq!(verify(&after, &decision), []);
        prop_assert_eq!(decide(&after, &last.image, &last.policy).moves, []);
    }
}
