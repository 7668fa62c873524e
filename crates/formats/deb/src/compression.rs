use crate::DebError;
use std::io::{self, BufRead, BufReader, Read};

/// The most memory an .xz member may ask for: 128 MiB.
///
/// `xz -9`, the largest preset that dpkg-deb offers, asks for 65 MiB.
pub const XZ_MEMORY_LIMIT: u64 = 128 << 20;

/// The largest .zst window that is taken, as a power of two: 128 MiB, what `zstd` itself takes without being told.
const ZST_WINDOW_LOG: u32 = 27;

/// Input is taken from the archive in pieces of this size.
const INPUT_BUFFER: usize = 64 << 10;

/// How a member of a Debian archive is compressed (deb(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compression {
    /// A plain tar.
    Plain,
    /// `.gz`
    Gz,
    /// `.xz`
    Xz,
    /// `.zst`
    Zst,
}

impl Compression {
    /// The compression that the suffix of a member says, if it is known.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        match suffix {
            "" => Some(Self::Plain),
            ".gz" => Some(Self::Gz),
            ".xz" => Some(Self::Xz),
            ".zst" => Some(Self::Zst),
            _ => None,
        }
    }

    /// The suffix of a member's name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gz => ".gz",
            Self::Xz => ".xz",
            Self::Zst => ".zst",
        }
    }
}

enum Stream<R: Read> {
    Plain(BufReader<R>),
    Gz(flate2::bufread::GzDecoder<BufReader<R>>),
    Xz(liblzma::bufread::XzDecoder<BufReader<R>>),
    Zst(zstd::stream::read::Decoder<'static, BufReader<R>>),
}

/// Decompresses one member, up to a limit; one thread, memory bounded.
///
/// A complaint of the decompressor becomes [`DebError::Corrupt`], an error of the reader underneath passes through.
pub(crate) struct Decoder<R: Read> {
    stream: Stream<R>,
    member: String,
    limit: u64,
    left: u64,
}

impl<R: Read> Decoder<R> {
    pub(crate) fn new(reader: R, compression: Compression, member: &str, limit: u64) -> Result<Self, DebError> {
        let corrupt = |why: String| DebError::Corrupt { member: member.to_owned(), why };
        let input = BufReader::with_capacity(INPUT_BUFFER, reader);
        let stream = match compression {
            Compression::Plain => Stream::Plain(input),
            Compression::Gz => Stream::Gz(flate2::bufread::GzDecoder::new(input)),
            Compression::Xz => {
                let decoder = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY_LIMIT, 0)
                    .map_err(|error| corrupt(error.to_string()))?;
                Stream::Xz(liblzma::bufread::XzDecoder::new_stream(input, decoder))
            }
            Compression::Zst => {
                let fail = |error: io::Error| corrupt(error.to_string());
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input).map_err(fail)?;
                decoder.window_log_max(ZST_WINDOW_LOG).map_err(fail)?;
                Stream::Zst(decoder)
            }
        };
        Ok(Self { stream, member: member.to_owned(), limit, left: limit })
    }

    /// Checks that the compressed stream has ended and nothing follows it in its member; gives the reader back.
    pub(crate) fn finish(mut self) -> Result<R, DebError> {
        if self.read(&mut [0])? != 0 {
            return Err(self.trailing());
        }
        let input = match &mut self.stream {
            Stream::Plain(input) => input,
            Stream::Gz(decoder) => decoder.get_mut(),
            Stream::Xz(decoder) => decoder.get_mut(),
            Stream::Zst(decoder) => decoder.get_mut(),
        };
        if !input.fill_buf()?.is_empty() {
            return Err(self.trailing());
        }
        Ok(match self.stream {
            Stream::Plain(input) => input.into_inner(),
            Stream::Gz(decoder) => decoder.into_inner().into_inner(),
            Stream::Xz(decoder) => decoder.into_inner().into_inner(),
            Stream::Zst(decoder) => decoder.into_inner().into_inner(),
        })
    }

    fn trailing(&self) -> DebError {
        DebError::TrailingBytes { place: format!("the stream in member `{}`", self.member) }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = match &mut self.stream {
            Stream::Plain(input) => input.read(buffer),
            Stream::Gz(decoder) => decoder.read(buffer),
            Stream::Xz(decoder) => decoder.read(buffer),
            Stream::Zst(decoder) => decoder.read(buffer),
        };
        let count = result.map_err(|error| {
            let ours = error.get_ref().is_some_and(|inner| inner.is::<DebError>());
            if ours || error.kind() == io::ErrorKind::Interrupted {
                error
            } else if error.kind() == io::ErrorKind::UnexpectedEof {
                DebError::Truncated { place: format!("the stream in member `{}`", self.member) }.into()
            } else {
                DebError::Corrupt { member: self.member.clone(), why: error.to_string() }.into()
            }
        })?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| DebError::TooLarge { member: self.member.clone(), limit: self.limit })?;
        Ok(count)
    }
}
