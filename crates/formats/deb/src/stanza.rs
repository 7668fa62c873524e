use crate::DebError;

/// Where a field stands in its stanza's text; the stanza's size limit keeps the offsets in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    colon: u32,
    /// Behind the newline of the last line.
    end: u32,
}

/// One deb822 stanza (Debian policy 5.1): ordered fields, their text kept byte for byte.
///
/// Field names compare without regard to case. Writing a parsed stanza gives the same bytes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stanza {
    text: String,
    spans: Vec<Span>,
}

impl Stanza {
    /// The value of a field: without surrounding blanks, continuation lines with their newlines and leading blanks.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|index| self.value(self.spans[index]))
    }

    /// The lines of a field's value, each without surrounding blanks; a first line without text is left out.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = &str> {
        let value = self.get(name).unwrap_or_default();
        value.lines().map(str::trim)
    }

    /// Names and values in the order of the text.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans.iter().map(|span| (self.name(*span), self.value(*span)))
    }

    /// The text, every line ending in a newline, without the empty line that separates stanzas.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it has no field.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Replaces a field's value where the field stands, or appends the field.
    ///
    /// Continuation lines of the value must begin with a blank and hold text, as in [`Stanza::get`]'s result; a value
    /// that breaks this, or a name that is none, is an error.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), DebError> {
        let separator = if value.is_empty() || value.starts_with('\n') { "" } else { " " };
        let mut field = Self::default();
        for line in format!("{name}:{separator}{value}").split('\n') {
            field.push_line(line, 1)?;
        }
        let (Some(new), 1) = (field.spans.first().copied(), field.spans.len()) else {
            return Err(DebError::Line { line: 1, why: "the value would begin another field" });
        };
        match self.find(name) {
            None => self.append(&field.text, new),
            Some(index) => {
                let tail = self.spans.split_off(index);
                let old = std::mem::take(&mut self.text);
                self.text.push_str(&old[..tail[0].start as usize]);
                self.append(&field.text, new);
                for span in &tail[1..] {
                    self.append(&old[span.start as usize..span.end as usize], *span);
                }
            }
        }
        Ok(())
    }

    /// Removes a field; says whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(index) = self.find(name) else { return false };
        let tail = self.spans.split_off(index);
        let old = std::mem::take(&mut self.text);
        self.text.push_str(&old[..tail[0].start as usize]);
        for span in &tail[1..] {
            self.append(&old[span.start as usize..span.end as usize], *span);
        }
        true
    }

    /// Adds one line without its newline; `number` is its place in the whole text, for the error.
    pub(crate) fn push_line(&mut self, line: &str, number: u64) -> Result<(), DebError> {
        let fail = |why| Err(DebError::Line { line: number, why });
        let start = offset(self.text.len());
        if line.starts_with([' ', '\t']) {
            if line.trim_ascii().is_empty() {
                return fail("a continuation line has no text; an empty line is written ` .`");
            }
            let Some(last) = self.spans.last_mut() else {
                return fail("a continuation line has no field to continue");
            };
            last.end = offset(self.text.len() + line.len() + 1);
        } else {
            let Some(colon) = line.find(':') else {
                return fail("neither a field nor a continuation line: there is no colon");
            };
            let name = &line[..colon];
            if name.is_empty() || name.starts_with(['#', '-']) || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
                return fail("this is not a field name");
            }
            if self.find(name).is_some() {
                return fail("the field stands twice in its stanza");
            }
            self.spans.push(Span { start, colon: start + offset(colon), end: start + offset(line.len() + 1) });
        }
        self.text.push_str(line);
        self.text.push('\n');
        Ok(())
    }

    fn append(&mut self, text: &str, span: Span) {
        let start = offset(self.text.len());
        let moved = |at: u32| at - span.start + start;
        self.spans.push(Span { start, colon: moved(span.colon), end: moved(span.end) });
        self.text.push_str(text);
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.spans.iter().position(|span| {
            let held = &self.text.as_bytes()[span.start as usize..span.colon as usize];
            held.eq_ignore_ascii_case(name.as_bytes())
        })
    }

    fn name(&self, span: Span) -> &str {
        &self.text[span.start as usize..span.colon as usize]
    }

    fn value(&self, span: Span) -> &str {
        self.text[span.colon as usize + 1..span.end as usize].trim()
    }
}

/// An offset in a stanza. [`crate::stanza_reader::STANZA_LIMIT`] keeps parsed ones far below the end of 32 bits.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl std::fmt::Display for Stanza {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Package:  hello\nDepends: libc6,\n\tlibx (>= 1)\nDescription: greets\n the world\n .\n  often\nTag:\n a,\n b\n";

    fn stanza(text: &str) -> Stanza {
        Stanza::parse_all(text.as_bytes()).unwrap().pop().unwrap()
    }

    #[test]
    fn values_and_lines() {
        let stanza = stanza(TEXT);
        assert_eq!(stanza.get("package"), Some("hello"));
        assert_eq!(stanza.get("Description"), Some("greets\n the world\n .\n  often"));
        assert_eq!(stanza.lines("TAG").collect::<Vec<_>>(), ["a,", "b"]);
        assert_eq!(stanza.get("absent"), None);
        assert_eq!(stanza.to_string(), TEXT);
        assert_eq!(
            stanza.fields().map(|(name, _)| name).collect::<Vec<_>>(),
            ["Package", "Depends", "Description", "Tag"]
        );
    }

    #[test]
    fn fields_are_set_and_removed_in_place() {
        let mut stanza = stanza(TEXT);
        stanza.set("depends", "libz").unwrap();
        stanza.set("Status", "install ok installed").unwrap();
        stanza.set("Conffiles", "\n /etc/a 00\n /etc/b 11").unwrap();
        assert!(stanza.remove("Description") && !stanza.remove("Description"));
        let expected = "Package:  hello\ndepends: libz\nTag:\n a,\n b\nStatus: install ok installed\nConffiles:\n /etc/a 00\n /etc/b 11\n";
        assert_eq!(stanza.to_string(), expected);
        assert_eq!(stanza, super::tests::stanza(expected));
        for (name, value) in
            [("A", "x\ny"), ("A", "x\nB: y"), ("", "x"), ("A b", "x"), ("#A", "x"), ("A", "x\n\n y"), ("A", "x\n ")]
        {
            assert!(stanza.set(name, value).is_err(), "{name:?} {value:?}");
        }
        assert_eq!(stanza.to_string(), expected, "a refused value changes nothing");
    }
}
