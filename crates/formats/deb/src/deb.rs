use crate::compression::Decoder;
use crate::{Ar, CONTROL_LIMIT, Compression, Control, DebError, Member};
use sage_oci_tar::{Dialect, TarReader};
use sage_oci_tree::Entry;
use std::io::Read;

/// The most bytes that `debian-binary` may have; it holds `2.0` and a newline.
const VERSION_LIMIT: u64 = 64;

/// A Debian binary package (deb(5)) that is read once, from front to back.
///
/// Opening reads the control member into memory; the data member streams. The members must stand in the order
/// `debian-binary`, `control.tar*`, `data.tar*`. Members whose names begin with `_` are skipped where deb(5) allows
/// them, anything else is refused.
#[derive(Debug)]
pub struct Deb<R> {
    ar: Ar<R>,
    control: Control,
    data: Member,
    compression: Compression,
}

impl<R: Read> Deb<R> {
    /// Opens a package whose control member unpacks to at most [`CONTROL_LIMIT`] bytes.
    pub fn open(reader: R) -> Result<Self, DebError> {
        Self::open_with_limit(reader, CONTROL_LIMIT)
    }

    /// Opens a package whose control member unpacks to at most `control_limit` bytes.
    pub fn open_with_limit(reader: R, control_limit: u64) -> Result<Self, DebError> {
        let mut ar = Ar::open(reader)?;
        check_version(&mut ar)?;
        let (control, compression) = expect(&mut ar, "control.tar")?;
        let control = Control::read(&mut ar, compression, &control.name, control_limit)?;
        let (data, compression) = expect(&mut ar, "data.tar")?;
        Ok(Self { ar, control, data, compression })
    }

    /// The control files.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Takes the control files out, leaving none.
    pub fn take_control(&mut self) -> Control {
        std::mem::take(&mut self.control)
    }

    /// The compression of the data member.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Streams the data member, which may unpack to at most `limit` bytes of tar.
    ///
    /// [`Control::unpacked_limit`] is the limit for a package of an archive. Beyond it the reader stops with
    /// [`DebError::TooLarge`].
    pub fn data(self, limit: u64) -> Result<Data<R>, DebError> {
        let decoder = Decoder::new(self.ar, self.compression, &self.data.name, limit)?;
        Ok(Data { tar: Some(TarReader::new(decoder, Dialect::PACKAGE)) })
    }
}

/// The entries of a package's data member, one after the other.
///
/// The archive is known to be whole only when [`Data::next_entry`] has returned `None`: only then the decompressor's own
/// check sum and the end of the archive have been seen.
pub struct Data<R: Read> {
    /// Absent once the end has been checked.
    tar: Option<TarReader<Decoder<Ar<R>>>>,
}

impl<R: Read> Data<R> {
    /// The next entry and a reader of its content, or `None` at the end of a whole archive.
    ///
    /// Content that is not read is skipped. The reader's errors carry a [`DebError`], which `DebError::from` takes out.
    pub fn next_entry(&mut self) -> Result<Option<(Entry, impl Read)>, DebError> {
        let entry = match &mut self.tar {
            Some(tar) => tar.next_entry()?,
            None => None,
        };
        match entry {
            Some(entry) => Ok(self.tar.as_mut().map(|body| (entry, body))),
            None => {
                if let Some(tar) = self.tar.take() {
                    check_end(tar.into_inner().finish()?)?;
                }
                Ok(None)
            }
        }
    }

    /// Calls `visit` with every entry and its content; stops at the first error.
    pub fn for_each<E: From<DebError>>(
        &mut self,
        mut visit: impl FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some((entry, mut body)) = self.next_entry()? {
            visit(&entry, &mut body)?;
        }
        Ok(())
    }
}

fn check_version(ar: &mut Ar<impl Read>) -> Result<(), DebError> {
    let member = ar.next_member()?.ok_or(DebError::MissingMember { member: "debian-binary" })?;
    if member.name != "debian-binary" {
        return Err(DebError::UnexpectedMember { found: member.name, expected: "debian-binary" });
    }
    let mut text = Vec::new();
    ar.take(VERSION_LIMIT).read_to_end(&mut text)?;
    // Minor versions may add lines behind the first (deb(5)).
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let minor = line.strip_prefix(b"2.").unwrap_or_default();
    if minor.is_empty() || !minor.iter().all(u8::is_ascii_digit) {
        return Err(DebError::Version { found: String::from_utf8_lossy(line).into_owned() });
    }
    Ok(())
}

/// Steps to the member that must come next, whatever its compression.
fn expect(ar: &mut Ar<impl Read>, name: &'static str) -> Result<(Member, Compression), DebError> {
    let member = next_known(ar)?.ok_or(DebError::MissingMember { member: name })?;
    match member.name.strip_prefix(name).map(Compression::from_suffix) {
        Some(Some(compression)) => Ok((member, compression)),
        Some(None) => Err(DebError::UnknownCompression { member: member.name }),
        None => Err(DebError::UnexpectedMember { found: member.name, expected: name }),
    }
}

/// The next member that is not one of those to be ignored.
fn next_known(ar: &mut Ar<impl Read>) -> Result<Option<Member>, DebError> {
    loop {
        match ar.next_member()? {
            Some(member) if member.name.starts_with('_') => {}
            other => return Ok(other),
        }
    }
}

fn check_end(mut ar: Ar<impl Read>) -> Result<(), DebError> {
    match next_known(&mut ar) {
        Ok(None) => Ok(()),
        Ok(Some(member)) => Err(DebError::UnexpectedMember { found: member.name, expected: "the end of the archive" }),
        // Nothing had to follow, so these are not half a member but too many bytes.
        Err(DebError::Truncated { .. } | DebError::ArHeader { .. }) => {
            Err(DebError::TrailingBytes { place: "the data member".into() })
        }
        Err(error) => Err(error),
    }
}
