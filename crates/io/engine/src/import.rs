use crate::archive::Archive;
use crate::loaded::Progress;
use crate::transfer::{CHUNKS, produce};
use crate::{Engine, EngineError, LoadEvent, LoadOptions, Loaded, StoreKind};
use bollard::models::BuildInfo;
use bollard::query_parameters::ImportImageOptionsBuilder;
use futures_util::{StreamExt, stream};
use sage_oci_image::{Image, ImageSource, LayerType};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// An image on its way into an engine.
pub(crate) struct Import<'a> {
    pub engine: &'a Engine,
    pub source: Arc<dyn ImageSource>,
    pub image: Image,
    pub options: &'a LoadOptions,
    pub progress: Progress<'a>,
}

impl Import<'_> {
    /// Sends the image without its first `known` layers, and once more in full if the engine does not take that. What a
    /// failed attempt has left in the engine is removed.
    pub async fn send_and_check(&self, mut known: usize) -> Result<Loaded, EngineError> {
        let id = self.engine.id_of(&self.image);
        let mut loaded = Loaded { id, sent_bytes: 0, skipped_bytes: 0, sent_again: false };
        loop {
            let Err(error) = self.attempt(known, &mut loaded).await else { return Ok(loaded) };
            self.engine.discard(loaded.id).await;
            if known == 0 || !blames_the_archive(&error) {
                return Err(error);
            }
            (self.progress)(LoadEvent::Again { why: error.to_string() });
            (known, loaded.sent_again) = (0, true);
        }
    }

    async fn attempt(&self, known: usize, loaded: &mut Loaded) -> Result<(), EngineError> {
        let layers = &self.image.layers;
        let zstd = layers.iter().any(|layer| layer.layer_type == LayerType::Zstd);
        // Podman records the config's diff ids without a look at the content; so the look is ours.
        let check_content = self.engine.kind() == StoreKind::Podman;
        let archive = Archive::new(&self.image, known, zstd && !self.engine.takes_zstd(), check_content);
        let (send, skip) = (archive.sent_bytes, archive.skipped_bytes);
        (self.progress)(LoadEvent::Planned { known, layers: layers.len(), send, skip });
        loaded.skipped_bytes = skip;
        loaded.sent_bytes += self.send(archive).await?;
        (self.progress)(LoadEvent::Checking);
        self.engine.verify(&self.image, &self.options.run).await
    }

    /// Streams an archive into the engine and listens to what it says; gives the bytes sent.
    async fn send(&self, archive: Archive) -> Result<u64, EngineError> {
        let (sender, receiver) = mpsc::channel(CHUNKS);
        let source = Arc::clone(&self.source);
        let producer = tokio::task::spawn_blocking(move || produce(&source, &archive, &sender));
        let taken = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&taken);
        let body = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        let body = body.inspect(move |chunk| {
            if let Ok(bytes) = chunk {
                counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
        });
        let docker = self.engine.patient();
        let query = ImportImageOptionsBuilder::default().quiet(false).build();
        let mut answers = Box::pin(docker.import_image_stream(query, body, None));
        let mut heard = Instant::now();
        let mut sent = 0;
        let mut unpacking = false;
        let outcome = loop {
            let answer = tokio::time::timeout(TICK, answers.next()).await;
            let now = taken.load(Ordering::Relaxed);
            if now != sent {
                (sent, heard) = (now, Instant::now());
                (self.progress)(LoadEvent::Sent(sent));
            }
            if producer.is_finished() && !unpacking {
                unpacking = true;
                (self.progress)(LoadEvent::Unpacking);
            }
            match answer {
                Ok(None) => break Ok(()),
                Ok(Some(Ok(said))) => {
                    heard = Instant::now();
                    if let Some(message) = complaint(&said) {
                        break Err(EngineError::LoadRefused { message, kind: self.engine.kind() });
                    }
                }
                Ok(Some(Err(error))) => break Err(self.engine.error("taking the image", error)),
                Err(_) if heard.elapsed() > self.options.silence => {
                    let (host, during) = (self.engine.host.to_string(), "taking the image".to_owned());
                    break Err(EngineError::Silent { host, during, seconds: self.options.silence.as_secs() });
                }
                Err(_) => {}
            }
        };
        // Closes the connection, which ends the producer. What it says comes first: a damaged image is the cause, a
        // broken connection the effect.
        drop(answers);
        producer.await.map_err(|_| EngineError::Interrupted)??;
        outcome.map(|()| taken.load(Ordering::Relaxed))
    }
}

/// How often silence is looked at and progress told.
const TICK: Duration = Duration::from_millis(100);

/// Whether a complete archive may succeed where this one failed.
fn blames_the_archive(error: &EngineError) -> bool {
    matches!(error, EngineError::LoadRefused { .. } | EngineError::NotBelieved { .. } | EngineError::Api { .. })
}

/// A failure in what the engine says: the containerd store reports one as plain text, and then success.
fn complaint(said: &BuildInfo) -> Option<String> {
    let text = said.stream.as_deref()?.trim();
    text.contains("Error unpacking").then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_plain_text_is_heard() {
        let said = |text: &str| BuildInfo { stream: Some(text.to_owned()), ..Default::default() };
        assert_eq!(complaint(&said("Loaded image: a:1\n")), None);
        assert_eq!(complaint(&said("Error unpacking image a:1: x\n")).unwrap(), "Error unpacking image a:1: x");
        assert_eq!(complaint(&BuildInfo::default()), None);
    }
}
