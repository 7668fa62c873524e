use crate::EngineError;
use crate::archive::{Archive, header};
use bytes::Bytes;
use sage_oci_image::{HashingReader, ImageError, ImageLayer, ImageSource, check_layer, open_blob, uncompressed};
use sage_oci_names::BlobDigest;
use std::io::{Error, ErrorKind, Read};
use std::sync::Arc;
use std::sync::mpsc as threads;
use tokio::sync::mpsc;

/// How much goes into one chunk; with [`CHUNKS`] it bounds the memory of a load.
const CHUNK: usize = 256 * 1024;
/// How many chunks may wait for the engine.
pub(crate) const CHUNKS: usize = 8;
/// Files of a tar archive begin at multiples of this many bytes.
const BLOCK: u64 = 512;

/// Writes an archive chunk by chunk into a channel, and holds every blob against its digest on the way.
///
/// It blocks, so it wants a thread of its own. It ends early, without an error, when nobody listens any more. A blob that
/// is not what it should be is an error before the archive's end is sent, so the engine never sees a whole archive.
pub(crate) fn produce(
    source: &Arc<dyn ImageSource>,
    archive: &Archive,
    chunks: &mpsc::Sender<Result<Bytes, Error>>,
) -> Result<(), EngineError> {
    let mut pipe = Pipe { chunks, buffer: Vec::with_capacity(CHUNK) };
    let result = send_all(source, archive, &mut pipe);
    match result {
        Err(Stop::Failed(error)) => {
            // Ends the request's body with an error, which closes the connection.
            let _ = chunks.blocking_send(Err(Error::other(error.to_string())));
            Err(error)
        }
        Err(Stop::NobodyListens) | Ok(()) => Ok(()),
    }
}

enum Stop {
    NobodyListens,
    Failed(EngineError),
}

fn send_all(source: &Arc<dyn ImageSource>, archive: &Archive, pipe: &mut Pipe<'_>) -> Result<(), Stop> {
    for (path, bytes) in &archive.documents {
        pipe.file(path, bytes.len() as u64, &mut &bytes[..])?;
    }
    let checks = (archive.plain || archive.check_content).then(|| check(Arc::clone(source), archive.layers.clone()));
    for layer in &archive.layers {
        let digest = layer.descriptor.digest;
        let path = archive.layer_path(layer);
        let inside = match &checks {
            None => None,
            Some(checks) => {
                let size = checks.recv().map_err(|_| Stop::Failed(EngineError::Interrupted))?;
                Some(size.map_err(|error| Stop::Failed(error.into()))?)
            }
        };
        let blob = open_blob(source.as_ref(), "layer", &digest).map_err(|error| Stop::Failed(error.into()))?;
        match inside {
            Some(size) if archive.plain => {
                let reader = uncompressed(layer.layer_type, blob);
                let mut reader = reader.map_err(|error| blob_error(digest, error.into()))?;
                pipe.file(&path, size, &mut reader).map_err(|stop| stop.blob(digest))?;
            }
            _ => {
                let mut reader = HashingReader::new(blob);
                pipe.file(&path, layer.descriptor.size, &mut reader).map_err(|stop| stop.blob(digest))?;
                let actual = BlobDigest::new(reader.finish());
                if actual != digest {
                    return Err(Stop::Failed(ImageError::DigestMismatch { expected: digest, actual }.into()));
                }
            }
        }
    }
    pipe.end()
}

/// Reads the layers one after the other, ahead of the sender, checks each in full and gives its uncompressed size: a tar
/// header wants the size of what follows, and only the content knows it.
fn check(source: Arc<dyn ImageSource>, layers: Vec<ImageLayer>) -> threads::Receiver<Result<u64, ImageError>> {
    let (sender, receiver) = threads::sync_channel(2);
    std::thread::spawn(move || {
        for layer in &layers {
            if sender.send(check_layer(source.as_ref(), layer)).is_err() {
                break;
            }
        }
    });
    receiver
}

fn blob_error(digest: BlobDigest, source: Box<dyn std::error::Error + Send + Sync>) -> Stop {
    Stop::Failed(EngineError::Blob { blob: digest.to_string(), source })
}

impl Stop {
    /// Says which blob an error belongs to.
    fn blob(self, digest: BlobDigest) -> Self {
        match self {
            Self::Failed(EngineError::Blob { source, .. }) => blob_error(digest, source),
            other => other,
        }
    }
}

/// The writing end of the channel, with tar's framing.
struct Pipe<'a> {
    chunks: &'a mpsc::Sender<Result<Bytes, Error>>,
    buffer: Vec<u8>,
}

impl Pipe<'_> {
    /// Sends one file: header, exactly `size` bytes, padding.
    fn file(&mut self, path: &str, size: u64, content: &mut dyn Read) -> Result<(), Stop> {
        let failed = |error: Error| Stop::Failed(EngineError::Blob { blob: path.to_owned(), source: error.into() });
        self.put(&header(path, size).map_err(failed)?)?;
        let mut left = size;
        let mut part = vec![0; CHUNK.min(usize::try_from(size).unwrap_or(CHUNK)).max(1)];
        while left > 0 {
            let most = part.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let count = match content.read(&mut part[..most]) {
                Ok(0) => {
                    let why = format!("it ends {left} bytes early");
                    return Err(failed(Error::new(ErrorKind::UnexpectedEof, why)));
                }
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            self.put(&part[..count])?;
            left -= count as u64;
        }
        let mut more = [0];
        if content.read(&mut more).map_err(failed)? != 0 {
            return Err(failed(Error::new(ErrorKind::InvalidData, format!("it is longer than {size} bytes"))));
        }
        self.put(&vec![0; (size.next_multiple_of(BLOCK) - size) as usize])
    }

    /// Sends the archive's end: two blocks of zeros.
    fn end(&mut self) -> Result<(), Stop> {
        self.put(&[0; 2 * BLOCK as usize])?;
        self.flush()
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.buffer.len() + bytes.len() > CHUNK {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        let full = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        self.chunks.blocking_send(Ok(full.into())).map_err(|_| Stop::NobodyListens)
    }
}
