use crate::DebError;
use sage_oci_tar::fill;
use std::io::{self, Read};

/// The first bytes of every ar archive (ar(5)).
const MAGIC: &[u8; 8] = b"!<arch>\n";
/// The length of a member header.
const HEADER: usize = 60;

/// The header of one member of an ar archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name, at most 16 characters, without padding and without the slash that some writers append.
    pub name: String,
    /// The size of the content in bytes.
    pub size: u64,
}

/// A reader of Unix ar archives in the flavour of deb(5): short names only, no symbol tables.
///
/// [`Ar::next_member`] steps to the next member; reading then gives that member's content and ends where it ends.
/// Content that ends early is [`DebError::Truncated`], carried inside the [`io::Error`].
#[derive(Debug)]
pub struct Ar<R> {
    inner: R,
    member: String,
    left: u64,
    padded: bool,
}

impl<R: Read> Ar<R> {
    /// Checks the magic and stands before the first member.
    pub fn open(mut inner: R) -> Result<Self, DebError> {
        let mut magic = [0; MAGIC.len()];
        let count = fill(&mut inner, &mut magic).map_err(DebError::Io)?;
        if count < magic.len() && MAGIC.starts_with(&magic[..count]) {
            return Err(DebError::Truncated { place: "the ar magic".into() });
        }
        if &magic != MAGIC {
            return Err(DebError::NotAnArchive);
        }
        Ok(Self { inner, member: String::new(), left: 0, padded: false })
    }

    /// Skips what is left of the present member and reads the next header; `None` at the end of the archive.
    pub fn next_member(&mut self) -> Result<Option<Member>, DebError> {
        io::copy(self, &mut io::sink())?;
        if self.padded {
            self.padded = false;
            let mut padding = [0];
            if fill(&mut self.inner, &mut padding).map_err(DebError::Io)? == 0 {
                return Err(self.truncated());
            }
            if &padding != b"\n" {
                return Err(DebError::ArHeader { member: self.member.clone(), why: "its padding is not a newline" });
            }
        }
        let mut header = [0; HEADER];
        match fill(&mut self.inner, &mut header).map_err(DebError::Io)? {
            0 => return Ok(None),
            HEADER => {}
            _ => {
                let place = match &*self.member {
                    "" => "the first ar header".to_owned(),
                    member => format!("the ar header behind member `{member}`"),
                };
                return Err(DebError::Truncated { place });
            }
        }
        let member = parse_header(&header)?;
        self.member.clone_from(&member.name);
        self.left = member.size;
        self.padded = member.size % 2 == 1;
        Ok(Some(member))
    }

    fn truncated(&self) -> DebError {
        DebError::Truncated { place: format!("member `{}`", self.member) }
    }
}

impl<R: Read> Read for Ar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.inner.read(&mut buffer[..most]).map_err(|error| match error.kind() {
            // Callers repeat an interrupted read; the kind must stay visible.
            io::ErrorKind::Interrupted => error,
            _ => DebError::Io(error).into(),
        })?;
        if count == 0 {
            return Err(self.truncated().into());
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

fn parse_header(header: &[u8; HEADER]) -> Result<Member, DebError> {
    let name = header[..16].trim_ascii_end();
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let shown = String::from_utf8_lossy(name).into_owned();
    let fail = |why| Err(DebError::ArHeader { member: shown.clone(), why });
    if &header[58..] != b"`\n" {
        return fail("its end mark is missing");
    }
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return fail("its name is not plain ASCII");
    }
    let digits = header[48..58].trim_ascii_end();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return fail("its size is not a decimal number");
    }
    // At most ten digits: this cannot overflow.
    let size = digits.iter().fold(0, |sum: u64, digit| sum * 10 + u64::from(digit - b'0'));
    Ok(Member { name: shown, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, size: &str) -> Vec<u8> {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 100644).into_bytes()
    }

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for (name, content) in members {
            bytes.extend(header(name, &content.len().to_string()));
            bytes.extend(*content);
            if content.len() % 2 == 1 {
                bytes.push(b'\n');
            }
        }
        bytes
    }

    #[test]
    fn members_are_read_or_skipped() {
        let bytes = archive(&[("odd", b"abc"), ("skipped/", b"1234567"), ("last", b"xy")]);
        let mut ar = Ar::open(&bytes[..]).unwrap();
        assert_eq!(ar.next_member().unwrap().unwrap(), Member { name: "odd".into(), size: 3 });
        let mut text = String::new();
        ar.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        assert_eq!(ar.next_member().unwrap().unwrap().name, "skipped");
        assert_eq!(ar.next_member().unwrap().unwrap().name, "last");
        assert!(ar.next_member().unwrap().is_none());
    }

    #[test]
    fn bad_headers_are_refused() {
        assert!(matches!(Ar::open(&b"!<thin>\n"[..]), Err(DebError::NotAnArchive)));
        assert!(matches!(Ar::open(&b"!<ar"[..]), Err(DebError::Truncated { .. })));
        for (name, size) in [("name", "-1"), ("name", ""), ("name", "0x10"), ("", "1"), ("n\u{e9}", "1"), ("//", "1 2")]
        {
            let mut bytes = MAGIC.to_vec();
            let mut head = header(name, size);
            head.truncate(HEADER);
            bytes.extend(head);
            let error = Ar::open(&bytes[..]).unwrap().next_member().unwrap_err();
            assert!(matches!(error, DebError::ArHeader { .. }), "{name} {size}: {error}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = archive(&[("a", b"abc"), ("b", b"de")]);
        let whole = archive(&[("a", b"abc")]).len();
        for cut in MAGIC.len() + 1..bytes.len() {
            let mut ar = Ar::open(&bytes[..cut]).unwrap();
            let result = (|| {
                while ar.next_member()?.is_some() {}
                Ok::<_, DebError>(())
            })();
            assert_eq!(result.is_ok(), cut == whole, "cut at {cut}");
        }
    }
}
