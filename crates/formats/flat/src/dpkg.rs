use crate::FlatError;
use sage_oci_deb::StanzaReader;
use sage_oci_delta::{FlatTree, Owners, Package, Packages};
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Where dpkg keeps what is installed.
const STATUS: &str = "var/lib/dpkg/status";
/// Where it keeps each package's list of paths.
const INFO: &str = "var/lib/dpkg/info/";
/// Larger files are none of dpkg's.
const MOST: u64 = 32 << 20;

/// What a layer has of dpkg's database: the record of packages and the lists of their paths.
#[derive(Debug, Clone, Default)]
pub struct DpkgFiles(BTreeMap<ImagePath, Vec<u8>>);

impl DpkgFiles {
    /// Whether a path belongs to it.
    pub fn wants(path: &ImagePath) -> bool {
        *path == STATUS || path.as_str().strip_prefix(INFO).is_some_and(|name| name.ends_with(".list"))
    }

    /// The path of the record of packages.
    pub fn status() -> Option<ImagePath> {
        ImagePath::parse(STATUS).ok()
    }

    pub(crate) fn keep(&mut self, path: &ImagePath, body: &mut dyn Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        body.take(MOST).read_to_end(&mut bytes)?;
        self.0.insert(path.clone(), bytes.clone());
        Ok(bytes)
    }
}

/// dpkg's database in an image: which packages are installed, and what paths they have.
#[derive(Debug, Clone, Default)]
pub struct Dpkg {
    /// The packages.
    pub packages: Packages,
    lists: Vec<(String, Vec<u8>)>,
}

impl Dpkg {
    /// Reads it from what can be seen of an image; `files` are those of its layers, bottom first. An image without dpkg has no
    /// packages.
    ///
    /// # Errors
    ///
    /// The record of packages is no deb822.
    pub fn of<'a>(tree: &FlatTree, files: impl IntoIterator<Item = Option<&'a DpkgFiles>>) -> Result<Self, FlatError> {
        let files: Vec<Option<&DpkgFiles>> = files.into_iter().collect();
        let get = |path: &ImagePath| {
            let layer = usize::from(tree.nodes.get(path)?.layer);
            files.get(layer).copied().flatten()?.0.get(path)
        };
        let mut dpkg = Self::default();
        if let Some(status) = DpkgFiles::status().as_ref().and_then(get) {
            dpkg.packages = packages(status)?;
        }
        let seen: Vec<&ImagePath> = tree.nodes.keys().filter(|path| DpkgFiles::wants(path)).collect();
        for path in seen {
            let name = path.as_str().strip_prefix(INFO).and_then(|name| name.strip_suffix(".list"));
            if let (Some(name), Some(list)) = (name, get(path)) {
                dpkg.lists.push((dpkg.packages.key(name).to_owned(), list.clone()));
            }
        }
        Ok(dpkg)
    }

    /// Which of its packages have these paths.
    pub fn owners<'a>(&'a self, paths: impl IntoIterator<Item = &'a ImagePath>) -> Owners {
        Owners::of(paths, self.lists.iter().map(|(name, list)| (name.as_str(), list.as_slice())))
    }
}

fn packages(status: &[u8]) -> Result<Packages, FlatError> {
    let mut all = Vec::new();
    for stanza in StanzaReader::new(status) {
        let stanza = stanza.map_err(|source| FlatError::Dpkg { source })?;
        let field = |name| stanza.get(name).unwrap_or_default().to_owned();
        if stanza.get("Status").is_some_and(|status| status.ends_with(" installed")) {
            let size = stanza.get("Installed-Size").and_then(|size| size.parse::<u64>().ok()).unwrap_or_default();
            let size = size.saturating_mul(1024);
            all.push((
                field("Package"),
                Package { version: field("Version"), architecture: field("Architecture"), size },
            ));
        }
    }
    Ok(Packages::of(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_a_package() {
        let status =
            b"Package: a\nStatus: install ok installed\nInstalled-Size: 2\nArchitecture: all\nVersion: 1-1\n\n\
            Package: b\nStatus: deinstall ok config-files\nVersion: 2\n";
        let all = packages(status).unwrap().all;
        assert_eq!(all.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!((all["a"].version.as_str(), all["a"].size), ("1-1", 2048));
        assert!(packages(b"no field\n").is_err());
    }
}
