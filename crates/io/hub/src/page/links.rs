//! Links and images of a text of Markdown, and of the HTML in it.

use super::blocks::Blocks;
use std::fmt::Write;

/// Gives every link and image the address that `change` has for it: it gets the address and whether that is an image's. Blocks of
/// code and code within a line are left alone.
pub(super) fn absolute(text: &str, change: impl Fn(&str, bool) -> Option<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    let mut paragraph: Option<(usize, usize)> = None;
    // Lines that belong together are read as one text, for a link's text may go over a line's end.
    let mut flush = |result: &mut String, part: Option<(usize, usize)>| {
        if let Some((start, end)) = part {
            result.push_str(&text[done..start]);
            result.push_str(&prose(&text[start..end], &change));
            done = end;
        }
    };
    for (place, line) in Blocks::of(text).prose() {
        let end = place + line.len();
        paragraph = match paragraph {
            Some((start, before)) if before == place && !line.trim().is_empty() => Some((start, end)),
            other => {
                flush(&mut result, other);
                (!line.trim().is_empty()).then_some((place, end))
            }
        };
    }
    flush(&mut result, paragraph);
    result.push_str(&text[done..]);
    result
}

/// The definitions of labels, `[label]: address`, that one text has and another one uses.
pub(super) fn definitions(from: &str, used_in: &str) -> String {
    let used = used_in.to_lowercase();
    let mut result = String::new();
    for (_, line) in Blocks::of(from).prose() {
        if let Some((label, _)) = definition(line)
            && used.contains(&format!("[{}]", label.to_lowercase()))
        {
            let _ = writeln!(result, "{}", line.trim_end());
        }
    }
    result
}

/// The label of a definition and the place of its address in the line.
fn definition(line: &str) -> Option<(&str, std::ops::Range<usize>)> {
    let start = line.len() - line.trim_start_matches(' ').len();
    let rest = line.get(start..)?.strip_prefix('[')?;
    let (label, rest) = rest.split_once("]:")?;
    let address = rest.trim_start();
    let at = line.len() - address.len();
    let length = address.find(char::is_whitespace).unwrap_or(address.len());
    (start < 4 && !label.is_empty() && !label.contains('[') && length > 0).then_some((label, at..at + length))
}

/// A paragraph, or a definition's line, with changed addresses.
fn prose(text: &str, change: &impl Fn(&str, bool) -> Option<String>) -> String {
    if definition(text).is_some() {
        return text.split_inclusive('\n').map(|line| definition_line(line, change)).collect();
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    // For each bracket that is open, whether it is an image's.
    let mut open = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '`' => code(rest),
            '[' => {
                open.push(result.ends_with('!'));
                1
            }
            ']' => {
                let image = open.pop();
                if let (Some(image), Some(address)) = (image, address(rest)) {
                    result.push_str(&rest[..address.start]);
                    result.push_str(&changed(&rest[address.clone()], image, change));
                    rest = &rest[address.end..];
                    continue;
                }
                1
            }
            '<' => {
                let end = rest.find('>').map_or(1, |end| end + 1);
                result.push_str(&tag(&rest[..end], change));
                rest = &rest[end..];
                continue;
            }
            other => other.len_utf8(),
        };
        result.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    result
}

fn changed(address: &str, image: bool, change: &impl Fn(&str, bool) -> Option<String>) -> String {
    change(address, image).unwrap_or_else(|| address.to_owned())
}

fn definition_line(line: &str, change: &impl Fn(&str, bool) -> Option<String>) -> String {
    let Some((_, at)) = definition(line) else { return line.to_owned() };
    let address = line[at.clone()].trim_start_matches('<').trim_end_matches('>');
    // Nothing but its name says what a label is used for.
    let name = address.to_ascii_lowercase();
    let image = [".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp"].iter().any(|end| name.ends_with(end));
    format!("{}{}{}", &line[..at.start], changed(address, image, change), &line[at.end..])
}

/// The length of code within a line, from its first backtick on; of the backticks alone where nothing closes it.
fn code(text: &str) -> usize {
    let rest = text.trim_start_matches('`');
    let ticks = text.len() - rest.len();
    let mut at = ticks;
    while let Some(next) = text[at..].find('`') {
        let run = text[at + next..].len() - text[at + next..].trim_start_matches('`').len();
        at += next + run;
        if run == ticks {
            return at;
        }
    }
    ticks
}

/// The place of the address in `](address "title")`.
fn address(text: &str) -> Option<std::ops::Range<usize>> {
    let rest = text.strip_prefix("](")?.trim_start();
    let start = text.len() - rest.len();
    if let Some(inner) = rest.strip_prefix('<') {
        let end = inner.find(['>', '\n']).filter(|end| inner[*end..].starts_with('>'))?;
        return Some(start + 1..start + 1 + end);
    }
    let mut depth = 0;
    for (at, letter) in rest.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(start..start + at),
            ')' => depth -= 1,
            space if space.is_whitespace() => return Some(start..start + at),
            _ => {}
        }
    }
    None
}

/// An element's tag with changed addresses.
fn tag(text: &str, change: &impl Fn(&str, bool) -> Option<String>) -> String {
    let mut result = text.to_owned();
    for (name, image) in [("src", true), ("href", false)] {
        for quote in ['"', '\''] {
            let start = format!("{name}={quote}");
            let found = result.find(&start).filter(|at| result[..*at].ends_with(char::is_whitespace));
            if let Some(at) = found.map(|at| at + start.len())
                && let Some(length) = result[at..].find(quote)
            {
                let new = changed(&result[at..at + length], image, change);
                result.replace_range(at..at + length, &new);
            }
        }
    }
    result
}
