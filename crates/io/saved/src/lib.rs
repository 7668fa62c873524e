//! Images as `docker save` and the engine's API write them: an archive that is an OCI layout, as Docker 25 and later write it, or one of
//! `manifest.json`, a configuration and plain layers, as Docker 20.10 and podman do.
//!
//! [`Saved::unpack`] takes the stream of an archive apart into a file without a name; [`Saved`] is an
//! [`ImageSource`](sage_oci_image::ImageSource) from then on. [`pipe`] makes a stream of chunks that come from elsewhere.

mod archive;
mod classic;
mod error;
mod pipe;
mod saved;

pub use error::SavedError;
pub use pipe::{ChunkReader, ChunkSender, pipe};
pub use saved::Saved;
