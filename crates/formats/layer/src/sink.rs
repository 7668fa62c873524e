use crate::LayerError;
use crate::compression::{chunk_size, compress};
use crate::diff_hasher::DiffHasher;
use crate::digest::Hasher;
use crate::pool::Pool;
use sage_oci_names::{BlobDigest, Compression, DiffId};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Takes the tar stream, cuts it into chunks, digests and compresses them and writes the blob.
pub(crate) struct Sink<W> {
    out: W,
    compression: Compression,
    chunk: Vec<u8>,
    diff: DiffHasher,
    /// None with one thread: then the caller's compresses.
    pool: Option<Pool>,
    /// None for a plain tar, whose digest is the diff id.
    blob: Option<Hasher>,
    size: u64,
    unpacked_size: u64,
}

/// What a sink knows when all is written.
pub(crate) struct Written<W> {
    pub(crate) out: W,
    pub(crate) diff_id: DiffId,
    pub(crate) blob: BlobDigest,
    pub(crate) size: u64,
    pub(crate) unpacked_size: u64,
}

impl<W: Write> Sink<W> {
    pub(crate) fn new(out: W, compression: Compression, threads: usize) -> Result<Self, LayerError> {
        let parallel = threads > 1;
        let compressed = compression != Compression::NONE;
        Ok(Self {
            out,
            compression,
            chunk: Vec::with_capacity(chunk_size(compression)),
            diff: if parallel { DiffHasher::thread()? } else { DiffHasher::inline() },
            pool: if parallel && compressed {
                Some(Pool::new(move |chunk| compress(compression, chunk), threads)?)
            } else {
                None
            },
            blob: compressed.then(Hasher::default),
            size: 0,
            unpacked_size: 0,
        })
    }

    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), LayerError> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.room()));
            self.chunk.extend_from_slice(now);
            self.flush_full()?;
            bytes = later;
        }
        Ok(())
    }

    /// Reads up to `size` bytes of `body` straight into the chunks; gives back how many came.
    ///
    /// The outer error is the sink's, the inner one the body's.
    pub(crate) fn fill(&mut self, body: &mut dyn Read, size: u64) -> Result<io::Result<u64>, LayerError> {
        let mut filled = 0;
        while filled < size {
            let room = (self.room() as u64).min(size - filled);
            match (&mut *body).take(room).read_to_end(&mut self.chunk) {
                Ok(0) => break,
                Ok(count) => filled += count as u64,
                Err(error) => return Ok(Err(error)),
            }
            self.flush_full()?;
        }
        Ok(Ok(filled))
    }

    fn room(&self) -> usize {
        chunk_size(self.compression) - self.chunk.len()
    }

    fn flush_full(&mut self) -> Result<(), LayerError> {
        if self.room() > 0 {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(chunk_size(self.compression)));
        self.submit(chunk)
    }

    fn submit(&mut self, chunk: Vec<u8>) -> Result<(), LayerError> {
        self.unpacked_size += chunk.len() as u64;
        let chunk = Arc::new(chunk);
        self.diff.update(&chunk)?;
        if self.compression == Compression::NONE {
            return self.put(&chunk);
        }
        if self.pool.is_none() {
            let compressed = compress(self.compression, &chunk)?;
            return self.put(&compressed);
        }
        while self.pool.as_ref().is_some_and(Pool::is_full) {
            self.put_oldest()?;
        }
        self.pool.as_mut().map_or(Ok(()), |pool| pool.submit(chunk))
    }

    /// Writes the oldest chunk under way; says whether there was one.
    fn put_oldest(&mut self) -> Result<bool, LayerError> {
        match self.pool.as_mut().and_then(Pool::take_oldest) {
            Some(answer) => self.put(&answer?).map(|()| true),
            None => Ok(false),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), LayerError> {
        if let Some(blob) = &mut self.blob {
            blob.update(bytes);
        }
        self.size += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|source| LayerError::Write { source })
    }

    pub(crate) fn finish(mut self) -> Result<Written<W>, LayerError> {
        let last = std::mem::take(&mut self.chunk);
        if !last.is_empty() {
            self.submit(last)?;
        }
        while self.put_oldest()? {}
        self.out.flush().map_err(|source| LayerError::Write { source })?;
        let diff = self.diff.finish()?;
        let blob = self.blob.map_or(diff, Hasher::finish);
        Ok(Written {
            out: self.out,
            diff_id: DiffId::new(diff),
            blob: BlobDigest::new(blob),
            size: self.size,
            unpacked_size: self.unpacked_size,
        })
    }
}
