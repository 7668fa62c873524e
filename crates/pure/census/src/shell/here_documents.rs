use super::syntax::{Part, Word};
use super::words::{HereDocument, Words};

impl Words<'_> {
    /// Notes a here-document whose delimiter was just read; it began at `start`.
    ///
    /// # Errors
    /// A delimiter that is not plain text.
    pub(super) fn here_document(&mut self, tabs: bool, start: usize, delimiter: &Word) -> Result<(), String> {
        let mut text = String::new();
        for part in delimiter {
            let Part::Text(piece) = part else { return Err(self.error("a computed delimiter")) };
            text.push_str(piece);
        }
        let quoted = self.text[start..self.at].contains(['\'', '"', '\\']);
        self.waiting.push(HereDocument { delimiter: text, quoted, tabs });
        Ok(())
    }

    /// Skips a here-document's body with its last line.
    ///
    /// # Errors
    /// It has no end, or one that depends on the shell.
    pub(super) fn body(&mut self, document: &HereDocument) -> Result<(), String> {
        let HereDocument { delimiter, quoted, tabs } = document;
        let differs = "a here-document that shells end differently";
        let start = self.at;
        // The beginning of a line that goes on behind a backslash.
        let mut begun: Option<String> = None;
        loop {
            if self.rest().is_empty() {
                return Err(self.error(format!("a here-document does not end with `{delimiter}`")));
            }
            let end = self.at;
            let length = self.rest().find('\n').unwrap_or(self.rest().len());
            let line = &self.rest()[..length];
            let line = if *tabs { line.trim_start_matches('\t') } else { line };
            self.at += (length + 1).min(self.rest().len());
            if line == delimiter {
                // Shells that join the lines do not see the delimiter.
                if begun.is_some() || !(*quoted || self.closes_expansions(&self.text[start..end])) {
                    return Err(self.error(differs));
                }
                return Ok(());
            }
            let backslashes = line.len() - line.trim_end_matches('\\').len();
            let joined = begun.take().unwrap_or_default() + &line[..line.len() - backslashes % 2];
            if !quoted && backslashes % 2 == 1 {
                begun = Some(joined);
            } else if joined == *delimiter {
                return Err(self.error(differs));
            }
        }
    }

    /// Whether each expansion in a body ends in it. Dash reads on through one that does not, over the delimiter.
    fn closes_expansions(&self, body: &str) -> bool {
        let mut words = Words { depth: self.depth, substitutions: self.substitutions, ..Words::new(body) };
        while let Some(next) = words.peek() {
            match next {
                '$' | '`' => match words.expansion(true) {
                    Ok(_) => {}
                    Err(_) => return false,
                },
                '\\' => {
                    words.next();
                    words.next();
                }
                _ => _ = words.next(),
            }
        }
        true
    }
}
