use crate::{DebError, Stanza, StanzaReader};
use sage_oci_names::{DebVersion, PackageName, Sha256, SourceName};
use sage_oci_tree::ImagePath;
use std::io::BufRead;

/// How a package stands to its copies for other architectures (`Multi-Arch`, Debian policy 5.6.32).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MultiArch {
    /// Satisfies dependencies of its own architecture only.
    #[default]
    No,
    /// May be installed for several architectures at once.
    Same,
    /// Satisfies dependencies of any architecture.
    Foreign,
    /// Satisfies dependencies of any architecture that ask for it with `:any`.
    Allowed,
}

/// One package of a `Packages` index.
///
/// Relation fields are the raw text, empty where the field is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field that is not explained is the field of the same name, Debian policy 5")]
pub struct IndexEntry {
    pub name: PackageName,
    pub version: DebVersion,
    /// Debian's word for the architecture; `all` among them.
    pub architecture: String,
    /// The source package; the package's own name where no `Source` field stands.
    pub source: SourceName,
    /// The source's version; the package's own where none stands in parentheses.
    pub source_version: DebVersion,
    /// The digest of the .deb file.
    pub sha256: Sha256,
    /// The size of the .deb file in bytes.
    pub size: u64,
    /// The estimate of the unpacked size in KiB.
    pub installed_size: Option<u64>,
    /// The path of the .deb file below the mirror's root; relative, without `..`.
    pub filename: String,
    pub essential: bool,
    pub important: bool,
    pub protected: bool,
    pub multi_arch: MultiArch,
    pub priority: String,
    pub section: String,
    pub pre_depends: String,
    pub depends: String,
    pub recommends: String,
    pub provides: String,
    pub conflicts: String,
    pub breaks: String,
    pub replaces: String,
}

impl IndexEntry {
    /// Reads the typed fields of a stanza.
    pub fn from_stanza(stanza: &Stanza) -> Result<Self, DebError> {
        let fields = Fields { stanza };
        let text = |field| stanza.get(field).unwrap_or_default().to_owned();
        let name: PackageName = fields.parse("Package", fields.required("Package")?)?;
        let version: DebVersion = fields.parse("Version", fields.required("Version")?)?;
        let (source, source_version) = match stanza.get("Source") {
            None => (fields.parse("Source", name.as_str())?, version.clone()),
            Some(text) => match text.split_once(char::is_whitespace) {
                None => (fields.parse("Source", text)?, version.clone()),
                Some((source, rest)) => {
                    let inner = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
                    let inner = inner.ok_or_else(|| fields.wrong("Source", "has no version in parentheses".into()))?;
                    (fields.parse("Source", source)?, fields.parse("Source", inner.trim())?)
                }
            },
        };
        let filename = fields.required("Filename")?;
        // What leads out of an image would lead out of the mirror's root.
        ImagePath::relative(filename)
            .map_err(|why| fields.wrong("Filename", format!("is not a path in the mirror: {why}")))?;
        let multi_arch = match stanza.get("Multi-Arch") {
            None | Some("no") => MultiArch::No,
            Some("same") => MultiArch::Same,
            Some("foreign") => MultiArch::Foreign,
            Some("allowed") => MultiArch::Allowed,
            Some(other) => return Err(fields.wrong("Multi-Arch", format!("is `{other}`, which is not known"))),
        };
        Ok(Self {
            architecture: fields.required("Architecture")?.to_owned(),
            sha256: fields.parse("SHA256", fields.required("SHA256")?)?,
            size: fields.number("Size", fields.required("Size")?)?,
            installed_size: stanza
                .get("Installed-Size")
                .map(|size| fields.number("Installed-Size", size))
                .transpose()?,
            filename: filename.to_owned(),
            essential: fields.flag("Essential")?,
            important: fields.flag("Important")?,
            protected: fields.flag("Protected")?,
            priority: text("Priority"),
            section: text("Section"),
            pre_depends: text("Pre-Depends"),
            depends: text("Depends"),
            recommends: text("Recommends"),
            provides: text("Provides"),
            conflicts: text("Conflicts"),
            breaks: text("Breaks"),
            replaces: text("Replaces"),
            name,
            version,
            source,
            source_version,
            multi_arch,
        })
    }
}

/// Reads a `Packages` index entry by entry; after an error the iterator ends.
pub fn read_packages<R: BufRead>(reader: R) -> impl Iterator<Item = Result<IndexEntry, DebError>> {
    let mut stanzas = StanzaReader::new(reader);
    let mut failed = false;
    std::iter::from_fn(move || {
        let stanza = if failed { None } else { stanzas.next() };
        let entry = stanza.map(|stanza| stanza.and_then(|stanza| IndexEntry::from_stanza(&stanza)));
        failed = matches!(entry, Some(Err(_)));
        entry
    })
}

/// Typed access to fields, with errors that name the package.
struct Fields<'a> {
    stanza: &'a Stanza,
}

impl<'a> Fields<'a> {
    fn wrong(&self, field: &'static str, why: String) -> DebError {
        let stanza = match self.stanza.get("Package") {
            Some(name) => format!("package {name} {}", self.stanza.get("Version").unwrap_or_default()),
            None => "a package".to_owned(),
        };
        DebError::Field { stanza: stanza.trim_end().to_owned(), field, why }
    }

    fn required(&self, field: &'static str) -> Result<&'a str, DebError> {
        self.stanza.get(field).filter(|value| !value.is_empty()).ok_or_else(|| self.wrong(field, "is missing".into()))
    }

    fn parse<T: std::str::FromStr<Err = sage_oci_names::NameError>>(
        &self,
        field: &'static str,
        text: &str,
    ) -> Result<T, DebError> {
        text.parse().map_err(|error| self.wrong(field, format!("is wrong: {error}")))
    }

    fn number(&self, field: &'static str, text: &str) -> Result<u64, DebError> {
        text.parse().map_err(|_| self.wrong(field, format!("is `{text}`, not a number")))
    }

    fn flag(&self, field: &'static str) -> Result<bool, DebError> {
        match self.stanza.get(field) {
            None | Some("no") => Ok(false),
            Some("yes") => Ok(true),
            Some(other) => Err(self.wrong(field, format!("is `{other}`, neither yes nor no"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(extra: &str) -> String {
        let digest = "ab".repeat(32);
        format!(
            "Package: libx1\nVersion: 1.2-3+b1\nArchitecture: amd64\nFilename: pool/main/x/libx1.deb\nSize: 10\nSHA256: {digest}\n{extra}"
        )
    }

    fn entry(extra: &str) -> Result<IndexEntry, DebError> {
        read_packages(text(extra).as_bytes()).next().unwrap()
    }

    #[test]
    fn defaults_and_values() {
        let plain = entry("").unwrap();
        assert_eq!((plain.source.as_str(), plain.source_version.as_str()), ("libx1", "1.2-3+b1"));
        assert_eq!((plain.essential, plain.multi_arch, plain.installed_size), (false, MultiArch::No, None));
        let full =
            entry("Source: xorg (1.2-3)\nEssential: yes\nMulti-Arch: same\nInstalled-Size: 7\nDepends: a,\n b\n")
                .unwrap();
        assert_eq!((full.source.as_str(), full.source_version.as_str()), ("xorg", "1.2-3"));
        assert_eq!((full.essential, full.multi_arch, full.installed_size), (true, MultiArch::Same, Some(7)));
        assert_eq!(full.depends, "a,\n b");
        assert_eq!(entry("Source: xorg\n").unwrap().source_version.as_str(), "1.2-3+b1");
    }

    #[test]
    fn errors_name_package_and_field() {
        for (extra, field) in [
            ("Source: xorg 1.2\n", "Source"),
            ("Essential: maybe\n", "Essential"),
            ("Multi-Arch: some\n", "Multi-Arch"),
            ("Installed-Size: -1\n", "Installed-Size"),
        ] {
            let message = entry(extra).unwrap_err().to_string();
            assert!(message.contains("libx1 1.2-3+b1") && message.contains(field), "{message}");
        }
        let outside = text("").replace("pool/", "../");
        assert!(read_packages(outside.as_bytes()).next().unwrap().is_err());
        let nameless = text("").replace("Package: libx1\n", "");
        let mut entries = read_packages(nameless.as_bytes());
        assert!(entries.next().unwrap().is_err() && entries.next().is_none());
    }
}
