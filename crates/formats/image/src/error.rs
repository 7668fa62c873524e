use crate::MediaType;
use sage_oci_names::{BlobDigest, DiffId};

/// What a place that holds images may answer; it names the place (a path, an address) itself.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// Why an image cannot be assembled, read or believed.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum ImageError {
    /// An image without layers.
    #[error("an image needs at least one layer")]
    NoLayers,
    /// More layers than engines stack.
    #[error("the image has {count} layers; engines stop at {most}")]
    #[hint("merge small layers in the layer plan and lock again")]
    TooManyLayers {
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A time stamp outside RFC 3339's years.
    #[error("{seconds} seconds since 1970 is no date that RFC 3339 can write")]
    Epoch {
        /// The seconds given.
        seconds: i64,
    },
    /// The place that holds the image failed.
    #[error("cannot read {what}")]
    #[hint(none)]
    Source {
        /// What was wanted: `the index` or a digest.
        what: String,
        /// What the place said.
        #[source]
        source: SourceError,
    },
    /// A blob that is named is not there.
    #[error("{what} is named, but it is not here")]
    #[hint(
        "a part of an image was copied, as a pull for one platform does; copy all of it, as `skopeo copy --all` does"
    )]
    Absent {
        /// Which blob.
        what: String,
    },
    /// Nothing at all is there of what an index names.
    #[error("nothing is here of what the index names: {count} in all, the first {first}")]
    #[hint(
        "a part of an image was copied, as a pull for one platform does; copy all of it, as `skopeo copy --all` does"
    )]
    NothingHere {
        /// How many it names.
        count: usize,
        /// The first.
        first: BlobDigest,
    },
    /// A layer that is encrypted.
    #[error("layer {layer} is encrypted ({media_type}), and cannot be read without a key")]
    #[hint("decrypt it on the way: `skopeo copy --decryption-key KEY oci:IMAGE oci:PLAIN`")]
    Encrypted {
        /// The layer's blob.
        layer: BlobDigest,
        /// Its type.
        media_type: MediaType,
    },
    /// A blob could not be read to its end, or not decompressed.
    #[error("cannot read the content of {what}")]
    Content {
        /// Which blob.
        what: String,
        /// What reading said.
        #[source]
        source: std::io::Error,
    },
    /// A document is larger than any honest one.
    #[error("{what} is larger than {most} bytes, too large for a JSON document")]
    DocumentTooLarge {
        /// Which document.
        what: String,
        /// The most that is read.
        most: u64,
    },
    /// A document is not the JSON it should be.
    #[error("{what} is not valid")]
    #[hint(none)]
    Json {
        /// Which document.
        what: String,
        /// What is wrong, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// A document has another media type than its place asks for.
    #[error("{what} has media type {found}, expected {expected}")]
    WrongType {
        /// Which document.
        what: String,
        /// The type it should have.
        expected: &'static str,
        /// The type it has.
        found: MediaType,
    },
    /// A blob's bytes are not those its descriptor promises.
    #[error("blob {expected} has digest {actual}")]
    #[hint("the image is damaged; build it again, or check the disk it lies on")]
    DigestMismatch {
        /// The digest of the descriptor.
        expected: BlobDigest,
        /// The digest of the bytes.
        actual: BlobDigest,
    },
    /// A blob's length is not the one its descriptor promises.
    #[error("blob {digest} has {actual} bytes, its descriptor says {expected}")]
    #[hint("the image is damaged; build it again, or check the disk it lies on")]
    SizeMismatch {
        /// Which blob.
        digest: BlobDigest,
        /// The size in the descriptor.
        expected: u64,
        /// The size of the blob.
        actual: u64,
    },
    /// A layer's uncompressed content is not the one the config promises.
    #[error("layer {blob} has diff id {actual}, the config says {expected}")]
    #[hint("the image is damaged; build it again, or check the disk it lies on")]
    DiffIdMismatch {
        /// The layer's blob.
        blob: BlobDigest,
        /// The diff id in the config.
        expected: DiffId,
        /// The diff id of the content.
        actual: DiffId,
    },
    /// Manifest and config do not count the same layers.
    #[error("the manifest has {layers} layers, the config {diff_ids} diff ids")]
    LayerCount {
        /// Layers of the manifest.
        layers: usize,
        /// Diff ids of the config.
        diff_ids: usize,
    },
    /// Indexes that lie in each other.
    #[error("index {index} lies in {most} others, one in the other")]
    TooDeep {
        /// The innermost.
        index: BlobDigest,
        /// How many are read.
        most: usize,
    },
    /// The config is for another machine than its descriptor says.
    #[error("the config of manifest {manifest} is for {config}, the index says {index}")]
    PlatformMismatch {
        /// Which manifest.
        manifest: BlobDigest,
        /// The platform in the config.
        config: String,
        /// The platform in the index.
        index: String,
    },
    /// The index has no image for a machine.
    #[error("the index has no linux image for {architecture}; it has {present}")]
    #[hint("build the image for this architecture first")]
    NoSuchPlatform {
        /// The architecture wanted.
        architecture: String,
        /// The platforms there are.
        present: String,
    },
    /// A document's fixed field has another value.
    #[error("{what} has {field} {found}, expected {expected}")]
    WrongValue {
        /// Which document.
        what: String,
        /// Which field.
        field: &'static str,
        /// Its value.
        found: String,
        /// The value the specification fixes.
        expected: &'static str,
    },
    /// An index of nothing.
    #[error("an image index needs at least one manifest")]
    NoManifests,
    /// Several images where one was wanted.
    #[error("the index names {count} images, not one")]
    Several {
        /// How many.
        count: usize,
    },
    /// A manifest that no index of several platforms can hold.
    #[error("manifest {manifest} is {}", platform.as_ref().map_or_else(|| "for no platform".to_owned(), |platform| format!("the second for {platform}")))]
    Platforms {
        /// The manifest.
        manifest: BlobDigest,
        /// Its platform, as `linux/amd64`.
        platform: Option<String>,
    },
}

impl ImageError {
    /// Whether nothing is known of the bytes that were wanted: their place failed, or does not have all of them. Of any other error the
    /// image is to blame.
    pub fn is_of_the_place(&self) -> bool {
        match self {
            Self::Source { .. } | Self::Absent { .. } | Self::NothingHere { .. } => true,
            Self::SizeMismatch { expected, actual, .. } => actual < expected,
            _ => false,
        }
    }
}
