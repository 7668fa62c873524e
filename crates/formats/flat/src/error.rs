use sage_oci_image::ImageError;
use sage_oci_layer::LayerError;
use sage_oci_names::BlobDigest;
use std::io;

/// Why an image cannot be read as a container sees it.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum FlatError {
    /// A blob is not there, or not what the image's documents say.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A layer whose bytes are as promised, but that cannot be taken apart.
    #[error("layer {layer}")]
    Layer {
        /// The layer.
        layer: BlobDigest,
        /// Why not.
        #[source]
        source: LayerError,
    },
    /// A hard link to something that its layer has not got.
    #[error("layer {layer} has a hard link `{path}` to `{target}`, which is no file of the same layer")]
    #[hint("no engine takes such a layer; build the image again")]
    HardLink {
        /// The layer.
        layer: BlobDigest,
        /// The link.
        path: String,
        /// What it names.
        target: String,
    },
    /// A file that could not be read to its end.
    #[error("cannot read `{path}` in layer {layer}")]
    #[hint(none)]
    Body {
        /// The layer.
        layer: BlobDigest,
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file that a visitor could not read to its end.
    #[error("cannot read `{path}`")]
    #[hint(none)]
    Visit {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// dpkg's own record of what is installed cannot be read.
    #[error("the image's `/var/lib/dpkg/status` cannot be read")]
    Dpkg {
        /// Why not.
        #[source]
        source: sage_oci_deb::DebError,
    },
    /// A thread that was reading a layer ended before its work was done.
    #[error("a thread that was reading a layer died")]
    WorkerDied,
}
