use crate::import::Import;
use crate::{Engine, EngineError, Reference, RunId};
use sage_oci_image::{Image, ImageSource};
use sage_oci_names::Architecture;
use std::sync::Arc;
use std::time::Duration;

/// How a load behaves.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// How long the engine may neither take nor say anything. Unpacking a large layer on a slow disk is silent.
    pub silence: Duration,
    /// Send every layer, whatever the engine has.
    pub complete: bool,
    /// The run that the container made for the check belongs to.
    pub run: RunId,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { silence: Duration::from_secs(600), complete: false, run: RunId::unique() }
    }
}

/// What happens during a load, for a progress display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadEvent {
    /// What the engine has has been found out; this much is sent and left out, in bytes of stored blobs.
    Planned {
        /// Layers left out.
        known: usize,
        /// Layers in all.
        layers: usize,
        /// Bytes to send.
        send: u64,
        /// Bytes left out.
        skip: u64,
    },
    /// So many bytes of the archive have been taken by the engine; more than planned where layers travel decompressed.
    Sent(u64),
    /// Everything is sent; the engine unpacks.
    Unpacking,
    /// The engine did not take the partial archive; a complete one follows.
    Again {
        /// The engine's words.
        why: String,
    },
    /// The engine's view of the image is being checked.
    Checking,
    /// The engine went away while names were moved; it is waited for, to put them back.
    Waiting {
        /// For how long at most.
        seconds: u64,
    },
}

/// The outcome of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The image's Id in the engine.
    pub id: String,
    /// Bytes of the archive that were sent.
    pub sent_bytes: u64,
    /// Bytes of stored blobs that were left out.
    pub skipped_bytes: u64,
    /// Whether a complete archive had to follow a partial one.
    pub sent_again: bool,
}

/// Where a load tells what it does.
pub(crate) type Progress<'a> = &'a (dyn Fn(LoadEvent) + Sync);

impl Engine {
    /// Imports the image of one architecture, without a name; [`Engine::name`] gives it names.
    ///
    /// It is checked before it is believed. An engine that has the very image already is sent nothing. Images whose names
    /// are like `alike` are looked at first for layers that are there already. Dropping the future closes the connection;
    /// the engine then drops what it has got.
    ///
    /// # Errors
    ///
    /// The image cannot be read or is damaged, the engine refuses it, dies, or falls silent, or it ends up with
    /// something else than was sent.
    pub async fn load(
        &self,
        source: Arc<dyn ImageSource>,
        architecture: Architecture,
        alike: &[Reference],
        options: &LoadOptions,
        progress: Progress<'_>,
    ) -> Result<Loaded, EngineError> {
        let image = Image::open(source.as_ref(), architecture)?;
        let id = self.id_of(&image);
        // An image that is there but not sound is sent in full.
        let present = !options.complete && self.inspect(&id).await?.is_some();
        if present && self.verify(&image, &options.run).await.is_ok() {
            Ok(Loaded { id, sent_bytes: 0, skipped_bytes: image.compressed_size(), sent_again: false })
        } else {
            let known = match present || options.complete {
                true => 0,
                false => self.known_layers(&image, alike).await?,
            };
            Import { engine: self, source, image, options, progress }.send_and_check(known).await
        }
    }
}
