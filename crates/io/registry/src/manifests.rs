use crate::exchange::{Ask, Payload};
use crate::registry::Registry;
use crate::{RegistryError, pause};
use sage_oci_image::{Kind, MediaType, digest_of};
use sage_oci_names::BlobDigest;
use ureq::http::Method;

/// The types of what we can read; a registry converts or refuses what is not in the list.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.docker.distribution.manifest.v2+json";

/// A manifest or index as a registry has it, its digest computed from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What the registry says that it is.
    pub media_type: MediaType,
    /// The digest of the bytes.
    pub digest: BlobDigest,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Registry {
    /// Reads a manifest or index by digest or tag; none where there is none. By digest the bytes are held to it.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached, or sends something else than what was asked for.
    pub fn document(&self, reference: &str) -> Result<Option<Document>, RegistryError> {
        let what = format!("manifest {reference}");
        let ask = Ask::new(&what, Method::GET, self.place(&format!("manifests/{reference}"))).header("Accept", ACCEPT);
        let Some(found) = self.fetch(&ask)? else { return Ok(None) };
        let kind = found.header("content-type").unwrap_or_default();
        let media_type = MediaType::from(kind.split(';').next().unwrap_or_default().trim().to_owned());
        let digest = digest_of(&found.bytes);
        if BlobDigest::parse(reference).is_ok_and(|wanted| wanted != digest) {
            return Err(self.nonsense(&what, format!("its digest is {digest}")));
        }
        Ok(Some(Document { media_type, digest, bytes: found.bytes }))
    }

    /// Writes a manifest or index under its digest or a tag.
    ///
    /// A registry may need a moment until it sees the blobs that it has just taken; it is asked again for a while.
    ///
    /// # Errors
    /// The registry refuses.
    pub(crate) fn put_document(
        &self,
        reference: &str,
        media_type: &MediaType,
        bytes: &[u8],
    ) -> Result<(), RegistryError> {
        let what = format!("manifest {reference}");
        let ask = Ask::new(&what, Method::PUT, self.place(&format!("manifests/{reference}")))
            .header("Content-Type", media_type.to_string())
            .with(Payload::Bytes(bytes));
        let mut attempt = 1;
        loop {
            let answer = self.send(&ask)?;
            let status = answer.status().as_u16();
            if matches!(status, 200..=202 | 204) {
                return Ok(());
            }
            let error = self.refusal(&what, answer);
            let unknown = matches!(&error, RegistryError::Refused { said, .. } if {
                let said = said.to_ascii_uppercase();
                said.contains("BLOB_UNKNOWN") || said.contains("UNKNOWN BLOB") || said.contains("MANIFEST_UNKNOWN")
            });
            if !unknown || !matches!(status, 400 | 404) || attempt >= self.options.attempts {
                return Err(error);
            }
            pause::rest(&self.options, attempt)?;
            attempt += 1;
        }
    }

    /// Writes a manifest or index under its digest, unless it is there, and reads it back; whether it was new.
    pub(crate) fn put_by_digest(&self, media_type: &MediaType, bytes: &[u8]) -> Result<bool, RegistryError> {
        let digest = digest_of(bytes);
        let name = digest.to_string();
        if self.document(&name)?.is_some() {
            return Ok(false);
        }
        self.put_document(&name, media_type, bytes)?;
        let mut attempt = 1;
        // Read back: a digest that is printed must be there for whoever asks next. Some registries need a moment.
        while self.document(&name)?.is_none() {
            if attempt >= self.options.attempts {
                let registry = self.repository.registry().to_owned();
                return Err(RegistryError::NotKept { registry, what: format!("manifest {digest} is not there") });
            }
            pause::rest(&self.options, attempt)?;
            attempt += 1;
        }
        Ok(true)
    }
}

/// Whether a type is that of a manifest or an index.
pub(crate) fn is_document(media_type: &MediaType) -> bool {
    matches!(media_type.kind(), Kind::Manifest | Kind::Index)
}
