use sage_oci_ldcache::ElfFacts;
use sage_oci_names::{PackageName, Sha256};
use sage_oci_tree::ImagePath;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// The format this program writes, and the newest it reads.
const FORMAT: u32 = 1;
/// Fast, and small enough: the list is a thousandth of its layer.
const LEVEL: i32 = 3;
/// The longest list that is believed, in bytes; the largest layer measured has 20 MB.
const LIMIT: u64 = 1 << 30;

/// What is in a layer, kept beside it so that later steps need not unpack it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The version of this format.
    pub format: u32,
    /// What the layer holds, in its order.
    pub entries: Vec<ContentEntry>,
    /// The shared objects among the files, for `ld.so.cache`.
    #[serde(default)]
    pub libraries: Vec<Library>,
    /// The records of the packages unpacked here, for dpkg's database.
    #[serde(default)]
    pub stanzas: Vec<PackageRecord>,
}

/// What an entry is: the words of this format. In memory it is a [`Kind`](sage_oci_tree::Kind), once removals and hard links are
/// resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink,
    /// Another name of an earlier file.
    Hardlink,
    /// The removal of a lower layer's path.
    Whiteout,
}

/// One path of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentEntry {
    /// The path.
    pub path: ImagePath,
    /// What it is.
    pub kind: ContentKind,
    /// Permissions, twelve bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The length of a file in bytes; 0 for all else.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub size: u64,
    /// The digest of a file's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Where a link leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The package that brought it; none for generated files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageName>,
}

/// A shared object and what `ldconfig` would ask of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// The path.
    pub path: ImagePath,
    /// What its headers say.
    pub facts: ElfFacts,
}

/// What dpkg's database records of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageRecord {
    /// The package.
    pub package: PackageName,
    /// The text of its control stanza.
    pub control: String,
    /// Its configuration files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conffiles: Vec<Conffile>,
    /// The text of its `triggers` file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<String>,
}

/// A configuration file as dpkg records it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Conffile {
    /// Its absolute path, as `/etc/x`.
    pub path: String,
    /// The MD5 of the bytes the package shipped, in hexadecimal.
    pub md5: String,
}

/// Why a list of contents could not be written or read.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ContentsError {
    /// The bytes could not be read, written or decompressed.
    #[error("cannot read or write a layer's list of contents")]
    Io(#[from] io::Error),
    /// The text is not a list of contents.
    #[error("this is no list of a layer's contents")]
    #[hint("build the layer again")]
    Json(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("the list of contents has format {found}, but this program knows formats up to {known}")]
    #[hint("use the version of sage-oci that wrote the layer, or a newer one")]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The newest format known.
        known: u32,
    },
    /// It is longer than any list can be.
    #[error("the list of contents is longer than {limit} bytes")]
    #[hint("build the layer again")]
    TooLong {
        /// The longest that is read.
        limit: u64,
    },
}

/// The one field every format has.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

impl Contents {
    /// An empty list in the present format.
    pub fn new() -> Self {
        Self { format: FORMAT, entries: Vec::new(), libraries: Vec::new(), stanzas: Vec::new() }
    }

    /// Writes the list as zstd-compressed JSON; the same list gives the same bytes.
    pub fn write(&self, out: impl Write) -> Result<(), ContentsError> {
        let mut encoder = zstd::stream::write::Encoder::new(out, LEVEL)?;
        serde_json::to_writer(&mut encoder, self)?;
        encoder.finish()?.flush()?;
        Ok(())
    }

    /// Reads a list that [`write`](Self::write) wrote, of this format or an older one.
    pub fn read(source: impl Read) -> Result<Self, ContentsError> {
        let mut text = Vec::new();
        zstd::stream::read::Decoder::new(source)?.take(LIMIT + 1).read_to_end(&mut text)?;
        if text.len() as u64 > LIMIT {
            return Err(ContentsError::TooLong { limit: LIMIT });
        }
        let AnyFormat { format } = serde_json::from_slice(&text)?;
        if format > FORMAT {
            return Err(ContentsError::NewerFormat { found: format, known: FORMAT });
        }
        Ok(serde_json::from_slice(&text)?)
    }
}

impl Default for Contents {
    fn default() -> Self {
        Self::new()
    }
}

fn is_zero(size: &u64) -> bool {
    *size == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Contents {
        let package = PackageName::parse("libx1").unwrap();
        Contents {
            entries: vec![ContentEntry {
                path: ImagePath::parse("usr/lib/libx.so.1").unwrap(),
                kind: ContentKind::File,
                mode: 0o644,
                uid: 0,
                gid: 0,
                size: 3,
                sha256: Some(Sha256::new([7; 32])),
                target: None,
                package: Some(package.clone()),
            }],
            stanzas: vec![PackageRecord {
                package,
                control: "Package: libx1\n".to_owned(),
                conffiles: vec![Conffile { path: "/etc/x".to_owned(), md5: "0".repeat(32) }],
                triggers: None,
            }],
            ..Contents::new()
        }
    }

    #[test]
    fn round_trip_and_golden_text() {
        let mut bytes = Vec::new();
        sample().write(&mut bytes).unwrap();
        assert_eq!(Contents::read(&bytes[..]).unwrap(), sample());
        let text = zstd::decode_all(&bytes[..]).unwrap();
        let golden = format!(
            r#"{{"format":1,"entries":[{{"path":"usr/lib/libx.so.1","kind":"file","mode":420,"uid":0,"gid":0,"size":3,"sha256":"{}","package":"libx1"}}],"libraries":[],"stanzas":[{{"package":"libx1","control":"Package: libx1\n","conffiles":[{{"path":"/etc/x","md5":"{}"}}]}}]}}"#,
            "07".repeat(32),
            "0".repeat(32)
        );
        assert_eq!(String::from_utf8(text).unwrap(), golden);
    }

    #[test]
    fn a_newer_format_is_told_apart_from_rubbish() {
        let read = |text: &[u8]| Contents::read(&zstd::encode_all(text, 1).unwrap()[..]);
        let newer = read(br#"{"format":2,"entries":"of another shape"}"#);
        assert!(matches!(newer, Err(ContentsError::NewerFormat { found: 2, known: 1 })));
        assert!(matches!(read(b"{}"), Err(ContentsError::Json(_))));
        assert!(matches!(Contents::read(&b"not zstd"[..]), Err(ContentsError::Io(_))));
    }
}
