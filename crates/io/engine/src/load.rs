use crate::import::Import;
use crate::loaded::Progress;
use crate::{Engine, EngineError, LoadOptions, Loaded};
use sage_oci_image::{Image, ImageSource};
use sage_oci_names::{Architecture, Reference};
use std::sync::Arc;

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
        let present = !options.complete && self.inspect(&id.into()).await?.is_some();
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
