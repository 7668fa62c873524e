use crate::LayerError;
use crate::compression;
use crate::header::{self, BLOCK};
use crate::sink::Sink;
use crate::tree::{Admission, Admissions};
use sage_oci_names::{BlobDigest, Compression, DiffId};
use sage_oci_tree::Entry;
use std::io::{self, Read, Write};

/// How to write a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The modification time of every entry, in seconds since 1970.
    pub epoch: u64,
    /// How to store the blob.
    pub compression: Compression,
    /// How many threads compress. It never changes the bytes. With one (or zero) no thread is started at all.
    pub threads: usize,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// The digest of the tar stream, the same under every compression.
    pub diff_id: DiffId,
    /// The digest of the blob.
    pub blob: BlobDigest,
    /// The size of the blob in bytes.
    pub size: u64,
    /// The size of the tar stream in bytes.
    pub unpacked_size: u64,
    /// The blob's media type.
    pub media_type: &'static str,
    /// The number of entries, missing parents that were added included.
    pub entries: u64,
    /// How the blob is stored.
    pub compression: Compression,
}

/// Writes a layer in one pass.
///
/// Headers are POSIX ustar, with pax extended headers where a name, number or attribute does not fit. Owner names are
/// empty, device numbers zero, and every time is the epoch. Memory is bounded by the chunks under way: two more
/// than there are threads, [`chunk_size`](crate::chunk_size) bytes each, and what the compressors need.
pub struct LayerWriter<W> {
    sink: Sink<W>,
    names: Admissions,
    epoch: u64,
    compression: Compression,
    entries: u64,
    broken: bool,
}

impl<W: Write> LayerWriter<W> {
    /// Begins a layer. Fails on a level the compressor does not have, or when no thread can be started.
    pub fn new(out: W, options: Options) -> Result<Self, LayerError> {
        let Options { epoch, compression, threads } = options;
        let sink = Sink::new(out, compression, threads)?;
        Ok(Self { sink, names: Admissions::default(), epoch, compression, entries: 0, broken: false })
    }

    /// Adds an entry with its body, which must be as long as the entry says, and empty for all but files.
    ///
    /// Parents that are missing come first, mode 0755 and root's. A directory that came before is left out if
    /// it says the same. After an error only dropping the writer makes sense; further calls give [`LayerError::Broken`].
    pub fn append(&mut self, entry: &Entry, body: &mut dyn Read) -> Result<(), LayerError> {
        if std::mem::replace(&mut self.broken, true) {
            return Err(LayerError::Broken);
        }
        match self.names.admit(entry)? {
            Admission::Write { parents } => {
                for parent in parents {
                    self.put(&Entry::directory(parent), &mut io::empty())?;
                }
                self.put(entry, body)?;
            }
            Admission::Skip => expect_end(entry, body)?,
        }
        self.broken = false;
        Ok(())
    }

    /// Adds an entry without a body.
    pub fn append_empty(&mut self, entry: &Entry) -> Result<(), LayerError> {
        self.append(entry, &mut io::empty())
    }

    fn put(&mut self, entry: &Entry, body: &mut dyn Read) -> Result<(), LayerError> {
        self.entries += 1;
        self.sink.write(&header::encode(entry, self.epoch))?;
        let size = entry.size();
        let path = entry.path.as_str();
        let filled =
            self.sink.fill(body, size)?.map_err(|source| LayerError::Body { path: path.to_owned(), source })?;
        if filled < size {
            return Err(LayerError::BodySize { path: path.to_owned(), expected: size, actual: Some(filled) });
        }
        expect_end(entry, body)?;
        self.sink.write(header::padding(size))
    }

    /// Ends the archive, writes what is under way, and gives the output back, flushed.
    pub fn finish(mut self) -> Result<(W, LayerInfo), LayerError> {
        if self.broken {
            return Err(LayerError::Broken);
        }
        self.sink.write(&[0; 2 * BLOCK])?;
        let written = self.sink.finish()?;
        let info = LayerInfo {
            diff_id: written.diff_id,
            blob: written.blob,
            size: written.size,
            unpacked_size: written.unpacked_size,
            media_type: compression::media_type(self.compression),
            entries: self.entries,
            compression: self.compression,
        };
        Ok((written.out, info))
    }
}

/// Checks that a body has nothing more to give.
fn expect_end(entry: &Entry, body: &mut dyn Read) -> Result<(), LayerError> {
    let path = || entry.path.to_string();
    match io::copy(&mut body.take(1), &mut io::sink()) {
        Ok(0) => Ok(()),
        Ok(_) => Err(LayerError::BodySize { path: path(), expected: entry.size(), actual: None }),
        Err(source) => Err(LayerError::Body { path: path(), source }),
    }
}
