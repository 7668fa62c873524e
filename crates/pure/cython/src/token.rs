/// A piece of a Cython source, as far as statements need to be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A name, a keyword or a number.
    Word(&'a [u8]),
    /// What stands between the quotes of a string, escapes as they are.
    Text(&'a [u8]),
    /// A character that is neither.
    Sign(u8),
    /// The end of a statement: of its last line, a semicolon, or the colon before a suite.
    End,
}

/// The tokens of a source. What no compiler would take ends somewhere, too: a string at its line's end at the latest, one of three quotes with the file.
pub(crate) struct Tokens<'a> {
    source: &'a [u8],
    at: usize,
    /// Brackets that are open: in them, a line's end ends nothing.
    depth: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn of(source: &'a [u8]) -> Self {
        let at = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { source, at, depth: 0 }
    }

    fn string(&mut self, prefix: &[u8]) -> Token<'a> {
        let formatted = prefix.iter().any(|byte| b"fFtT".contains(byte));
        let (content, end) = string(self.source, self.at, formatted);
        self.at = end;
        Token::Text(content)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.source.get(self.at)?;
            match byte {
                b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
                b'#' => self.at = line_end(self.source, self.at),
                b'\\' => self.at = after_backslash(self.source, self.at),
                b'\n' if self.depth > 0 => self.at += 1,
                b'\'' | b'"' => return Some(self.string(b"")),
                _ if is_word(byte) => {
                    let start = self.at;
                    self.at = word_end(self.source, start);
                    let word = &self.source[start..self.at];
                    if is_prefix(word) && self.source.get(self.at).is_some_and(|byte| b"'\"".contains(byte)) {
                        return Some(self.string(word));
                    }
                    return Some(Token::Word(word));
                }
                _ => {
                    self.at += 1;
                    match byte {
                        b'(' | b'[' | b'{' => self.depth += 1,
                        b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                        b'\n' => return Some(Token::End),
                        b':' | b';' if self.depth == 0 => return Some(Token::End),
                        _ => {}
                    }
                    return Some(Token::Sign(byte));
                }
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether a word says what kind a string is when it stands before its quote.
fn is_prefix(word: &[u8]) -> bool {
    word.len() <= 3 && word.iter().all(|byte| b"rubfct".contains(&byte.to_ascii_lowercase()))
}

fn word_end(source: &[u8], at: usize) -> usize {
    source[at..].iter().position(|byte| !is_word(*byte)).map_or(source.len(), |length| at + length)
}

fn line_end(source: &[u8], at: usize) -> usize {
    source[at..].iter().position(|byte| *byte == b'\n').map_or(source.len(), |length| at + length)
}

/// The place after a backslash and what it stands before: one character, of which a line's end may have two.
fn after_backslash(source: &[u8], at: usize) -> usize {
    let length = if source[at..].starts_with(b"\\\r\n") { 3 } else { 2 };
    source.len().min(at + length)
}

/// A part of a string with replacement fields that is open.
enum Part {
    /// Text, up to its quotes.
    Quoted { quotes: &'static [u8], formatted: bool },
    /// Code, up to its brace; so many brackets are open in it.
    Code { depth: usize },
    /// How code's value is written, up to the brace of the code.
    Format,
}

/// The string whose quote stands at a place: what is between its quotes, and the place after them.
///
/// Replacement fields hold code, which may have strings of its own, with the same quotes even.
fn string(source: &[u8], at: usize, formatted: bool) -> (&[u8], usize) {
    let quotes = quotes(source, at);
    let start = at + quotes.len();
    let short = quotes.len() == 1;
    let mut open = vec![Part::Quoted { quotes, formatted }];
    let mut at = start;
    while let Some(&byte) = source.get(at) {
        if byte == b'\n' && short {
            return (&source[start..at], at);
        }
        if byte == b'\\' {
            at = after_backslash(source, at);
            continue;
        }
        let length = match open.last_mut() {
            Some(Part::Quoted { quotes, .. }) if source[at..].starts_with(quotes) => {
                let length = quotes.len();
                open.pop();
                if open.is_empty() {
                    return (&source[start..at], at + length);
                }
                length
            }
            Some(Part::Quoted { formatted: true, .. }) if source[at..].starts_with(b"{{") => 2,
            Some(Part::Quoted { formatted: true, .. } | Part::Format) if byte == b'{' => {
                open.push(Part::Code { depth: 0 });
                1
            }
            Some(Part::Format) if byte == b'}' => {
                open.pop();
                1
            }
            Some(Part::Code { depth }) => match byte {
                b'}' if *depth == 0 => {
                    open.pop();
                    1
                }
                b':' if *depth == 0 => {
                    open.pop();
                    open.push(Part::Format);
                    1
                }
                b'(' | b'[' | b'{' => {
                    *depth += 1;
                    1
                }
                b')' | b']' | b'}' => {
                    *depth = depth.saturating_sub(1);
                    1
                }
                b'\'' | b'"' => {
                    let formatted = at > start && b"fFtT".contains(&source[at - 1]);
                    let quotes = self::quotes(source, at);
                    open.push(Part::Quoted { quotes, formatted });
                    quotes.len()
                }
                _ => 1,
            },
            _ => 1,
        };
        at += length;
    }
    (&source[start..], source.len())
}

fn quotes(source: &[u8], at: usize) -> &'static [u8] {
    let all: [&[u8]; 4] = [b"\"\"\"", b"'''", b"\"", b"'"];
    all.into_iter().find(|quotes| source[at..].starts_with(quotes)).unwrap_or(b"'")
}
