use crate::markdown::line;
use crate::{Previous, Published};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// So many packages are told; the others are counted.
const LINES: usize = 60;

/// What is new in an image since the last one that was published: a sentence, and lines of a `diff` where packages differ.
pub(crate) fn difference(published: &Published) -> (String, Option<String>) {
    let Some(previous) = &published.previous else {
        return ("the first one published here".to_owned(), None);
    };
    if previous.digest == published.digest {
        return ("the same image as the last one published".to_owned(), None);
    }
    let changes = changes(&previous.packages, &published.packages);
    let packages = match changes.len() {
        0 => "the same packages".to_owned(),
        1 => "1 package differs".to_owned(),
        count => format!("{count} packages differ"),
    };
    let sentence = format!("{packages}{}, since the last one published", grown(previous, published.size));
    if changes.is_empty() {
        return (sentence, None);
    }
    let mut lines = changes.iter().take(LINES).cloned().collect::<Vec<_>>();
    if changes.len() > LINES {
        lines.push(format!("  and {} more", changes.len() - LINES));
    }
    (sentence, Some(lines.join("\n")))
}

fn grown(previous: &Previous, size: u64) -> String {
    match previous.size.map(|before| (before.abs_diff(size), size.cmp(&before))) {
        None => String::new(),
        Some((_, Ordering::Equal)) => ", the same size".to_owned(),
        Some((by, Ordering::Greater)) => format!(", {} larger", bytes(by)),
        Some((by, Ordering::Less)) => format!(", {} smaller", bytes(by)),
    }
}

/// A line for each package that differs, by name.
fn changes(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines: Vec<(&String, String)> = Vec::new();
    for (name, old) in before {
        match after.get(name) {
            None => lines.push((name, format!("- {} {}", line(name), line(old)))),
            Some(new) if new != old => {
                lines.push((name, format!("  {} {} -> {}", line(name), line(old), line(new))));
            }
            Some(_) => {}
        }
    }
    let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
    lines.extend(added.map(|(name, new)| (name, format!("+ {} {}", line(name), line(new)))));
    lines.sort_by_key(|(name, _)| *name);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// A size in decimal units, as download sizes are given.
pub(crate) fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{}.{} kB", size / 1_000, size % 1_000 / 100),
        1_000_000..1_000_000_000 => format!("{}.{} MB", size / 1_000_000, size % 1_000_000 / 100_000),
        _ => format!("{}.{:02} GB", size / 1_000_000_000, size % 1_000_000_000 / 10_000_000),
    }
}
