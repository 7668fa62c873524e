use sage_oci_files::FileError;
use sage_oci_tar::TarError;

/// Why an archive of `docker save` cannot be read.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum SavedError {
    /// It is no archive, or damaged.
    #[error("cannot take apart what the engine has sent")]
    #[hint(none)]
    Tar(#[from] TarError),
    /// It has no list of images.
    #[error("what the engine has sent has neither `oci-layout` nor `manifest.json`")]
    #[hint("look at the engine's log; `docker save IMAGE | tar -t` shows what it sends")]
    NoImage,
    /// A document of it cannot be read.
    #[error("`{name}` in what the engine has sent cannot be read")]
    #[hint(none)]
    Document {
        /// Its name.
        name: String,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// Something that it names is not in it.
    #[error("`{name}` is named by what the engine has sent, and is not in it")]
    #[hint("try again; the image may have been removed on the way")]
    Absent {
        /// Its name.
        name: String,
    },
    /// It has more than one image.
    #[error("the engine has sent {count} images instead of one")]
    #[hint("name one image, with its tag")]
    Several {
        /// How many.
        count: usize,
    },
    /// The configuration names another number of layers than there are.
    #[error("the configuration names {diff_ids} layers, `manifest.json` {layers}")]
    #[hint("look at the engine's log; the image may be damaged there")]
    LayerCount {
        /// In the configuration.
        diff_ids: usize,
        /// In `manifest.json`.
        layers: usize,
    },
    /// A file on this machine.
    #[error(transparent)]
    File(#[from] FileError),
}
