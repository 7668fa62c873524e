//! `RECORD`: a line of comma-separated values a file, its path, `sha256=` with the digest, and its size.

use crate::WheelError;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The digests of a wheel's files by path; `None` for files that have none, as `RECORD` itself.
pub(crate) type Record = BTreeMap<String, Option<Vec<u8>>>;

/// Reads the text of the file named `file`.
pub(crate) fn parse(file: &str, text: &str) -> Result<Record, WheelError> {
    let mut record = Record::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let malformed = |why: &str| WheelError::Malformed { file: file.to_owned(), why: format!("{why}: {line}") };
        let (path, rest) = field(line).ok_or_else(|| malformed("a quote is not closed"))?;
        let digest = rest.split(',').next().unwrap_or_default();
        let digest = match digest.split_once('=') {
            None if digest.is_empty() => None,
            Some(("sha256", text)) => {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
                Some(bytes.map_err(|_| malformed("the digest is no base64"))?)
            }
            _ => return Err(malformed("the digest is not a sha256")),
        };
        if record.insert(path, digest).is_some() {
            return Err(malformed("the path comes twice"));
        }
    }
    Ok(record)
}

/// The first value of a line, and what comes behind its comma.
fn field(line: &str) -> Option<(String, &str)> {
    let Some(quoted) = line.strip_prefix('"') else {
        let (path, rest) = line.split_once(',').unwrap_or((line, ""));
        return Some((path.to_owned(), rest));
    };
    let mut path = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        path.push_str(before);
        match after.strip_prefix('"') {
            // Two quotes are one of the path's own.
            Some(more) => {
                path.push('"');
                rest = more;
            }
            None => return Some((path, after.strip_prefix(',').unwrap_or(after))),
        }
    }
}

/// The line of a file.
pub(crate) fn line(path: &str, content: &[u8]) -> String {
    let digest = BASE64URL_NOPAD.encode(&Sha256::digest(content));
    format!("{},sha256={digest},{}\n", quoted(path), content.len())
}

/// The line of a file whose digest is not told.
pub(crate) fn bare_line(path: &str) -> String {
    format!("{},,\n", quoted(path))
}

fn quoted(path: &str) -> String {
    if path.contains([',', '"']) { format!("\"{}\"", path.replace('"', "\"\"")) } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = format!("{}{}", line("a,\"b\".py", b"x"), bare_line("d/RECORD"));
        let record = parse("RECORD", &text).unwrap();
        assert_eq!(record["a,\"b\".py"].as_deref(), Some(&*Sha256::digest(b"x").to_vec()));
        assert_eq!(record["d/RECORD"], None);
    }

    #[test]
    fn what_is_malformed_is_told() {
        for (text, word) in
            [("\"a,sha256=,1", "quote"), ("a,md5=x,1", "sha256"), ("a,sha256=!,1", "base64"), ("a,,\na,,", "twice")]
        {
            let error = parse("d/RECORD", text).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("d/RECORD"), "{error}");
        }
    }
}
