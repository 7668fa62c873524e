//! Foreign text in GitHub-flavoured Markdown: it can neither become markup nor leave its place.

/// The longest piece of foreign text within a line, in bytes.
const LONGEST: usize = 600;

/// Text without control characters, escape sequences of terminals and marks that turn its direction; lines and tabs stay.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.peek() == Some(&'[') => {
                // CSI: parameters, then one letter or mark (ECMA-48, 5.4).
                rest.next();
                while rest.next_if(|c| matches!(c, ' '..='?')).is_some() {}
                rest.next_if(|c| matches!(c, '@'..='~'));
            }
            '\u{1b}' if rest.peek() == Some(&']') => {
                // OSC: until BEL or ST; within the line, lest one that never ends swallow all.
                while rest.next_if(|c| !matches!(c, '\u{7}' | '\u{1b}' | '\n')).is_some() {}
                if rest.next_if_eq(&'\u{1b}').is_some() {
                    rest.next_if_eq(&'\\');
                }
            }
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' => clean.push('\n'),
            '\n' | '\t' => clean.push(c),
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            _ if c.is_control() => {}
            _ => clean.push(c),
        }
    }
    clean
}

/// At most that many bytes of a text, with a mark where it was cut.
pub(crate) fn clip(text: &str, bytes: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= bytes {
        return text.to_owned();
    }
    format!("{}{MARK}", &text[..text.floor_char_boundary(bytes.saturating_sub(MARK.len()))])
}

/// One line of clean text.
pub(crate) fn line(text: &str) -> String {
    let text = clip(text, 4 * LONGEST);
    clip(&clean(&text).split_whitespace().collect::<Vec<_>>().join(" "), LONGEST)
}

/// A text as code, in a line; not for a cell of a table, where a `|` would end it.
pub(crate) fn code(text: &str) -> String {
    code_line(&line(text))
}

fn code_line(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let marks = "`".repeat(longest_run(text) + 1);
    // One space at both ends is taken off again, and keeps marks of the text apart from ours.
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{marks}{space}{text}{space}{marks}")
}

/// A sentence, at the beginning of a line or of a list's item or after words; what it has between backticks is code.
pub(crate) fn prose(text: &str) -> String {
    let text = line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let pairs = (parts.len() - 1) / 2 * 2;
    let mut prose = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > pairs {
            prose.push_str("\\`");
        }
        if at < pairs && at % 2 == 1 {
            prose.push_str(&code_line(part));
        } else {
            escape(&mut prose, part);
        }
    }
    prose
}

/// Escapes what could be markup (CommonMark 2.4), or that GitHub takes for a link or a formula.
fn escape(into: &mut String, text: &str) {
    let begins = into.is_empty();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_link = |at: usize| text[at..].starts_with("://") || text[..at].to_ascii_lowercase().ends_with("www");
    for (at, c) in text.char_indices() {
        let special = match c {
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '!' | '$' => true,
            '#' | '+' | '-' | '=' => begins && at == 0,
            '.' | ')' if begins && at == digits => true,
            ':' | '.' => is_link(at),
            _ => false,
        };
        if special {
            into.push('\\');
        }
        into.push(c);
    }
}

/// A block of code, whatever the text holds.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let text = clean(text);
    let text = text.trim_end_matches('\n');
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// The longest row of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_obey_is_gone() {
        let text = "\u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7}a\r\nb\rc\u{8}\0\u{202e}d\te\u{1b}";
        assert_eq!(clean(text), "red a\nb\ncd\te");
        assert_eq!(clean("\u{1b}]8;;never ends\nnext"), "\nnext");
    }

    #[test]
    fn code_holds_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("\u{1b}[m"), "");
        assert_eq!(fenced("", "a\n````\nb\n"), "`````\na\n````\nb\n`````\n");
    }

    #[test]
    fn sentences_keep_their_code_and_lose_their_markup() {
        assert_eq!(prose("`main` is <b>not</b> *it*"), "`main` is \\<b\\>not\\</b\\> \\*it\\*");
        assert_eq!(prose("a ` b"), "a \\` b");
        assert_eq!(prose("`a` b ` c"), "`a` b \\` c");
        assert_eq!(prose("``"), "");
        assert_eq!(prose("# a\n\n- b"), "\\# a - b");
        assert_eq!(prose("1. x"), "1\\. x");
        assert_eq!(prose("10.10 is http://x www.y"), "10\\.10 is http\\://x www\\.y");
        assert_eq!(prose("[x](javascript:y) &lt; $a$"), "\\[x\\](javascript:y) \\&lt; \\$a\\$");
    }

    #[test]
    fn long_text_is_clipped_between_characters() {
        assert_eq!(clip("äöü", 5), "ä…");
        assert_eq!(clip("äöü", 6), "äöü");
        assert!(line(&"ä".repeat(10_000)).len() <= LONGEST);
    }
}
