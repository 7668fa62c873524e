use crate::archive::Archive;
use crate::transfer::{CHUNKS, produce};
use crate::{Engine, EngineError, Reference, RunId, StoreKind};
use bollard::models::BuildInfo;
use bollard::query_parameters::{ImportImageOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder};
use futures_util::{StreamExt, stream};
use sage_oci_image::{Image, ImageSource, LayerType};
use sage_oci_names::Architecture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

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
type Progress<'a> = &'a (dyn Fn(LoadEvent) + Sync);

impl Engine {
    /// Imports the image of one architecture and gives it a name.
    ///
    /// The image arrives without a name, is checked, and only then gets it. An engine that has the very image already
    /// is sent nothing. Dropping the future closes the connection; the engine then drops what it has got.
    ///
    /// # Errors
    ///
    /// The image cannot be read or is damaged, the engine refuses it, dies, or falls silent, or it ends up with
    /// something else than was sent. In all these cases the name is as it was before.
    pub async fn load(
        &self,
        source: Arc<dyn ImageSource>,
        architecture: Architecture,
        reference: &Reference,
        options: &LoadOptions,
        progress: Progress<'_>,
    ) -> Result<Loaded, EngineError> {
        let image = Image::open(source.as_ref(), architecture)?;
        let id = self.id_of(&image);
        let mut loaded = Loaded { id, sent_bytes: 0, skipped_bytes: image.compressed_size(), sent_again: false };
        // An image that is there but not sound is sent again in full, below.
        let present = !options.complete && self.inspect(&loaded.id).await?.is_some();
        if !present || self.verify(&image, &options.run).await.is_err() {
            let known = match present || options.complete {
                true => 0,
                false => self.known_layers(&image, reference).await?,
            };
            self.send_and_check(&source, &image, known, options, progress, &mut loaded).await?;
        }
        self.tag(&loaded.id, reference).await?;
        Ok(loaded)
    }

    /// Sends the image, and once more in full if the engine does not take a part of it.
    async fn send_and_check(
        &self,
        source: &Arc<dyn ImageSource>,
        image: &Image,
        known: usize,
        options: &LoadOptions,
        progress: Progress<'_>,
        loaded: &mut Loaded,
    ) -> Result<(), EngineError> {
        let first = self.attempt(source, image, known, options, progress, loaded).await;
        let result = match first {
            Err(error) if known > 0 && blames_the_archive(&error) => {
                progress(LoadEvent::Again { why: error.to_string() });
                loaded.sent_again = true;
                self.discard(&loaded.id).await;
                self.attempt(source, image, 0, options, progress, loaded).await
            }
            first => first,
        };
        if result.is_err() {
            self.discard(&loaded.id).await;
        }
        result
    }

    async fn attempt(
        &self,
        source: &Arc<dyn ImageSource>,
        image: &Image,
        known: usize,
        options: &LoadOptions,
        progress: Progress<'_>,
        loaded: &mut Loaded,
    ) -> Result<(), EngineError> {
        let zstd = image.layers.iter().any(|layer| layer.layer_type == LayerType::Zstd);
        // Podman records the config's diff ids without a look at the content; so the look is ours.
        let check_content = self.kind() == StoreKind::Podman;
        let archive = Archive::new(image, known, zstd && !self.takes_zstd(), check_content);
        let (send, skip) = (archive.sent_bytes, archive.skipped_bytes);
        progress(LoadEvent::Planned { known, layers: image.layers.len(), send, skip });
        loaded.skipped_bytes = skip;
        loaded.sent_bytes += self.send(source, archive, options.silence, progress).await?;
        progress(LoadEvent::Checking);
        self.verify(image, &options.run).await
    }

    /// Streams an archive into the engine and listens to what it says; gives the bytes sent.
    async fn send(
        &self,
        source: &Arc<dyn ImageSource>,
        archive: Archive,
        silence: Duration,
        progress: Progress<'_>,
    ) -> Result<u64, EngineError> {
        let (sender, receiver) = mpsc::channel(CHUNKS);
        let source = Arc::clone(source);
        let producer = tokio::task::spawn_blocking(move || produce(&source, &archive, &sender));
        let taken = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&taken);
        let body = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        let body = body.inspect(move |chunk| {
            if let Ok(bytes) = chunk {
                counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
        });
        let docker = self.patient();
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
                progress(LoadEvent::Sent(sent));
            }
            if producer.is_finished() && !unpacking {
                unpacking = true;
                progress(LoadEvent::Unpacking);
            }
            match answer {
                Ok(None) => break Ok(()),
                Ok(Some(Ok(said))) => {
                    heard = Instant::now();
                    if let Some(message) = complaint(&said) {
                        break Err(EngineError::LoadRefused { message });
                    }
                }
                Ok(Some(Err(error))) => break Err(self.error("taking the image", error)),
                Err(_) if heard.elapsed() > silence => {
                    let (host, during) = (self.host.to_string(), "taking the image".to_owned());
                    break Err(EngineError::Silent { host, during, seconds: silence.as_secs() });
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

    /// Gives an image a name.
    async fn tag(&self, id: &str, reference: &Reference) -> Result<(), EngineError> {
        let options = TagImageOptionsBuilder::default().repo(reference.repository()).tag(reference.tag()).build();
        let tagged = self.docker.tag_image(id, Some(options)).await;
        tagged.map_err(|error| self.error(format!("naming image {id} {reference}"), error))
    }

    /// Takes a name off its image. The image goes with its last name.
    ///
    /// # Errors
    ///
    /// The engine has no such name, or refuses.
    pub async fn untag(&self, reference: &Reference) -> Result<(), EngineError> {
        let options = RemoveImageOptionsBuilder::default().build();
        let removed = self.docker.remove_image(&reference.to_string(), Some(options), None).await;
        removed.map(drop).map_err(|error| self.error(format!("taking the name {reference} off"), error))
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
