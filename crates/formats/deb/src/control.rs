use crate::compression::Decoder;
use crate::{Compression, DebError, Stanza};
use sage_oci_tar::{Dialect, TarError, TarReader};
use sage_oci_tree::EntryKind;
use std::collections::BTreeMap;
use std::io::Read;

/// The most bytes a control member may unpack to, unless the caller says otherwise: 64 MiB.
///
/// The largest parts are `md5sums` of packages with very many files; a few MiB.
pub const CONTROL_LIMIT: u64 = 64 << 20;

/// What a data member may unpack to beyond twice the package's `Installed-Size`: headers, padding, rounding.
pub const UNPACKED_SLACK: u64 = 64 << 20;

/// What the data member of a package without `Installed-Size` may unpack to.
pub const UNPACKED_UNSTATED: u64 = 8 << 30;

/// One file of the control member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlFile {
    /// The twelve permission bits; maintainer scripts are executable.
    pub mode: u32,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The files of a package's control member: `control`, `md5sums`, `conffiles`, `postinst`, and so on (deb-src-files(5)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Control {
    /// The files by name, without any folder.
    pub files: BTreeMap<String, ControlFile>,
}

impl Control {
    /// The content of a file, if the package has it.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(|file| &*file.bytes)
    }

    /// The one stanza of the file `control`.
    pub fn stanza(&self) -> Result<Stanza, DebError> {
        let bytes = self.get("control").ok_or(DebError::MissingMember { member: "control" })?;
        let stanzas = Stanza::parse_all(bytes)?;
        match <[Stanza; 1]>::try_from(stanzas) {
            Ok([stanza]) => Ok(stanza),
            Err(stanzas) => Err(DebError::Field {
                stanza: "control".into(),
                field: "Package",
                why: format!("is in {} stanzas where one must be", stanzas.len()),
            }),
        }
    }

    /// The most bytes of tar that the package's data member may unpack to, for [`crate::Deb::data`].
    ///
    /// The one rule for everyone who unpacks packages: what one of them takes, all of them take. It guards against damage and
    /// against an archive that unpacks far beyond what it says; the archive's digest is known to whoever asks.
    ///
    /// # Errors
    /// There is no `control` file, or it cannot be read.
    pub fn unpacked_limit(&self) -> Result<u64, DebError> {
        let size: Option<u64> = self.stanza()?.get("Installed-Size").and_then(|text| text.parse().ok());
        // An estimate in KiB (deb-substvars(5)).
        Ok(size.map_or(UNPACKED_UNSTATED, |kib| kib.saturating_mul(2048).saturating_add(UNPACKED_SLACK)))
    }

    pub(crate) fn read(
        reader: impl Read,
        compression: Compression,
        member: &str,
        limit: u64,
    ) -> Result<Self, DebError> {
        let mut tar = TarReader::new(Decoder::new(reader, compression, member, limit)?, Dialect::PACKAGE);
        let mut files = BTreeMap::new();
        while let Some(entry) = tar.next_entry()? {
            let refused = |kind| TarError::RefusedKind { entry: entry.path.to_string(), kind };
            match entry.kind {
                EntryKind::Directory if entry.path.is_root() => continue,
                EntryKind::Directory => return Err(refused("directory among control files").into()),
                EntryKind::File { .. } if entry.path.depth() > 1 => {
                    return Err(refused("control file inside a directory").into());
                }
                EntryKind::File { .. } => {}
                _ => return Err(refused("link among control files").into()),
            }
            let name = String::from(entry.path);
            let mut bytes = Vec::new();
            tar.read_to_end(&mut bytes)?;
            if files.insert(name.clone(), ControlFile { mode: entry.mode, bytes }).is_some() {
                return Err(TarError::Header { entry: name, why: "the archive has two of it" }.into());
            }
        }
        tar.into_inner().finish()?;
        if !files.contains_key("control") {
            return Err(DebError::MissingMember { member: "control" });
        }
        Ok(Self { files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_follows_installed_size() {
        let limit = |field: &str| {
            let bytes = format!("Package: a\nVersion: 1\n{field}").into_bytes();
            let file = ControlFile { mode: 0o644, bytes };
            Control { files: BTreeMap::from([("control".to_owned(), file)]) }.unpacked_limit().unwrap()
        };
        assert_eq!(limit(""), UNPACKED_UNSTATED);
        assert_eq!(limit("Installed-Size: 0\n"), UNPACKED_SLACK);
        assert_eq!(limit("Installed-Size: 10\n"), UNPACKED_SLACK + 20 * 1024);
        assert_eq!(limit(&format!("Installed-Size: {}\n", u64::MAX)), u64::MAX);
        assert!(Control::default().unpacked_limit().is_err());
    }
}
