use crate::LayerError;
use crate::digest::Hasher;
use sage_oci_names::Sha256;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Digests the tar stream, in the caller's thread or in one of its own.
#[derive(Debug)]
pub(crate) enum DiffHasher {
    Inline(Hasher),
    Thread { chunks: SyncSender<Arc<Vec<u8>>>, thread: JoinHandle<Sha256> },
}

impl DiffHasher {
    pub(crate) fn inline() -> Self {
        Self::Inline(Hasher::default())
    }

    pub(crate) fn thread() -> Result<Self, LayerError> {
        // One chunk may wait: digesting outruns compressing, and a longer queue would only hold memory.
        let (chunks, queue) = sync_channel::<Arc<Vec<u8>>>(1);
        let work = move || {
            let mut hasher = Hasher::default();
            for chunk in queue {
                hasher.update(&chunk);
            }
            hasher.finish()
        };
        let thread = Builder::new()
            .name("layer-digest".to_owned())
            .spawn(work)
            .map_err(|source| LayerError::Spawn { source })?;
        Ok(Self::Thread { chunks, thread })
    }

    pub(crate) fn update(&mut self, chunk: &Arc<Vec<u8>>) -> Result<(), LayerError> {
        match self {
            Self::Inline(hasher) => {
                hasher.update(chunk);
                Ok(())
            }
            Self::Thread { chunks, .. } => chunks.send(Arc::clone(chunk)).map_err(|_| LayerError::WorkerDied),
        }
    }

    pub(crate) fn finish(self) -> Result<Sha256, LayerError> {
        match self {
            Self::Inline(hasher) => Ok(hasher.finish()),
            Self::Thread { chunks, thread } => {
                drop(chunks);
                thread.join().map_err(|_| LayerError::WorkerDied)
            }
        }
    }
}
