use crate::error::is_passing;
use crate::exchange::Ask;
use crate::registry::Registry;
use crate::session::Step;
use crate::{RegistryError, pause};
use sage_oci_image::{Descriptor, Index, MAX_DOCUMENT, Manifest, MediaType, canonical};
use sage_oci_names::BlobDigest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use ureq::http::Method;

/// What an artifact without a configuration has for one (OCI image spec, "Guidance for an Empty Descriptor").
const EMPTY: &[u8] = b"{}";
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// Something that is said of an image, and lies beside it in the registry: a test report, for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it is, as `application/vnd.sage-oci.test-report.v1+json`.
    pub kind: String,
    /// The type of its content.
    pub media_type: MediaType,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Facts that a list of referrers shows without reading the content.
    pub annotations: BTreeMap<String, String>,
}

impl Registry {
    /// Puts an artifact beside an image that is there, and gives its digest.
    ///
    /// A registry without the referrers API gets the tag that the specification has for it (`sha256-…`), which several
    /// may write at once: it is read again, and written again, until all that were there are.
    ///
    /// # Errors
    /// The registry refuses, or others keep writing over it.
    pub fn attach(&self, subject: &Descriptor, artifact: &Artifact) -> Result<BlobDigest, RegistryError> {
        let layer = Descriptor::of(artifact.media_type.clone(), &artifact.bytes);
        let config = Descriptor::of(MediaType::from(EMPTY_TYPE.to_owned()), EMPTY);
        self.small_blob(&config, EMPTY)?;
        self.small_blob(&layer, &artifact.bytes)?;
        let bare = Descriptor::new(subject.media_type.clone(), subject.digest, subject.size);
        let rest = [
            ("artifactType".to_owned(), Value::from(artifact.kind.clone())),
            ("subject".to_owned(), serde_json::to_value(&bare).expect("a descriptor is JSON")),
        ];
        let manifest = Manifest {
            schema_version: 2,
            media_type: MediaType::MANIFEST,
            config,
            layers: vec![layer],
            annotations: artifact.annotations.clone(),
            rest: rest.into_iter().collect(),
        };
        let bytes = canonical(&manifest);
        self.put_by_digest(&MediaType::MANIFEST, &bytes)?;
        let mut entry = Descriptor::of(MediaType::MANIFEST, &bytes);
        entry.annotations = artifact.annotations.clone();
        entry.rest.insert("artifactType".to_owned(), Value::from(artifact.kind.clone()));
        // Docker Hub says that it has taken note (`OCI-Subject`), and has no API to ask; so a list counts, and no word.
        if !self.listed(&subject.digest)?.is_some_and(|all| has(&all, &entry.digest)) {
            self.merge(&subject.digest, &entry)?;
        }
        Ok(entry.digest)
    }

    /// What is said of an image, by those of one kind.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached, or its list is none.
    pub fn referrers(&self, subject: &BlobDigest, kind: &str) -> Result<Vec<Descriptor>, RegistryError> {
        let mut all = self.listed(subject)?.unwrap_or_default();
        for entry in self.fallback(subject)? {
            if !has(&all, &entry.digest) {
                all.push(entry);
            }
        }
        // Some lists misreport the kind; who reads the artifact sees what it is.
        let said = |entry: &Descriptor| entry.rest.get("artifactType").and_then(Value::as_str).map(str::to_owned);
        all.retain(|entry| said(entry).is_none_or(|said| said == kind || said == EMPTY_TYPE));
        Ok(all)
    }

    /// The one content of an artifact of a kind; none where it is another kind's, or gone.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached.
    pub fn artifact(&self, digest: &BlobDigest, kind: &str) -> Result<Option<Artifact>, RegistryError> {
        let Some(document) = self.document(&digest.to_string())? else { return Ok(None) };
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&document.bytes) else { return Ok(None) };
        if manifest.rest.get("artifactType").and_then(Value::as_str) != Some(kind) {
            return Ok(None);
        }
        let [layer] = manifest.layers.as_slice() else { return Ok(None) };
        let what = format!("artifact {digest}");
        if layer.size > MAX_DOCUMENT {
            return Err(self.nonsense(&what, format!("its content is larger than {MAX_DOCUMENT} bytes")));
        }
        let place = self.place(&format!("blobs/{}", layer.digest));
        let found = self.fetch(&Ask::new(&what, Method::GET, place))?;
        let Some(bytes) = found.map(|found| found.bytes) else { return Ok(None) };
        if sage_oci_image::digest_of(&bytes) != layer.digest {
            return Err(self.nonsense(&what, format!("its content is not {}", layer.digest)));
        }
        let (media_type, annotations) = (layer.media_type.clone(), manifest.annotations);
        Ok(Some(Artifact { kind: kind.to_owned(), media_type, bytes, annotations }))
    }

    /// What the referrers API lists; none where the registry has none.
    fn listed(&self, subject: &BlobDigest) -> Result<Option<Vec<Descriptor>>, RegistryError> {
        let what = format!("the referrers of {subject}");
        let place = self.place(&format!("referrers/{subject}"));
        match self.fetch(&Ask::new(&what, Method::GET, place).header("Accept", MediaType::INDEX.to_string())) {
            Ok(Some(found)) => Ok(serde_json::from_slice::<Index>(&found.bytes).ok().map(|index| index.manifests)),
            Ok(None) => Ok(None),
            // A registry that does not know the address answers in many ways.
            Err(RegistryError::Refused { status: 400..=499, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The referrers under the tag that stands in for the API.
    fn fallback(&self, subject: &BlobDigest) -> Result<Vec<Descriptor>, RegistryError> {
        let Some(document) = self.document(&fallback_tag(subject))? else { return Ok(Vec::new()) };
        let index = serde_json::from_slice::<Index>(&document.bytes);
        Ok(index.map(|index| index.manifests).unwrap_or_default())
    }

    /// Adds an entry under that tag, and looks whether everybody's is there after it.
    fn merge(&self, subject: &BlobDigest, entry: &Descriptor) -> Result<(), RegistryError> {
        let tag = fallback_tag(subject);
        let mut seen: Vec<Descriptor> = Vec::new();
        for attempt in 1..=self.options.attempts {
            // What was ever seen there is kept: another writer may have taken it away without a wish to.
            let there = self.fallback(subject)?;
            if has(&there, &entry.digest) && seen.iter().all(|one| has(&there, &one.digest)) {
                return Ok(());
            }
            for other in there {
                if !has(&seen, &other.digest) {
                    seen.push(other);
                }
            }
            if !has(&seen, &entry.digest) {
                seen.push(entry.clone());
            }
            seen.sort_by_key(|entry| entry.digest);
            let bytes = canonical(&Index::new(seen.clone(), BTreeMap::new()));
            self.put_document(&tag, &MediaType::INDEX, &bytes)?;
            let after = self.fallback(subject)?;
            if seen.iter().all(|entry| has(&after, &entry.digest)) {
                return Ok(());
            }
            pause::rest(&self.options, attempt)?;
        }
        Err(RegistryError::ReferrersRace { subject: *subject, attempts: self.options.attempts })
    }

    /// A blob that is in memory, sent unless it is there.
    fn small_blob(&self, blob: &Descriptor, bytes: &[u8]) -> Result<(), RegistryError> {
        if self.blob_size(&blob.digest)?.is_some() {
            return Ok(());
        }
        let what = format!("the upload of {}", blob.digest);
        let open = || Ok(Box::new(bytes) as Box<dyn Read>);
        for attempt in 1.. {
            let session = self.begin(&what)?;
            let (step, last) =
                (self.put(&what, &session, &blob.digest, blob.size, &open)?, attempt >= self.options.attempts);
            match step {
                Step::Done(_) => break,
                Step::No(answer) if last || !is_passing(answer.status().as_u16()) => {
                    return Err(self.refusal(&what, *answer));
                }
                Step::No(answer) => _ = self.wish(&what, &answer)?,
                Step::Unknown(broken) if last || !broken.should_retry() => {
                    return Err(self.broken(&what, broken, attempt));
                }
                Step::Unknown(_) => {}
            }
            pause::rest(&self.options, attempt)?;
        }
        Ok(())
    }
}

fn has(all: &[Descriptor], digest: &BlobDigest) -> bool {
    all.iter().any(|entry| entry.digest == *digest)
}

/// `sha256-0123…` (OCI distribution spec, "Referrers Tag Schema").
fn fallback_tag(subject: &BlobDigest) -> String {
    subject.to_string().replace(':', "-")
}
