use crate::SignatureError;

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// A clear-signed file taken apart (RFC 9580, section 7).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Framed<'a> {
    /// The lines that were signed: dash-escaping undone, blanks at line ends (which no signature covers) removed.
    pub(crate) lines: Vec<&'a str>,
    /// The armoured signatures, from their first to their last line.
    pub(crate) armor: &'a str,
}

impl Framed<'_> {
    /// The bytes under the signature: lines joined by CR LF, without one at the end.
    pub(crate) fn signed_bytes(&self) -> Vec<u8> {
        self.lines.join("\r\n").into_bytes()
    }

    /// The text for the reader: every line ends in a newline.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line, "\n"]).collect()
    }
}

/// Takes a file apart that is exactly one clear-signed block.
///
/// Stricter than the RFC asks: nothing may stand before or after the block, an unescaped dash at the start of a line is
/// refused, and so are carriage returns, which implementations treat differently.
pub(crate) fn take_apart(bytes: &[u8]) -> Result<Framed<'_>, SignatureError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        SignatureError::Framework { line, why: "it is not UTF-8" }
    })?;
    let mut rest = text;
    let mut number = 0;
    let mut next = || -> Result<(usize, &str, usize), SignatureError> {
        let start = text.len() - rest.len();
        number += 1;
        let (line, after) = rest
            .split_once('\n')
            .ok_or(SignatureError::Framework { line: number, why: "the file ends before the block does" })?;
        if line.contains(['\r', '\0']) {
            return Err(SignatureError::Framework { line: number, why: "it holds a control character" });
        }
        rest = after;
        Ok((number, line, start))
    };

    let fail = |line, why| Err(SignatureError::Framework { line, why });
    if let (line, first, _) = next()?
        && first != BEGIN
    {
        return fail(line, "it does not begin with the mark of a signed message");
    }
    loop {
        match next()? {
            (_, "", _) => break,
            // What it announces is found in the signatures anyway.
            (_, line, _) if line.starts_with("Hash: ") => {}
            (line, _, _) => return fail(line, "only `Hash` headers may stand above the text"),
        }
    }
    let mut lines = Vec::new();
    let start = loop {
        let (number, line, start) = next()?;
        if line == SIGNATURE {
            break start;
        }
        let plain = match line.strip_prefix("- ") {
            Some(plain) => plain,
            None if line.starts_with('-') => return fail(number, "a line begins with an unescaped dash"),
            None => line,
        };
        lines.push(plain.trim_end_matches([' ', '\t']));
    };
    let (end, last) = loop {
        match next()? {
            (number, END, start) => break (start + END.len(), number),
            (line, text, _) if text.starts_with('-') => return fail(line, "another block begins inside the signature"),
            _ => {}
        }
    };
    if end + 1 != text.len() {
        return fail(last + 1, "text follows the block");
    }
    Ok(Framed { lines, armor: &text[start..end + 1] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nA: 1 \t\n- -dash\n\n- - x\n-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n";

    #[test]
    fn a_good_file_comes_apart() {
        let framed = take_apart(GOOD.as_bytes()).unwrap();
        assert_eq!(framed.signed_bytes(), b"A: 1\r\n-dash\r\n\r\n- x");
        assert_eq!(framed.text(), "A: 1\n-dash\n\n- x\n");
        assert_eq!(framed.armor, "-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n");
    }

    #[test]
    fn whatever_is_outside_or_odd_is_refused() {
        for (from, to, line) in [
            ("-----BEGIN PGP SIGNED", "Suite: evil\n-----BEGIN PGP SIGNED", 1),
            ("-----BEGIN PGP SIGNED", "\n-----BEGIN PGP SIGNED", 1),
            ("Hash: SHA512", "Suite: evil", 2),
            ("Hash: SHA512", "Hash: SHA512\r", 2),
            ("- -dash", "-dash", 5),
            ("A: 1", "A: 1\rB: 2", 4),
            ("abcd\n", "abcd\n-----BEGIN PGP SIGNED MESSAGE-----\n", 11),
            ("END PGP SIGNATURE-----\n", "END PGP SIGNATURE-----\nSuite: evil\n", 12),
            ("END PGP SIGNATURE-----\n", "END PGP SIGNATURE-----\n\n", 12),
            ("END PGP SIGNATURE-----\n", "END PGP SIGNATURE-----", 11),
        ] {
            let bad = GOOD.replace(from, to);
            assert_ne!(bad, GOOD);
            match take_apart(bad.as_bytes()) {
                Err(SignatureError::Framework { line: found, .. }) => assert_eq!(found, line, "{to:?}"),
                other => panic!("{to:?}: {other:?}"),
            }
        }
        assert!(matches!(take_apart(b"a\n\xff"), Err(SignatureError::Framework { line: 2, .. })));
    }

    #[test]
    fn every_cut_is_refused() {
        for cut in 0..GOOD.len() {
            assert!(take_apart(&GOOD.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone(lines in prop::collection::vec("[-a ]{0,5}[-a]|", 0..5)) {
            let escaped: String = lines.iter().map(|line| {
                if line.starts_with('-') { format!("- {line}\n") } else { format!("{line}\n") }
            }).collect();
            let file = format!("{BEGIN}\n\n{escaped}{SIGNATURE}\n{END}\n");
            let framed = take_apart(file.as_bytes()).unwrap();
            prop_assert_eq!(framed.lines, lines);
        }
    }
}
