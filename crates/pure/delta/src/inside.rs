use serde::Serialize;
use std::collections::BTreeMap;

/// What differs inside a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inside {
    /// As what both were read: `text`, `json`, `dpkg status`, `byte-code`, `elf`, `ar`, `tar`, `zip`; `bytes` where nothing is known.
    pub format: &'static str,
    /// Named parts that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// A unified diff, or another program's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// How many fields or lines were left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// What else there is to say, as why nothing was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A named part and its two values; none where it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// In the first image.
    pub old: Option<String>,
    /// In the second.
    pub new: Option<String>,
}

/// The most fields of one file that are told.
const MOST_FIELDS: usize = 200;
/// The longest value that is told, in characters.
const LONGEST: usize = 200;

impl Inside {
    /// What differs between two sets of named parts.
    pub fn fields(format: &'static str, old: BTreeMap<String, String>, new: BTreeMap<String, String>) -> Self {
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort();
        names.dedup();
        let mut fields: Vec<Field> = names
            .into_iter()
            .filter(|name| old.get(*name) != new.get(*name))
            .map(|name| {
                let (old, new) = cut(old.get(name), new.get(name));
                Field { name: name.clone(), old, new }
            })
            .collect();
        let left_out = fields.len().saturating_sub(MOST_FIELDS);
        fields.truncate(MOST_FIELDS);
        Self { format, fields, left_out, ..Self::default() }
    }

    /// Nothing but words.
    pub fn note(format: &'static str, note: impl Into<String>) -> Self {
        Self { format, note: Some(note.into()), ..Self::default() }
    }
}

/// Two values that are too long are shown from shortly before the place where they part.
fn cut(old: Option<&String>, new: Option<&String>) -> (Option<String>, Option<String>) {
    let same = match (old, new) {
        (Some(old), Some(new)) => old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count(),
        _ => 0,
    };
    let long = [old, new].into_iter().flatten().any(|text| text.chars().count() > LONGEST);
    let skip = if long { same.saturating_sub(LONGEST / 4) } else { 0 };
    let short = |text: &String| {
        let mut shown: String = text.chars().skip(skip).take(LONGEST).collect();
        if skip > 0 {
            shown.insert(0, '…');
        }
        if text.chars().count() > skip + LONGEST {
            shown.push('…');
        }
        shown
    };
    (old.map(short), new.map(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told_and_long_values_where_they_differ() {
        let map = |list: &[(&str, &str)]| {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let long = "x".repeat(300);
        let (one, two) = (format!("{long}1"), format!("{long}2{long}"));
        let inside = Inside::fields(
            "json",
            map(&[("a", "1"), ("b", "2"), ("d", &one)]),
            map(&[("a", "1"), ("c", "3"), ("d", &two)]),
        );
        let names: Vec<&str> = inside.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "d"]);
        let [old, new] = [&inside.fields[2].old, &inside.fields[2].new].map(|text| text.as_deref().unwrap());
        assert!(old.starts_with('…') && old.ends_with("x1") && new.ends_with('…') && old.len() < 100, "{old} {new}");
    }
}
