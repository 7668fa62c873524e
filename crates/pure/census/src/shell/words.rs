use super::parser::{self, MAX_DEPTH};
use super::syntax::{Otherwise, Part, Word};

/// Reads words and symbols of a script, from left to right.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Delimiters of here-documents whose bodies begin after the next line end; `true` for `<<-`.
    waiting: Vec<(String, bool)>,
}

const OPERATORS: [&str; 8] = [">>", ">&", ">|", "<<-", "<<", "<&", ">", "<"];

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, waiting: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub(super) fn at(&self, symbol: &str) -> bool {
        self.rest().starts_with(symbol)
    }

    pub(super) fn eat(&mut self, symbol: &str) -> bool {
        let found = self.at(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    /// The number of the current line, from 1.
    pub(super) fn line(&self) -> usize {
        self.text[..self.at].matches('\n').count() + 1
    }

    pub(super) fn error(&self, what: impl std::fmt::Display) -> String {
        format!("line {}: {what}", self.line())
    }

    /// Skips blanks, continued line ends and a comment.
    pub(super) fn blanks(&mut self) -> Result<(), String> {
        loop {
            if self.eat(" ") || self.eat("\t") || self.eat("\\\n") {
                continue;
            }
            if self.at("#") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            }
            return Ok(());
        }
    }

    /// Skips blanks and line ends, and the here-documents that follow one.
    pub(super) fn newlines(&mut self) -> Result<(), String> {
        loop {
            self.blanks()?;
            if !self.eat("\n") {
                return Ok(());
            }
            for (delimiter, tabs) in std::mem::take(&mut self.waiting) {
                self.body(&delimiter, tabs)?;
            }
        }
    }

    /// Skips blanks, line ends and single semicolons.
    pub(super) fn separators(&mut self) -> Result<(), String> {
        loop {
            self.newlines()?;
            if self.at(";;") || !self.eat(";") {
                return Ok(());
            }
        }
    }

    fn body(&mut self, delimiter: &str, tabs: bool) -> Result<(), String> {
        loop {
            if self.rest().is_empty() {
                return Err(self.error(format!("a here-document does not end with `{delimiter}`")));
            }
            let length = self.rest().find('\n').unwrap_or(self.rest().len());
            let line = &self.rest()[..length];
            self.at += (length + 1).min(self.rest().len());
            if (if tabs { line.trim_start_matches('\t') } else { line }) == delimiter {
                return Ok(());
            }
        }
    }

    pub(super) fn here_document(&mut self, tabs: bool, delimiter: &Word) -> Result<(), String> {
        let mut text = String::new();
        for part in delimiter {
            let Part::Text(piece) = part else { return Err(self.error("a computed delimiter")) };
            text.push_str(piece);
        }
        self.waiting.push((text, tabs));
        Ok(())
    }

    pub(super) fn at_reserved(&self, word: &str) -> bool {
        self.rest().strip_prefix(word).is_some_and(|after| {
            after.is_empty()
                || after.starts_with([' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>'])
                || after.starts_with("\\\n")
        })
    }

    pub(super) fn eat_reserved(&mut self, word: &str) -> bool {
        self.at_reserved(word) && self.eat(word)
    }

    fn name_length(&self) -> usize {
        let rest = self.rest();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return 0;
        }
        rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
    }

    /// A variable's name.
    pub(super) fn name(&mut self) -> Option<String> {
        let length = self.name_length();
        let name = (length > 0).then(|| self.rest()[..length].to_owned())?;
        self.at += length;
        Some(name)
    }

    /// `name=`, leaving the value to be read.
    pub(super) fn assignment(&mut self) -> Option<String> {
        let length = self.name_length();
        if length == 0 || !self.rest()[length..].starts_with('=') {
            return None;
        }
        let name = self.name()?;
        self.eat("=");
        Some(name)
    }

    /// `name ()`.
    pub(super) fn function(&mut self) -> Option<String> {
        let length = self.name_length();
        let after = self.rest()[length..].trim_start_matches([' ', '\t']);
        let inside = after.strip_prefix('(')?.trim_start_matches([' ', '\t']);
        if length == 0 || !inside.starts_with(')') {
            return None;
        }
        let name = self.name()?;
        self.at = self.text.len() - inside.len() + 1;
        Some(name)
    }

    /// A redirection operator, with its file number skipped.
    pub(super) fn redirection(&mut self) -> Option<&'static str> {
        let digits = self.rest().find(|c: char| !c.is_ascii_digit())?;
        let after = &self.rest()[digits..];
        let operator = OPERATORS.into_iter().find(|operator| after.starts_with(operator))?;
        self.at += digits + operator.len();
        Some(operator)
    }

    /// The next word, if one begins here.
    pub(super) fn word(&mut self) -> Result<Option<Word>, String> {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\\' if self.at("\\\n") => _ = self.eat("\\\n"),
                '\\' => {
                    self.next();
                    let Some(escaped) = self.next() else { return Err(self.error("a lone backslash")) };
                    parts.push(Part::Text(escaped.to_string()));
                }
                '\'' => {
                    self.next();
                    let Some(length) = self.rest().find('\'') else { return Err(self.error("an open quote")) };
                    parts.push(Part::Text(self.rest()[..length].to_owned()));
                    self.at += length + 1;
                }
                '"' => {
                    self.next();
                    self.double_quoted(&mut parts)?;
                }
                '$' | '`' => parts.push(self.expansion(false)?),
                '~' if self.at == start => {
                    self.next();
                    parts.push(Part::Unknown);
                }
                _ => {
                    let stop = |c: char| " \t\n;&|<>()\\'\"$`".contains(c);
                    let length = self.rest().find(stop).unwrap_or(self.rest().len());
                    let text = self.rest()[..length].to_owned();
                    self.at += length;
                    parts.push(if text.contains(['*', '?', '[']) { Part::Pattern(text) } else { Part::Text(text) });
                }
            }
        }
        Ok((self.at > start).then_some(parts))
    }

    fn double_quoted(&mut self, parts: &mut Word) -> Result<(), String> {
        parts.push(Part::Text(String::new()));
        loop {
            match self.peek() {
                None => return Err(self.error("an open quote")),
                Some('"') => {
                    self.next();
                    return Ok(());
                }
                Some('$' | '`') => parts.push(self.expansion(true)?),
                Some('\\') if self.at("\\\n") => _ = self.eat("\\\n"),
                Some('\\') => {
                    self.next();
                    let escaped = self.peek().filter(|c| "$`\"\\".contains(*c));
                    parts.push(Part::Text(escaped.unwrap_or('\\').to_string()));
                    if escaped.is_some() {
                        self.next();
                    }
                }
                Some(_) => {
                    let length = self.rest().find(['"', '$', '`', '\\']).unwrap_or(self.rest().len());
                    parts.push(Part::Text(self.rest()[..length].to_owned()));
                    self.at += length;
                }
            }
        }
    }

    /// `$…` or a command in backquotes.
    fn expansion(&mut self, quoted: bool) -> Result<Part, String> {
        let parameter = |name: &str| Part::Parameter { name: name.to_owned(), quoted, otherwise: None };
        if self.eat("`") {
            let mut inside = String::new();
            loop {
                match self.next() {
                    None => return Err(self.error("an open backquote")),
                    Some('`') => return Ok(Part::Substitution(parser::parse(&inside).ok())),
                    Some('\\') => match self.next() {
                        Some(escaped @ ('`' | '\\' | '$')) => inside.push(escaped),
                        other => inside.extend(['\\'].into_iter().chain(other)),
                    },
                    Some(other) => inside.push(other),
                }
            }
        }
        self.eat("$");
        if self.eat("(") {
            let start = self.at;
            self.skip_to(')')?;
            return Ok(Part::Substitution(parser::parse(&self.text[start..self.at - 1]).ok()));
        }
        if self.eat("{") {
            let start = self.at;
            self.skip_to('}')?;
            return braced(&self.text[start..self.at - 1], quoted).map_err(|what| self.error(what));
        }
        if let Some(name) = self.name() {
            return Ok(parameter(&name));
        }
        match self.peek() {
            Some(special) if special.is_ascii_digit() || "@*#?$!-".contains(special) => {
                self.next();
                Ok(parameter(&special.to_string()))
            }
            _ => Ok(Part::Text("$".to_owned())),
        }
    }

    /// Skips to the closing bracket that belongs to one just read.
    fn skip_to(&mut self, close: char) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("it nests too deeply"));
        }
        let skipped = self.skip_inside(close);
        self.depth -= 1;
        skipped
    }

    fn skip_inside(&mut self, close: char) -> Result<(), String> {
        let open = if close == ')' { '(' } else { '{' };
        loop {
            match self.next() {
                None => return Err(self.error("an open bracket")),
                Some(c) if c == close => return Ok(()),
                Some(c) if c == open => self.skip_to(close)?,
                Some('\\') => _ = self.next(),
                Some('\'') if close == ')' => {
                    let Some(length) = self.rest().find('\'') else { return Err(self.error("an open quote")) };
                    self.at += length + 1;
                }
                Some('"') => self.double_quoted(&mut Vec::new())?,
                // The `)` of a pattern and the quotes of a comment would be taken for ours.
                Some('#') if close == ')' && self.text[..self.at - 1].ends_with([' ', '\t', '\n']) => {
                    return Err(self.error("a comment in a substitution"));
                }
                Some('c') if close == ')' && self.at("ase ") => {
                    return Err(self.error("`case` in a substitution"));
                }
                Some(_) => {}
            }
        }
    }
}

/// The inside of `${…}`.
fn braced(inside: &str, quoted: bool) -> Result<Part, String> {
    let mut words = Words::new(inside);
    let digits = inside.find(|c: char| !c.is_ascii_digit()).unwrap_or(inside.len());
    let name = match words.name() {
        Some(name) => name,
        None if digits > 0 => {
            words.at = digits;
            inside[..digits].to_owned()
        }
        None => return Ok(Part::Unknown),
    };
    let colon = words.eat(":");
    let otherwise = match words.peek() {
        None if !colon => None,
        Some(sign @ ('-' | '+')) => {
            words.next();
            let word = match words.rest() {
                nested if nested.contains(['"', '\'']) => vec![Part::Unknown],
                plain => Words::new(&format!("\"{plain}\"")).word()?.unwrap_or_default(),
            };
            Some(Otherwise { sign, colon, word })
        }
        _ => return Ok(Part::Unknown),
    };
    Ok(Part::Parameter { name, quoted, otherwise })
}
