use super::conditions::is_pattern;
use super::machine::State;
use super::syntax::{Otherwise, Part, Word};
use super::value::{Value, Variable};

/// The longest text of a word that is followed, in bytes: `a=$a$a`, written forty times, would fill any memory.
const LONGEST: usize = 16 << 10;

/// The arguments of a command.
pub(super) struct Fields {
    /// An argument that only a run could tell is `None`.
    pub(super) values: Vec<Value>,
    /// One of those may be any number of arguments.
    pub(super) loose: bool,
}

impl State {
    /// Expands words to the arguments of a command.
    ///
    /// # Errors
    /// A word that is split, or names files, in a way that is not followed.
    pub(super) fn fields(&self, words: &[Word]) -> Result<Fields, String> {
        let mut fields = Fields { values: Vec::new(), loose: false };
        for word in words {
            if let [Part::Text(empty), Part::Parameter { name, quoted: true, otherwise: None }] = word.as_slice()
                && name == "@"
                && empty.is_empty()
            {
                fields.values.extend(self.positional.iter().cloned());
                continue;
            }
            if let Some(name) = word.iter().find_map(list) {
                return Err(format!("`${name}` without quotes or inside a longer word"));
            }
            let Some(text) = self.value(word) else {
                fields.loose |= word.iter().any(|part| self.is_loose(part));
                fields.values.push(None);
                continue;
            };
            let split: Vec<String> = word.iter().filter_map(|part| self.split_text(part)).collect();
            if split.iter().any(|text| is_pattern(text)) {
                return Err(format!("`{text}` may be the names of files"));
            }
            match word.as_slice() {
                [Part::Parameter { quoted: false, .. }] => {
                    let pieces = text.split([' ', '\t', '\n']).filter(|piece| !piece.is_empty());
                    fields.values.extend(pieces.map(|piece| Some(piece.to_owned())));
                }
                _ if split.iter().any(|text| text.contains([' ', '\t', '\n'])) => {
                    return Err(format!("`{text}` is split into words"));
                }
                // Without a quote anywhere, nothing is no word.
                parts if text.is_empty() && !parts.iter().any(|part| matches!(part, Part::Text(_))) => {}
                _ => fields.values.push(Some(text)),
            }
        }
        Ok(fields)
    }

    /// Whether a part whose text is not known may become more than one word, or none.
    fn is_loose(&self, part: &Part) -> bool {
        match part {
            Part::Text(_) => false,
            Part::Pattern(_) => true,
            Part::Parameter { quoted, .. } => !quoted && self.value(&vec![part.clone()]).is_none(),
            Part::Substitution { quoted, .. } | Part::Unknown { quoted, .. } => !quoted,
        }
    }

    /// The text of a part that the shell splits at blanks and takes for a pattern.
    fn split_text(&self, part: &Part) -> Value {
        match part {
            Part::Parameter { quoted: false, .. } => self.value(&vec![part.clone()]),
            _ => None,
        }
    }

    /// The text of one word, without splitting; one that is too long counts as unknown.
    pub(super) fn value(&self, word: &Word) -> Value {
        let mut text = String::new();
        for part in word {
            match part {
                Part::Text(piece) => text.push_str(piece),
                // Alone, `[` is the name of a command.
                Part::Pattern(piece) if piece == "[" && word.len() == 1 => text.push_str(piece),
                Part::Pattern(_) | Part::Substitution { .. } | Part::Unknown { .. } => return None,
                Part::Parameter { name, otherwise, .. } => text.push_str(&self.parameter(name, otherwise.as_ref())?),
            }
            if text.len() > LONGEST {
                return None;
            }
        }
        Some(text)
    }

    /// The value of a parameter.
    fn parameter(&self, name: &str, otherwise: Option<&Otherwise>) -> Value {
        let known = match name.parse::<usize>() {
            Ok(0) => Variable::Unknown,
            Ok(index) => self.positional.get(index - 1).cloned().map_or(Variable::Unset, Variable::from),
            Err(_) => self.variables.get(name).cloned().unwrap_or(Variable::Unknown),
        };
        let set = match known {
            Variable::Text(text) => Some(text),
            Variable::Unset => None,
            Variable::Unknown => return None,
        };
        let Some(Otherwise { sign, colon, word }) = otherwise else { return Some(set.unwrap_or_default()) };
        let present = set.filter(|text| !(*colon && text.is_empty()));
        match (sign, present) {
            ('-', Some(text)) => Some(text),
            ('-', None) | ('+', Some(_)) => self.value(word),
            _ => Some(String::new()),
        }
    }
}

/// The name of a parameter that stands for all arguments.
fn list(part: &Part) -> Option<&str> {
    match part {
        Part::Parameter { name, quoted, .. } if name == "@" || (name == "*" && !quoted) => Some(name),
        _ => None,
    }
}
