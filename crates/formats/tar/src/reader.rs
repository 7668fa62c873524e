use crate::error::fill;
use crate::header::{BLOCK, Before, checksum_is_right, describe, shown};
use crate::pax::Pax;
use crate::{Dialect, End, TarError};
use sage_oci_tree::Entry;
use std::io::{self, BufReader, Read};
use tar::{EntryType, Header};

/// Headers are taken from the decompressor in pieces of this size; large bodies go past the buffer.
const BUFFER: usize = 64 << 10;
/// The longest GNU name or link target, in bytes; Linux ends at 4096.
const NAME_LIMIT: u64 = 64 << 10;
/// The longest PAX header, in bytes; an extended attribute ends at 64 KiB.
const PAX_LIMIT: u64 = 1 << 20;

/// A strict reader of tar streams.
///
/// [`TarReader::next_entry`] steps to the next entry, skipping what is left of the present one; reading then gives its
/// content. A path that has content in two entries is for the caller to judge.
#[derive(Debug)]
pub struct TarReader<R> {
    inner: BufReader<R>,
    dialect: Dialect,
    entry: String,
    left: u64,
    padding: usize,
    ended: bool,
}

impl<R: Read> TarReader<R> {
    /// Stands before the first entry.
    pub fn new(inner: R, dialect: Dialect) -> Self {
        let inner = BufReader::with_capacity(BUFFER, inner);
        Self { inner, dialect, entry: String::new(), left: 0, padding: 0, ended: false }
    }

    /// Steps to the next entry; `None` at the end of the archive, when the stream underneath has been read to its end.
    ///
    /// # Errors
    /// Any [`TarError`]; after one the reader is of no more use.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        let mut before = Before::default();
        let mut pending = false;
        loop {
            let Some(header) = self.next_header()? else {
                if pending {
                    return Err(self.malformed("a long name or PAX header has no entry"));
                }
                return Ok(None);
            };
            match header.entry_type() {
                EntryType::GNULongName => before.name = Some(self.name()?),
                EntryType::GNULongLink => before.link = Some(self.name()?),
                EntryType::XHeader => before.pax = Pax::parse(&self.content(PAX_LIMIT)?, &self.entry)?,
                _ => {
                    let described = describe(&header, before, self.dialect)?;
                    described.entry.path.as_str().clone_into(&mut self.entry);
                    self.body(described.body);
                    return Ok(Some(described.entry));
                }
            }
            pending = true;
        }
    }

    /// Gives the reader underneath back; what this reader has buffered is lost, so call it after the last entry.
    pub fn into_inner(self) -> R {
        self.inner.into_inner()
    }

    fn next_header(&mut self) -> Result<Option<Header>, TarError> {
        if self.ended {
            return Ok(None);
        }
        io::copy(self, &mut io::sink())?;
        let anywhere = self.dialect.end == End::Anywhere;
        let mut block = [0; BLOCK];
        let padding = fill(&mut self.inner, &mut block[..self.padding])?;
        if padding < self.padding && !anywhere {
            return Err(self.truncated());
        }
        self.padding = 0;
        match fill(&mut self.inner, &mut block)? {
            BLOCK => {}
            0 if anywhere => {
                self.ended = true;
                return Ok(None);
            }
            _ => return Err(self.truncated()),
        }
        if block == [0; BLOCK] {
            self.end()?;
            self.ended = true;
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block).clone();
        self.entry = shown(&header);
        if !checksum_is_right(&header) {
            return Err(self.malformed("its checksum is wrong"));
        }
        let size = header.entry_size().map_err(|_| self.malformed("its size is not a number"))?;
        self.body(size);
        Ok(Some(header))
    }

    /// Sets the length of the body that follows.
    fn body(&mut self, size: u64) {
        self.left = size;
        // Both remainders are below 512.
        self.padding = (BLOCK - (size % BLOCK as u64) as usize) % BLOCK;
    }

    fn name(&mut self) -> Result<Vec<u8>, TarError> {
        let mut name = self.content(NAME_LIMIT)?;
        // GNU tar ends the name with a NUL character that is counted.
        while name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    fn content(&mut self, limit: u64) -> Result<Vec<u8>, TarError> {
        if self.left > limit {
            return Err(self.malformed("its long name or PAX header is too long"));
        }
        let mut content = Vec::new();
        self.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Reads what is behind the first block of zeros.
    fn end(&mut self) -> Result<(), TarError> {
        let mut block = [0; BLOCK];
        let mut blocks = 1;
        loop {
            let count = fill(&mut self.inner, &mut block)?;
            if block[..count].iter().any(|byte| *byte != 0) {
                return Err(TarError::TrailingBytes);
            }
            blocks += usize::from(count == BLOCK);
            match self.dialect.end {
                End::Zeros(least) if count < BLOCK => {
                    return if blocks < least { Err(self.truncated()) } else { Ok(()) };
                }
                End::Zeros(_) => {}
                End::Anywhere => {
                    io::copy(&mut self.inner, &mut io::sink())?;
                    return Ok(());
                }
            }
        }
    }

    fn malformed(&self, why: &'static str) -> TarError {
        TarError::Header { entry: self.entry.clone(), why }
    }

    fn truncated(&self) -> TarError {
        let place =
            if self.entry.is_empty() { "a tar header".into() } else { format!("or after tar entry `{}`", self.entry) };
        TarError::Truncated { place }
    }
}

impl<R: Read> Read for TarReader<R> {
    /// Reads from the content of the present entry. Its errors carry a [`TarError`], unless they are the inner reader's own.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.inner.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(self.truncated().into());
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}
