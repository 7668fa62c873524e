use crate::{DebError, Stanza};
use sage_oci_names::Sha256;
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;

/// The size and digest of one index file, as the Release file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexFile {
    /// The digest of the file.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
}

/// A suite's Release file (Debian wiki, "RepositoryFormat"), the root of the hash chain.
///
/// It says what the suite holds; whether to believe it is the signature's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// `Suite`, such as `unstable`; empty where none is written.
    pub suite: String,
    /// `Codename`, such as `sid`; empty where none is written.
    pub codename: String,
    /// `Version` of a stable release, such as `12.12`.
    pub version: Option<String>,
    /// When it was made, in seconds since 1970, UTC.
    pub date: i64,
    /// After this moment it should no longer be believed, in seconds since 1970, UTC.
    pub valid_until: Option<i64>,
    /// Whether index files also lie under `by-hash/SHA256/`.
    pub acquire_by_hash: bool,
    /// The architectures, in the file's order; `all` may be among them.
    pub architectures: Vec<String>,
    /// The components, in the file's order.
    pub components: Vec<String>,
    /// The index files by their path below the suite's folder; paths are relative and hold no `..`.
    pub files: BTreeMap<String, IndexFile>,
}

impl Release {
    /// Parses the text of a Release file, or the text inside an InRelease file.
    pub fn parse(text: &str) -> Result<Self, DebError> {
        let stanzas = Stanza::parse_all(text.as_bytes())?;
        let [stanza] = &stanzas[..] else {
            return Err(wrong("Date", format!("is in {} stanzas where one must be", stanzas.len())));
        };
        let words = |field| stanza.get(field).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let text = |field| stanza.get(field).unwrap_or_default().to_owned();
        let date = stanza.get("Date").ok_or_else(|| wrong("Date", "is missing".into()))?;
        Ok(Self {
            suite: text("Suite"),
            codename: text("Codename"),
            version: stanza.get("Version").map(str::to_owned),
            date: seconds("Date", date)?,
            valid_until: stanza.get("Valid-Until").map(|date| seconds("Valid-Until", date)).transpose()?,
            acquire_by_hash: stanza.get("Acquire-By-Hash") == Some("yes"),
            architectures: words("Architectures"),
            components: words("Components"),
            files: files(stanza)?,
        })
    }

    /// The path of a file under its digest, `<folder>/by-hash/SHA256/<digest>`, if the file is listed.
    pub fn by_hash_path(&self, path: &str) -> Option<String> {
        let digest = self.files.get(path)?.sha256;
        let folder = path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        Some(format!("{folder}by-hash/SHA256/{digest}"))
    }
}

fn wrong(field: &'static str, why: String) -> DebError {
    DebError::Field { stanza: "Release".to_owned(), field, why }
}

fn seconds(field: &'static str, text: &str) -> Result<i64, DebError> {
    // RFC 2822 in UTC is the only form that the format allows; jiff takes an unknown zone for UTC, so look first.
    let utc = ["UTC", "GMT", "Z", "+0000"].iter().find_map(|zone| text.strip_suffix(zone));
    let stamp = utc.and_then(|start| jiff::fmt::rfc2822::parse(&format!("{}+0000", start)).ok());
    stamp
        .map(|zoned| zoned.timestamp().as_second())
        .ok_or_else(|| wrong(field, format!("is `{text}`, not a date in UTC such as `Sat, 10 Jan 2026 08:00:00 UTC`")))
}

fn files(stanza: &Stanza) -> Result<BTreeMap<String, IndexFile>, DebError> {
    let mut files = BTreeMap::new();
    for line in stanza.lines("SHA256") {
        let fail = |why: &str| wrong("SHA256", format!("has the line `{line}`: {why}"));
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [digest, size, path] = words[..] else {
            return Err(fail("digest, size and path must be there"));
        };
        let sha256 = Sha256::parse(digest).map_err(|error| fail(&error.to_string()))?;
        let size = size.parse().map_err(|_| fail("the size is not a number"))?;
        ImagePath::relative(path).map_err(|why| fail(&format!("the path is unsafe: {why}")))?;
        if files
            .insert(path.to_owned(), IndexFile { sha256, size })
            .is_some_and(|old| old != IndexFile { sha256, size })
        {
            return Err(fail("the same path stands twice with different contents"));
        }
    }
    if files.is_empty() {
        return Err(wrong("SHA256", "lists no files".into()));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> String {
        let (one, two) = ("ab".repeat(32), "cd".repeat(32));
        format!(
            "Origin: Debian\nSuite: unstable\nCodename: sid\nDate: Fri, 30 Oct 2026 08:21:14 UTC\nValid-Until: Fri,  6 Nov 2026 08:21:14 UTC\n\
             Acquire-By-Hash: yes\nArchitectures: all amd64\nComponents: main contrib\nSHA256:\n {one} 5 main/binary-amd64/Packages\n {two}      77 Top.xz\n"
        )
    }

    #[test]
    fn fields_are_read() {
        let release = Release::parse(&text()).unwrap();
        assert_eq!((release.suite.as_str(), release.codename.as_str(), release.version), ("unstable", "sid", None));
        // date --utc --date='2026-10-30 08:21:14' +%s
        assert_eq!((release.date, release.valid_until), (1_793_348_474, Some(1_793_348_474 + 7 * 86_400)));
        assert_eq!(
            (release.architectures, release.components),
            (vec!["all".into(), "amd64".into()], vec!["main".into(), "contrib".into()])
        );
        assert_eq!(release.files["Top.xz"].size, 77);
        let release = Release::parse(&text()).unwrap();
        let by_hash = format!("main/binary-amd64/by-hash/SHA256/{}", "ab".repeat(32));
        assert_eq!(release.by_hash_path("main/binary-amd64/Packages"), Some(by_hash));
        assert_eq!(release.by_hash_path("Top.xz"), Some(format!("by-hash/SHA256/{}", "cd".repeat(32))));
        assert_eq!(release.by_hash_path("absent"), None);
    }

    #[test]
    fn bad_files_are_refused() {
        for (from, to) in [
            ("Date: Fri, 30 Oct 2026 08:21:14 UTC", "Date: yesterday"),
            ("08:21:14 UTC\nValid", "08:21:14 FOO\nValid"),
            ("08:21:14 UTC\nValid", "08:21:14 +0200\nValid"),
            ("Date:", "Datum:"),
            (" 5 main", " five main"),
            (" 5 main", " 5 ../main"),
            (" 5 main", " main"),
            ("ababab", "ABabab"),
            ("SHA256:", "SHA512:"),
            ("Top.xz", "main/binary-amd64/Packages"),
            ("Suite:", "\nSuite:"),
        ] {
            let bad = text().replace(from, to);
            assert_ne!(bad, text());
            assert!(Release::parse(&bad).is_err(), "{to}");
        }
    }
}
