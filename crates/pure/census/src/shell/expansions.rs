use super::parser;
use super::syntax::{Otherwise, Part, Word};
use super::words::{Words, unquoted};

/// Parameters whose names are signs.
const SIGNS: &str = "@*#?$!-";

impl Words<'_> {
    /// `$…` or a command in backquotes.
    ///
    /// # Errors
    /// What has no end, and what shells read differently.
    pub(super) fn expansion(&mut self, quoted: bool) -> Result<Part, String> {
        self.descend()?;
        let part = if self.eat("`") { self.backquoted(quoted) } else { self.dollar(quoted) };
        self.ascend();
        part
    }

    fn dollar(&mut self, quoted: bool) -> Result<Part, String> {
        self.eat("$");
        if self.eat("((") {
            return self.arithmetic(quoted);
        }
        if self.eat("(") {
            return self.substitution(quoted);
        }
        if self.eat("{") {
            return self.braced(quoted);
        }
        let part = |name: String| Part::Parameter { name, quoted, otherwise: None };
        if let Some(name) = self.name() {
            let after = self.rest().trim_start_matches("\\\n");
            let goes_on = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            if self.at("\\\n") && goes_on {
                return Err(self.error("a name that goes on in the next line"));
            }
            return Ok(part(name));
        }
        match self.peek() {
            Some(sign) if sign.is_ascii_digit() || SIGNS.contains(sign) => {
                self.next();
                Ok(part(sign.to_string()))
            }
            // Bash reads escapes or a translation, dash a dollar sign before quotes.
            Some('\'' | '"') if !quoted => Err(self.error("a quote that shells read differently")),
            Some('\\') if self.at("\\\n") => Err(self.error("a dollar sign before a line end")),
            // Bash's old arithmetic.
            Some('[') => Ok(Part::Substitution { list: None, quoted }),
            _ => Ok(Part::Text("$".to_owned())),
        }
    }

    /// The rest of `$(…)`, read as the shell reads it: command by command up to the bracket.
    fn substitution(&mut self, quoted: bool) -> Result<Part, String> {
        let start = self.at;
        let waiting = std::mem::take(&mut self.waiting);
        self.substitutions += 1;
        let list = parser::list(self)?;
        self.substitutions -= 1;
        if !self.eat(")") {
            return Err(self.error("an open bracket"));
        }
        let lines = self.text[start..self.at].contains('\n');
        if !self.waiting.is_empty() || (lines && !waiting.is_empty()) {
            return Err(self.error("a here-document that shells begin differently"));
        }
        self.waiting = waiting;
        Ok(Part::Substitution { list: Some(list), quoted })
    }

    /// The rest of `` `…` ``, whose end shells find before they look at what is inside.
    fn backquoted(&mut self, quoted: bool) -> Result<Part, String> {
        let mut inside = String::new();
        loop {
            match self.next() {
                None => return Err(self.error("an open backquote")),
                Some('`') => break,
                Some('\\') => match self.next() {
                    Some(escaped @ ('`' | '\\' | '$')) => inside.push(escaped),
                    Some('"') if quoted => inside.push('"'),
                    Some('\n') => {}
                    other => inside.extend(['\\'].into_iter().chain(other)),
                },
                Some(other) => inside.push(other),
            }
        }
        let mut words = Words { depth: self.depth, substitutions: self.substitutions + 1, ..Words::new(&inside) };
        let list = parser::list(&mut words).ok().filter(|_| words.rest().is_empty() && !inside.contains("<<"));
        Ok(Part::Substitution { list, quoted })
    }

    /// The rest of `$((…))`. It may set variables, so that it is not followed; only its end matters.
    fn arithmetic(&mut self, quoted: bool) -> Result<Part, String> {
        let mut open = 2;
        while open > 0 {
            match self.peek() {
                Some('$' | '`') => _ = self.expansion(true)?,
                Some(c) if c.is_ascii_alphanumeric() || " _+-*/%<>=!&|^~?:,()".contains(c) => {
                    self.next();
                    match c {
                        '(' => open += 1,
                        ')' if open == 2 && !self.at(")") => return Err(self.error("arithmetic")),
                        ')' => open -= 1,
                        _ => {}
                    }
                }
                _ => return Err(self.error("arithmetic")),
            }
        }
        Ok(Part::Substitution { list: None, quoted })
    }

    /// The rest of `${…}`.
    fn braced(&mut self, quoted: bool) -> Result<Part, String> {
        let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let name = match self.name() {
            Some(name) => name,
            None if digits > 0 => {
                self.at += digits;
                self.text[self.at - digits..self.at].to_owned()
            }
            None => match self.next() {
                Some(sign) if SIGNS.contains(sign) => sign.to_string(),
                _ => return Err(self.error("an expansion without a name")),
            },
        };
        if self.eat("}") {
            return Ok(Part::Parameter { name, quoted, otherwise: None });
        }
        // Lists, as `${@:2}` and bash's arrays, may become any number of words in quotes, too.
        let one = quoted && !SIGNS.contains(&name) && !self.at("[");
        let length = SIGNS.contains(&name);
        let colon = self.eat(":");
        // Shells put `:` and `=` of two lines together.
        if self.at("\\\n") {
            return Err(self.error("an expansion that goes on in the next line"));
        }
        let sign = self.peek().filter(|sign| !length && "-+=?".contains(*sign));
        if sign.is_some() {
            self.next();
        }
        let (word, plain) = self.until_brace(quoted, sign.is_some())?;
        let unknown = |changes| Part::Unknown { inside: word.clone(), quoted: one, changes };
        match sign {
            Some(sign @ ('-' | '+')) => {
                let word = if plain { word } else { vec![unknown(false)] };
                Ok(Part::Parameter { name, quoted, otherwise: Some(Otherwise { sign, colon, word }) })
            }
            sign => Ok(unknown(sign == Some('='))),
        }
    }

    /// The word up to a closing brace, and whether it is without quotes of its own.
    ///
    /// Behind `-`, `+`, `=` and `?` (`value`) single quotes inside double quotes are text; behind others shells differ.
    fn until_brace(&mut self, quoted: bool, value: bool) -> Result<(Word, bool), String> {
        let mut word = Word::new();
        let mut plain = true;
        if !quoted && self.at("~") {
            plain = false;
        }
        loop {
            match self.peek() {
                None => return Err(self.error("an open bracket")),
                Some('}') => {
                    self.next();
                    return Ok((word, plain));
                }
                Some('\\') => {
                    plain = false;
                    self.next();
                    self.next();
                }
                Some('"') => {
                    plain = false;
                    self.next();
                    self.double_quoted(&mut word)?;
                }
                Some('\'') => {
                    plain = false;
                    self.next();
                    if quoted && value {
                        continue;
                    }
                    let Part::Text(text) = self.single_quoted()? else { continue };
                    if quoted && text.contains(['}', '"', '$', '`', '\\']) {
                        return Err(self.error("quotes that shells read differently"));
                    }
                }
                Some('$' | '`') => word.push(self.expansion(quoted)?),
                Some(_) => {
                    let stop = ['}', '\\', '"', '\'', '$', '`'];
                    let length = self.rest().find(stop).unwrap_or(self.rest().len());
                    let text = self.rest()[..length].to_owned();
                    self.at += length;
                    word.push(if quoted { Part::Text(text) } else { unquoted(text) });
                }
            }
        }
    }
}
