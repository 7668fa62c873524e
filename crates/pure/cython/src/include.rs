use std::borrow::Cow;

/// The names in a C source's `#include` lines; those in angle brackets keep them. A line counts wherever it stands, also
/// in a comment or behind an `#if`: what decides about that is not known here.
pub(crate) fn included(source: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    source.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.trim_ascii().strip_prefix(b"#")?.trim_ascii_start();
        let line = line.strip_prefix(b"include")?.trim_ascii_start();
        let (name, close) = match line.first()? {
            b'"' => (&line[1..], b'"'),
            b'<' => (line, b'>'),
            _ => return None,
        };
        let length = name.iter().position(|byte| *byte == close)?;
        Some(String::from_utf8_lossy(if close == b'>' { &name[..=length] } else { &name[..length] }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_include() {
        let source = b"#include \"a.h\"\n  #  include <sys/b.h> // c\n#include MACRO\nint include;\n#include\"d/e.c\"\r\n#include <open";
        assert_eq!(included(source).collect::<Vec<_>>(), ["a.h", "<sys/b.h>", "d/e.c"]);
    }
}
