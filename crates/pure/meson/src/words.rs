//! The small words of ninja's language: escapes, variables, and what a shell makes of a command.

/// Puts values in the place of variables and takes escapes away.
///
/// `$ `, `$:` and `$$` are the characters themselves; `$name` and `${name}` are variables (ninja manual, "Lexical syntax").
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn evaluate(text: &str, value: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        match rest.chars().next() {
            Some(c @ (' ' | ':' | '$')) => {
                out.push(c);
                rest = &rest[1..];
            }
            Some('{') => {
                let end = rest.find('}').ok_or("`${` without `}`")?;
                out.push_str(&value(&rest[1..end])?);
                rest = &rest[end + 1..];
            }
            Some(c) if is_name(c) => {
                let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                out.push_str(&value(&rest[..end])?);
                rest = &rest[end..];
            }
            _ => return Err("`$` before something that is neither an escape nor a variable".to_owned()),
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The words of a list of paths: split at spaces that are not escaped, escapes still in them. `|`, `||` and `:` stand alone.
pub(crate) fn paths(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars();
    let mut finish = |word: &mut String| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '$' => {
                word.push(c);
                word.extend(chars.next());
            }
            ' ' => finish(&mut word),
            ':' => {
                finish(&mut word);
                word.push(':');
                finish(&mut word);
            }
            c => word.push(c),
        }
    }
    finish(&mut word);
    words
}

/// A path as one word of a shell's command line.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+-./,=@%".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// The words that a shell makes of a command line, as far as meson quotes: spaces, `'…'`, `"…"` and `\`.
pub(crate) fn shell_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_variables() {
        let mut value = |name: &str| if name == "x" { Ok("1".to_owned()) } else { Err(format!("no {name}")) };
        assert_eq!(evaluate("a$ b$:$$ $x ${x}y", &mut value), Ok("a b:$ 1 1y".to_owned()));
        for (text, why) in [("$", "`$` before"), ("$!", "`$` before"), ("${x", "without `}`"), ("$y", "no y")] {
            assert!(evaluate(text, &mut value).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn lists_of_paths() {
        assert_eq!(paths("a$ b c$:d: r e | f || g"), ["a$ b", "c$:d", ":", "r", "e", "|", "f", "||", "g"]);
    }

    #[test]
    fn words_of_a_shell() {
        assert_eq!(shell_words(r#"cc '-X a=b' -I"x y" \$z ''"#), ["cc", "-X a=b", "-Ix y", "$z", ""]);
        assert_eq!(quoted("a/b.c"), "a/b.c");
        assert_eq!(shell_words(&quoted("it's $x")), ["it's $x"]);
    }
}
