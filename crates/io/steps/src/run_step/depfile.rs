/// The files that a list of dependencies names, in order: what stands behind the colon of each rule.
///
/// The form is make's, as compilers write it: words parted by blanks, a line goes on behind a backslash at its end, a
/// blank or `#` of a name has a backslash before it, a dollar sign is doubled (GCC, `libcpp/mkdeps.cc`). Rules without
/// dependencies, which `-MP` adds, name nothing.
pub(super) fn dependencies(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Only names behind the rule's colon count.
    let (mut word, mut behind) = (String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('\n')) => {
                characters.next();
                end(&mut word, behind, &mut found);
            }
            ('\\', Some(&next @ (' ' | '\t' | '#'))) | ('$', Some(&next @ '$')) => {
                characters.next();
                word.push(next);
            }
            ('\n', _) => {
                end(&mut word, behind, &mut found);
                behind = false;
            }
            (' ' | '\t' | '\r', _) => end(&mut word, behind, &mut found),
            (':', None | Some(' ' | '\t' | '\n' | '\r' | '\\')) if !behind => {
                word.clear();
                behind = true;
            }
            _ => word.push(character),
        }
    }
    end(&mut word, behind, &mut found);
    found
}

fn end(word: &mut String, behind: bool, found: &mut Vec<String>) {
    let word = std::mem::take(word);
    if behind && !word.is_empty() {
        found.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_behind_the_colon_count() {
        let text = "out/a.c: a.pyx \\\n  b.pxd\\\n /build/c\\ d.pxi x$$y.h \\#z\n\nb.pxd:\nother : e.h \\\r\n";
        assert_eq!(dependencies(text), ["a.pyx", "b.pxd", "/build/c d.pxi", "x$y.h", "#z", "e.h", "\\"]);
    }

    #[test]
    fn odd_texts_are_no_surprise() {
        assert_eq!(dependencies(""), [""; 0]);
        assert_eq!(dependencies("no rule at all"), [""; 0]);
        assert_eq!(dependencies("a:\\\nb"), ["b"]);
        assert_eq!(dependencies("c:/x.o: c:/y.h"), ["c:/y.h"]);
        assert_eq!(dependencies("a: b\\c \\"), ["b\\c", "\\"]);
    }
}
