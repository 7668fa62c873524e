use crate::{DebError, Stanza};
use std::io::{BufRead, Read};

/// The longest stanza, in bytes. The longest real one is a Release file's, below 1 MiB.
pub(crate) const STANZA_LIMIT: usize = 64 << 20;

/// Reads deb822 stanzas one by one; memory is that of one stanza.
///
/// Errors count lines from the start of the text. After an error the iterator ends.
#[derive(Debug)]
pub struct StanzaReader<R> {
    reader: R,
    buffer: Vec<u8>,
    line: u64,
    failed: bool,
}

impl<R: BufRead> StanzaReader<R> {
    /// Stands before the first stanza.
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), line: 0, failed: false }
    }

    /// The number of lines read so far.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The next stanza; `None` at the end of the text.
    pub fn next_stanza(&mut self) -> Result<Option<Stanza>, DebError> {
        let mut stanza = Stanza::default();
        let mut size = 0;
        loop {
            self.buffer.clear();
            let most = (STANZA_LIMIT + 1).saturating_sub(size) as u64;
            self.reader.by_ref().take(most).read_until(b'\n', &mut self.buffer)?;
            if self.buffer.is_empty() {
                return Ok((!stanza.is_empty()).then_some(stanza));
            }
            self.line += 1;
            size += self.buffer.len();
            let fail = |why| DebError::Line { line: self.line, why };
            if size > STANZA_LIMIT {
                return Err(fail("the stanza is longer than 64 MiB"));
            }
            let line = std::str::from_utf8(&self.buffer).map_err(|_| fail("it is not UTF-8"))?;
            let line = line.strip_suffix('\n').unwrap_or(line);
            if !line.is_empty() {
                stanza.push_line(line, self.line)?;
            } else if !stanza.is_empty() {
                return Ok(Some(stanza));
            }
        }
    }
}

impl<R: BufRead> Iterator for StanzaReader<R> {
    type Item = Result<Stanza, DebError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let result = self.next_stanza();
        self.failed = result.is_err();
        result.transpose()
    }
}

impl Stanza {
    /// Parses every stanza of a text.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, DebError> {
        StanzaReader::new(bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stanzas_are_separated_by_empty_lines() {
        let text = "\n\nA: 1\nB:\n x\n\n\n\nA: 2";
        let stanzas = Stanza::parse_all(text.as_bytes()).unwrap();
        assert_eq!(stanzas.iter().map(Stanza::as_str).collect::<Vec<_>>(), ["A: 1\nB:\n x\n", "A: 2\n"]);
        assert!(Stanza::parse_all(b"").unwrap().is_empty());
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line) in [
            (&b"A: 1\nnothing\n"[..], 2),
            (b"A: 1\n\n x\n", 3),
            (b"A: 1\na: 2\n", 2),
            (b"A: 1\n \nB: 2\n", 2),
            (b": 1\n", 1),
            (b"# comment: x\n", 1),
            (b"A: 1\n\nB: \xff\n", 3),
        ] {
            match Stanza::parse_all(text) {
                Err(DebError::Line { line: found, .. }) => assert_eq!(found, line),
                other => panic!("{other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = Stanza::parse_all(&bytes);
        }

        #[test]
        fn what_is_read_is_written(text in "(A: [a ]{0,3}\n)?(B: a\n)?\n{0,3}(C:\n x\n)?(A: [a ]{0,3}\n)?\n{1,2}(D:\n x\n)?") {
            let lines: String = text.lines().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
            match Stanza::parse_all(text.as_bytes()) {
                Ok(stanzas) => prop_assert_eq!(stanzas.iter().map(Stanza::as_str).collect::<String>(), lines),
                // Without an empty line between them the two of A are one stanza's.
                Err(error) => prop_assert!(text.matches("A:").count() == 2 && !text[..text.rfind("A:").unwrap()].contains("\n\n"), "{}", error),
            }
        }
    }
}
