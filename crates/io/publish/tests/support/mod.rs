//! A registry with images whose annotations a test chooses, and jobs that work on it.

#![allow(dead_code, reason = "each test binary uses a part")]

use sage_oci_fake_registry::{FakeRegistry, Fault, Profile, When};
use sage_oci_image::{
    ConfigSettings, Descriptor, ImageInput, LayerRef, LayerType, assemble, assemble_index, digest_of,
};
use sage_oci_names::{Architecture, BlobDigest, DiffId, LayerName};
use sage_oci_publish::{Applied, Candidate, Commit, PublishError, ROUNDS, TestReport, apply, tested};
use sage_oci_registry::{Access, Options, Registry, Repository};
use sage_oci_tags::{CHANNEL, CREATED, Override, Policy, Purpose, Tag, VERSION};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Nobody here looks into a layer.
const LAYER: &[u8] = b"layer";
pub const PATH: &str = "sagemath/sagemath";
pub const OLD: &str = "2026-10-30T08:21:14Z";
pub const NEW: &str = "2026-11-20T08:21:14Z";

/// A registry in somebody's manner.
pub struct World {
    pub fake: FakeRegistry,
    pub registry: Arc<Registry>,
}

/// The profiles that the laws are held to.
pub fn profiles() -> Vec<Profile> {
    vec![
        Profile::plain(),
        Profile::distribution2(),
        Profile::distribution3(),
        Profile::ghcr(),
        Profile::docker_hub(),
        Profile::gitlab(),
    ]
}

impl World {
    pub fn new(profile: Profile) -> Self {
        let fake = FakeRegistry::start(profile);
        let repository = Repository::parse(&format!("{}/{PATH}", fake.host()), false).unwrap();
        let options = Options {
            attempts: 3,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(2),
            ..Options::default()
        };
        let registry = Registry::open(repository, Access::Push, &[], None, options).unwrap();
        Self { fake, registry: Arc::new(registry) }
    }

    /// An image for one architecture; `what` makes it another one.
    pub fn image(&self, version: &str, created: &str, what: &str, architecture: Architecture) -> Descriptor {
        let blob = digest_of(LAYER);
        let layer = LayerRef {
            name: LayerName::parse("layer").unwrap(),
            diff_id: DiffId::parse(&blob.to_string()).unwrap(),
            blob,
            size: LAYER.len() as u64,
            media_type: LayerType::Tar,
        };
        self.fake.put_blob(PATH, LAYER);
        let input = ImageInput {
            architecture,
            epoch: 1,
            layers: vec![layer],
            config: ConfigSettings { env: vec![format!("WHAT={what}")], ..ConfigSettings::default() },
            annotations: annotations(version, created),
            below: None,
        };
        let made = assemble(&input).unwrap();
        self.fake.put_blob(PATH, &made.config);
        let digest = made.descriptor.digest.to_string();
        self.fake.put_manifest(PATH, &digest, &made.descriptor.media_type.to_string(), &made.manifest);
        made.descriptor
    }

    /// An image by itself.
    pub fn one(&self, version: &str, created: &str, what: &str) -> BlobDigest {
        self.image(version, created, what, Architecture::Amd64).digest
    }

    /// An index over members; without annotations where `version` is empty.
    pub fn index(&self, members: Vec<Descriptor>, version: &str, created: &str) -> BlobDigest {
        let said = if version.is_empty() { BTreeMap::new() } else { annotations(version, created) };
        let made = assemble_index(members, said).unwrap();
        let media_type = made.descriptor.media_type.to_string();
        self.fake.put_manifest(PATH, &made.descriptor.digest.to_string(), &media_type, &made.image_index);
        made.descriptor.digest
    }

    pub fn tag(&self, tag: &str, digest: BlobDigest) {
        self.fake.set_tag(PATH, tag, &digest.to_string());
    }

    pub fn candidate(&self, digest: &BlobDigest) -> Candidate {
        Candidate::open(&self.registry, digest).unwrap()
    }

    /// Puts a report beside a digest.
    pub fn report(&self, subject: &BlobDigest, results: &[&str], ended: i64, revised: Option<i64>) {
        self.report_for(subject, Architecture::Amd64, results, ended, revised);
    }

    pub fn report_for(
        &self,
        subject: &BlobDigest,
        architecture: Architecture,
        results: &[&str],
        ended: i64,
        revised: Option<i64>,
    ) {
        let commit = revised.map(|revised| Commit { revision: "0123abcd".to_owned(), revised });
        let report = TestReport::at(json(results), architecture, commit, ended).unwrap();
        let document = self.registry.document(&subject.to_string()).unwrap().unwrap();
        report.attach(&self.registry, &Descriptor::of(document.media_type, &document.bytes)).unwrap();
    }

    /// One job: reads the commit, moves tags; what it told, with them.
    pub fn job(&self, digest: &BlobDigest, policy: &Policy) -> (Result<Applied, PublishError>, Vec<String>) {
        let candidate = self.candidate(digest);
        let revised = tested(&self.registry, &candidate).unwrap().revised;
        let facts = candidate.facts(revised).unwrap();
        let mut told = Vec::new();
        let applied =
            apply(&self.registry, &candidate, &facts, policy, ROUNDS, &mut |event| told.push(event.to_string()));
        (applied, told)
    }

    /// A job that goes well; gives the tags that it wrote.
    #[track_caller]
    pub fn moved(&self, digest: &BlobDigest, policy: &Policy) -> Vec<String> {
        let (applied, told) = self.job(digest, policy);
        let applied = applied.unwrap_or_else(|error| panic!("{error}: {told:?}"));
        applied.moves.iter().map(|one| one.tag.to_string()).collect()
    }

    /// What each tag is at, without the lists of referrers.
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.fake.tags(PATH).into_iter().filter(|(tag, _)| !tag.starts_with("sha256-")).collect()
    }

    /// The tags that are at a digest.
    pub fn at(&self, digest: &BlobDigest) -> Vec<String> {
        let digest = digest.to_string();
        self.tags().into_iter().filter(|(_, at)| *at == digest).map(|(tag, _)| tag).collect()
    }

    /// Somebody else moves a tag when this job has made a request.
    pub fn meanwhile(&self, tag: &str, digest: &BlobDigest, when: When) {
        let (repository, tag, digest) = (PATH.to_owned(), tag.to_owned(), digest.to_string());
        self.fake.inject(Fault::MovesTag { repository, tag, digest }, when);
    }

    /// How often a tag was written.
    pub fn writes(&self, tag: &str) -> usize {
        let path = format!("/v2/{PATH}/manifests/{tag}");
        self.fake.requests().iter().filter(|seen| seen.method == "PUT" && seen.path == path).count()
    }
}

pub fn annotations(version: &str, created: &str) -> BTreeMap<String, String> {
    [(VERSION, version), (CREATED, created), (CHANNEL, "sid")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// A report as `smoke` writes it.
pub fn json(results: &[&str]) -> Vec<u8> {
    let checks: Vec<_> = results.iter().map(|result| serde_json::json!({ "name": "x", "result": result })).collect();
    let report = serde_json::json!({ "version": 2, "images": [{ "image": "x", "checks": checks }] });
    serde_json::to_vec(&report).unwrap()
}

pub fn release() -> Policy {
    Policy::new(Purpose::Release, vec![Tag::parse("sid").unwrap(), Tag::latest()])
}

pub fn downgrade(reason: &str) -> Policy {
    let overrule = Override::new(reason).unwrap().only([Tag::latest(), Tag::parse("sid").unwrap()]);
    Policy { overrule: Some(overrule), ..release() }
}
