use super::machine::State;
use super::syntax::{Otherwise, Part, Word};
use super::value::Value;

/// The longest text of a word that is followed, in bytes: `a=$a$a`, written forty times, would fill any memory.
const LONGEST: usize = 16 << 10;

impl State {
    /// Expands words to the arguments of a command; an argument that only a run could tell is `None`.
    ///
    /// # Errors
    /// An unquoted word of unknown text: it may become any number of arguments.
    pub(super) fn fields(&self, words: &[Word]) -> Result<Vec<Value>, String> {
        let mut fields = Vec::new();
        for word in words {
            match word.as_slice() {
                [Part::Text(empty), Part::Parameter { name, otherwise: None, .. }]
                    if name == "@" && empty.is_empty() =>
                {
                    fields.extend(self.positional.iter().cloned());
                }
                [Part::Parameter { name, quoted: false, .. }] if name == "@" || name == "*" => {
                    return Err(format!("`${name}` without quotes"));
                }
                [Part::Parameter { quoted: false, .. }] => match self.value(word) {
                    Some(text) => fields.extend(text.split_ascii_whitespace().map(|field| Some(field.to_owned()))),
                    None => fields.push(None),
                },
                parts => match self.value(word) {
                    // `"$@"` inside a longer word, and split values next to text, do not occur in what we understand.
                    Some(text) if splits(parts) && text.contains([' ', '\t', '\n']) => {
                        return Err(format!("`{text}` is split into words"));
                    }
                    Some(text) if splits(parts) && text.is_empty() => {}
                    value => fields.push(value),
                },
            }
        }
        Ok(fields)
    }

    /// The text of one word, without splitting; one that is too long counts as unknown.
    pub(super) fn value(&self, word: &Word) -> Value {
        let mut text = String::new();
        for part in word {
            match part {
                Part::Text(piece) => text.push_str(piece),
                // Alone, `[` is the name of a command.
                Part::Pattern(piece) if piece == "[" && word.len() == 1 => text.push_str(piece),
                Part::Pattern(_) | Part::Substitution(_) | Part::Unknown => return None,
                Part::Parameter { name, otherwise, .. } => text.push_str(&self.parameter(name, otherwise.as_ref())?),
            }
            if text.len() > LONGEST {
                return None;
            }
        }
        Some(text)
    }

    /// The value of a parameter; one that is not set is unknown unless the script gives a default.
    fn parameter(&self, name: &str, otherwise: Option<&Otherwise>) -> Value {
        let value = match name.parse::<usize>() {
            Ok(0) => None,
            Ok(index) => Some(self.positional.get(index - 1).cloned()),
            Err(_) => Some(self.variables.get(name).cloned()),
        };
        let value = value?;
        match otherwise {
            None => match value {
                Some(value) => value,
                // An argument that was not given is empty; a variable may come from the environment.
                None if name.parse::<usize>().is_ok() => Some(String::new()),
                None => None,
            },
            Some(Otherwise { sign, colon, word }) => {
                let present = match value {
                    Some(Some(text)) => {
                        let present = !(*colon && text.is_empty());
                        if present && *sign == '-' {
                            return Some(text);
                        }
                        present
                    }
                    Some(None) => return None,
                    None if name.parse::<usize>().is_ok() => false,
                    None => return None,
                };
                match (sign, present) {
                    ('+', true) | ('-', false) => self.value(word),
                    _ => Some(String::new()),
                }
            }
        }
    }
}

/// Whether the shell would split the word's value at blanks.
fn splits(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Parameter { quoted: false, .. }))
        && !parts.iter().any(|part| matches!(part, Part::Text(text) if text.is_empty()))
}
