use sage_oci_files::FileError;
use sage_oci_image::ImageError;
use sage_oci_names::StorePath;
use sage_oci_trace::TraceError;

/// Why something could not be built again.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ReproduceError {
    /// A builder failed.
    #[error("building {name} again failed: {why}")]
    #[hint("the full log is {log}")]
    Failed {
        /// The derivation's name.
        name: String,
        /// The last thing that it said.
        why: String,
        /// The log's file.
        log: String,
    },
    /// A builder could not be started.
    #[error("cannot start the builder of {name}: {why}")]
    Start {
        /// The derivation's name.
        name: String,
        /// Why.
        why: String,
    },
    /// A builder could not be traced.
    #[error("{name}: {source}")]
    Trace {
        /// The derivation's name.
        name: String,
        /// Why.
        source: TraceError,
    },
    /// Something is read that no step makes and that is not here.
    #[error("{name} reads {path}, which is not here")]
    #[hint("build the image first: `sage-oci build`")]
    NoSource {
        /// The derivation's name.
        name: String,
        /// What it reads.
        path: StorePath,
    },
    /// What was built cannot be read.
    #[error("what {name} made is no layer: {why}")]
    NoLayer {
        /// The derivation's name.
        name: String,
        /// Why.
        why: String,
    },
    /// What was published cannot be compared file by file.
    #[error("layer {name} of the image has other bytes than were built, and cannot be taken apart: {why}")]
    #[hint("this project makes no such layer; `sage-oci inspect` shows what the image says of itself")]
    Foreign {
        /// The layer's name, or its digest.
        name: String,
        /// Why.
        why: String,
    },
    /// The image cannot be read.
    #[error(transparent)]
    Image(#[from] Box<ImageError>),
    /// Somebody wants it to end.
    #[error("interrupted")]
    Interrupted,
    /// A file of ours.
    #[error(transparent)]
    File(#[from] FileError),
}
