//! Where a text of Markdown can be cut.

/// Elements of HTML whose content may have empty lines.
const ELEMENTS: [&str; 6] = ["details", "div", "dl", "ol", "table", "ul"];

/// What a line is, as far as it matters to a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Empty,
    /// `# Heading`.
    Heading,
    /// Within a block of code, its fences included.
    Code,
    Text,
}

/// A text's lines, each with its place.
pub(super) struct Blocks<'a> {
    lines: Vec<(usize, &'a str, Line)>,
}

impl<'a> Blocks<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut fence: Option<(char, usize)> = None;
        let mut place = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let kind = match (fence, fence_of(line)) {
                (Some((mark, length)), Some((other, long, closes))) if mark == other && long >= length && closes => {
                    fence = None;
                    Line::Code
                }
                (Some(_), _) => Line::Code,
                (None, Some((mark, length, _))) => {
                    fence = Some((mark, length));
                    Line::Code
                }
                (None, None) if line.trim().is_empty() => Line::Empty,
                (None, None) if is_heading(line) => Line::Heading,
                (None, None) => Line::Text,
            };
            lines.push((place, line, kind));
            place += line.len();
        }
        Self { lines }
    }

    /// The lines that are no code, with their places.
    pub(super) fn prose(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.lines.iter().filter(|(_, _, kind)| *kind != Line::Code).map(|(place, line, _)| (*place, *line))
    }

    /// The places at which the text can be cut, from its start on: before a heading, or before what begins a line after an empty
    /// one; what is indented belongs to a list's item or is code.
    pub(super) fn cuts(&self) -> Vec<usize> {
        let mut cuts = vec![0];
        let (mut open, mut comment) = (0_i32, false);
        let mut before: Option<Line> = None;
        let mut empty = false;
        for (place, line, kind) in &self.lines {
            let is_start = match kind {
                Line::Heading => true,
                Line::Text => empty && !line.starts_with([' ', '\t']),
                // The first line of a block; the others follow code.
                Line::Code => empty && before != Some(Line::Code) && !line.starts_with([' ', '\t']),
                Line::Empty => false,
            };
            if is_start && open <= 0 && !comment && *place > 0 && before != Some(Line::Heading) {
                cuts.push(*place);
            }
            if *kind != Line::Code {
                open += nesting(line);
                comment = match (line.rfind("<!--"), line.rfind("-->")) {
                    (Some(start), Some(end)) => start > end,
                    (Some(_), None) => true,
                    (None, Some(_)) => false,
                    (None, None) => comment,
                };
            }
            empty = *kind == Line::Empty;
            if !empty {
                before = Some(*kind);
            }
        }
        cuts
    }
}

/// The mark of a fence, its length, and whether it can close a block: nothing stands behind it.
fn fence_of(line: &str) -> Option<(char, usize, bool)> {
    // In a list's item it is indented, in a quotation behind a mark.
    let line = line.trim_start_matches([' ', '\t', '>']);
    let mark = line.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    // A line with backticks behind the fence is code within a line.
    (length >= 3 && !(mark == '`' && rest.contains('`'))).then(|| (mark, length, rest.trim().is_empty()))
}

fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    (1..=6).contains(&(line.len() - rest.len())) && (rest.trim().is_empty() || rest.starts_with([' ', '\t']))
}

/// How many more elements a line opens than it closes.
fn nesting(line: &str) -> i32 {
    let line = line.to_ascii_lowercase();
    let count = |start: &str| {
        line.match_indices(start)
            .filter(|(at, _)| !line[at + start.len()..].starts_with(|next: char| next.is_ascii_alphanumeric()))
            .count()
    };
    let sum = |start: &str| ELEMENTS.iter().map(|name| count(&format!("{start}{name}"))).sum::<usize>();
    i32::try_from(sum("<")).unwrap_or(0) - i32::try_from(sum("</")).unwrap_or(0)
}
