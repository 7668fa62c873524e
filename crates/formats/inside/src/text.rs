use sage_oci_delta::Inside;
use std::collections::BTreeMap;

/// A diff of texts with more lines takes too long where they have little in common.
const MOST_LINES: usize = 4000;
/// The most lines of a diff that are told.
const MOST_SHOWN: usize = 400;
/// The longest line that is shown, in characters.
const LONGEST: usize = 400;

/// A unified diff of two texts; none where one of them is no text.
pub(crate) fn compare(old: &[u8], new: &[u8]) -> Option<Inside> {
    let (old, new) = (std::str::from_utf8(old).ok()?, std::str::from_utf8(new).ok()?);
    if old.contains('\0') || new.contains('\0') {
        return None;
    }
    let few = |text: &str| text.lines().count() <= MOST_LINES;
    let (diff, note) = match few(old) && few(new) {
        true => {
            let patch = diffy::create_patch(old, new).to_string();
            // The first two lines name files.
            (patch.splitn(3, '\n').nth(2).unwrap_or_default().to_owned(), None)
        }
        false => (unordered(old, new), Some("long texts: lines that only one of them has, in order".to_owned())),
    };
    let lines: Vec<&str> = diff.lines().collect();
    let left_out = lines.len().saturating_sub(MOST_SHOWN);
    let shown = lines.iter().take(MOST_SHOWN).map(|line| line.chars().take(LONGEST).chain(['\n']).collect::<String>());
    let note = if lines.is_empty() { Some("the same lines in another order".to_owned()) } else { note };
    Some(Inside { format: "text", diff: Some(shown.collect()), left_out, note, ..Inside::default() })
}

/// Lines that one text has more often than the other.
fn unordered(old: &str, new: &str) -> String {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    old.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    new.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    let mut out = String::new();
    for (sign, text, step) in [('-', old, 1), ('+', new, -1)] {
        for line in text.lines() {
            if let Some(count) = counts.get_mut(line).filter(|count| count.signum() == -step) {
                *count += step;
                out.push(sign);
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_told_by_the_lines_that_one_has() {
        let old: String = (0..9000).map(|line| format!("{line}\n")).collect();
        let new = old.replace("\n17\n", "\n") + "more\nmore\n";
        let inside = compare(old.as_bytes(), new.as_bytes()).unwrap();
        assert_eq!(inside.diff.as_deref(), Some("-17\n+more\n+more\n"));
        let turned: String = old.lines().rev().map(|line| format!("{line}\n")).collect();
        assert_eq!(
            compare(old.as_bytes(), turned.as_bytes()).unwrap().note.as_deref(),
            Some("the same lines in another order")
        );
    }

    #[test]
    fn what_is_no_text_is_not_compared_as_one() {
        assert!(compare(b"\xff", b"a").is_none() && compare(b"a", b"a\0").is_none());
    }
}
