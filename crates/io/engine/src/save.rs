use crate::engine::is_missing;
use crate::{Engine, EngineError};
use bytes::Bytes;
use futures_util::StreamExt;
use sage_oci_names::EngineImage;
use std::time::Duration;

/// How long an engine may be silent while it makes an archive: it begins when it has looked at all layers.
const SILENCE: Duration = Duration::from_secs(300);

impl Engine {
    /// Has the engine write an image as `docker save` does; `take` gets the archive in pieces, and says whether it wants more.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoImage`], or the engine fails, falls silent or goes away on the way.
    pub async fn save(&self, image: &EngineImage, mut take: impl FnMut(Bytes) -> bool) -> Result<(), EngineError> {
        let (name, during) = (image.to_string(), "sending an image");
        let docker = self.patient();
        let mut pieces = Box::pin(docker.export_images(&[&name]));
        loop {
            match tokio::time::timeout(SILENCE, pieces.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(Ok(piece))) => {
                    if !take(piece) {
                        return Ok(());
                    }
                }
                Ok(Some(Err(error))) if is_missing(&error) => return Err(EngineError::NoImage { name }),
                Ok(Some(Err(error))) => return Err(self.error(during, error)),
                Err(_) => {
                    let (host, seconds) = (self.host.to_string(), SILENCE.as_secs());
                    return Err(EngineError::Silent { host, during: during.to_owned(), seconds });
                }
            }
        }
    }
}
