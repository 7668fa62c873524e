use super::syntax::{Part, Word};

/// Deeper nesting than this is not in maintainer scripts.
const MAX_DEPTH: usize = 60;

/// Reads words and symbols of a script, from left to right.
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// How deep what is read stands in other commands and expansions.
    pub(super) depth: usize,
    /// How many command substitutions are open around it.
    pub(super) substitutions: usize,
    /// Here-documents whose bodies begin after the next line end.
    pub(super) waiting: Vec<HereDocument>,
}

/// What is known of a here-document before its body comes.
pub(super) struct HereDocument {
    pub(super) delimiter: String,
    /// Whether the delimiter is quoted, so that nothing in the body is expanded.
    pub(super) quoted: bool,
    /// `<<-`: tabs before the delimiter do not count.
    pub(super) tabs: bool,
}

const OPERATORS: [&str; 8] = [">>", ">&", ">|", "<<-", "<<", "<&", ">", "<"];

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, substitutions: 0, waiting: Vec::new() }
    }

    /// Goes one level deeper.
    ///
    /// # Errors
    /// It nests too deeply.
    pub(super) fn descend(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.error("it nests too deeply")) } else { Ok(()) }
    }

    /// Goes back from where [`Words::descend`] went.
    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
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
            if self.eat(" ") || self.eat("\t") || self.continued()? {
                continue;
            }
            if self.at("#") {
                // Not all shells agree on where a substitution with a comment ends.
                if self.substitutions > 0 {
                    return Err(self.error("a comment in a substitution"));
                }
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            }
            return Ok(());
        }
    }

    /// Skips a line end behind a backslash, if there is one.
    ///
    /// # Errors
    /// It stands inside a word or a symbol, which shells put together and we would not.
    fn continued(&mut self) -> Result<bool, String> {
        if !self.at("\\\n") {
            return Ok(false);
        }
        let before = self.text[..self.at].chars().next_back();
        // All of them: two in a row join what stands around them, too.
        while self.eat("\\\n") {}
        let kind = |c: char| (!" \t\n".contains(c)).then(|| ";&|<>()".contains(c));
        match (before.and_then(kind), self.peek().and_then(kind)) {
            (Some(left), Some(right)) if left == right => Err(self.error("a word that goes on in the next line")),
            _ => Ok(true),
        }
    }

    /// Skips blanks and line ends, and the here-documents that follow one.
    pub(super) fn newlines(&mut self) -> Result<(), String> {
        loop {
            self.blanks()?;
            if !self.eat("\n") {
                return Ok(());
            }
            for document in std::mem::take(&mut self.waiting) {
                self.body(&document)?;
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
        let mut bare = String::new();
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\\' if self.continued()? => {}
                '\\' => {
                    self.next();
                    let Some(escaped) = self.next() else { return Err(self.error("a lone backslash")) };
                    parts.push(Part::Text(escaped.to_string()));
                }
                '\'' => {
                    self.next();
                    parts.push(self.single_quoted()?);
                }
                '"' => {
                    self.next();
                    self.double_quoted(&mut parts)?;
                }
                '$' | '`' => parts.push(self.expansion(false)?),
                '~' if self.at == start => {
                    self.next();
                    parts.push(Part::Unknown { inside: Word::new(), quoted: false, changes: false });
                }
                _ => {
                    let stop = |c: char| " \t\n;&|<>()\\'\"$`".contains(c);
                    let length = self.rest().find(stop).unwrap_or(self.rest().len());
                    let text = self.rest()[..length].to_owned();
                    self.at += length;
                    bare.push_str(&text);
                    parts.push(unquoted(text));
                }
            }
        }
        // Bash makes several words of `{a,b}` and `{1..3}`.
        if bare.split_once('{').is_some_and(|(_, after)| after.contains(',') || after.contains("..")) {
            parts.push(Part::Unknown { inside: Word::new(), quoted: false, changes: false });
        }
        Ok((self.at > start).then_some(parts))
    }

    /// The rest of a text in single quotes.
    pub(super) fn single_quoted(&mut self) -> Result<Part, String> {
        let Some(length) = self.rest().find('\'') else { return Err(self.error("an open quote")) };
        let text = self.rest()[..length].to_owned();
        self.at += length + 1;
        Ok(Part::Text(text))
    }

    /// The rest of a text in double quotes.
    pub(super) fn double_quoted(&mut self, parts: &mut Word) -> Result<(), String> {
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
}

/// Text without quotes.
pub(super) fn unquoted(text: String) -> Part {
    if text.contains(['*', '?', '[']) { Part::Pattern(text) } else { Part::Text(text) }
}
