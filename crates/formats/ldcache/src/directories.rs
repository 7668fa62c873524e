use crate::{LdcacheError, Node, Release, Root};
use sage_oci_tree::ImagePath;

/// The directory below which libraries for better processors lie.
const HWCAPS: &str = "glibc-hwcaps";

/// A directory to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directory {
    /// Its path as it was configured, which the cache shows.
    pub(crate) path: String,
    /// Where that leads.
    pub(crate) canonical: ImagePath,
    /// The processors its libraries are for, if it lies in `glibc-hwcaps`.
    pub(crate) hwcaps: Option<String>,
}

/// Finds the directories that are there, each once, by the first of its names, and those for better processors behind their parents.
pub(crate) fn find(root: &Root, paths: &[String], release: &Release) -> Result<Vec<Directory>, LdcacheError> {
    let mut found: Vec<Directory> = Vec::new();
    for path in paths {
        let Some((canonical, Node::Directory)) = root.find(path) else { continue };
        if found.iter().any(|known| known.canonical == canonical) {
            continue;
        }
        refuse_legacy(root, path, &canonical, release)?;
        let below = format!("{path}/{HWCAPS}");
        found.push(Directory { path: path.clone(), canonical, hwcaps: None });
        let Some((listed, Node::Directory)) = root.find(&below) else { continue };
        for (name, _) in root.list(&listed) {
            // The loader could not look up a name with a colon.
            if name.starts_with('.') || name.contains(':') {
                continue;
            }
            let Some((canonical, Node::Directory)) = root.find(&format!("{listed}/{name}")) else { continue };
            if !found.iter().any(|known| known.canonical == canonical) {
                found.push(Directory { path: format!("{below}/{name}"), canonical, hwcaps: Some(name.to_owned()) });
            }
        }
    }
    Ok(found)
}

/// Fails on directories that an old glibc would search for special hardware.
fn refuse_legacy(root: &Root, path: &str, canonical: &ImagePath, release: &Release) -> Result<(), LdcacheError> {
    let fail = |path: String| Err(LdcacheError::LegacyHardware { path, version: release.version() });
    for legacy in release.legacy_hardware() {
        if path.rsplit('/').next() == Some(legacy) {
            return fail(path.to_owned());
        }
        if let Some((below, Node::Directory)) = root.find(&format!("{canonical}/{legacy}")) {
            return fail(below.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::DebVersion;

    fn insert(root: &mut Root, path: &str, node: Node) {
        root.insert_with_parents(ImagePath::parse(path).unwrap(), node, |_| Node::Directory);
    }

    fn release(version: &str) -> Release {
        Release::debian(DebVersion::parse(version).unwrap())
    }

    #[test]
    fn each_once_and_better_processors_behind() {
        let mut root = Root::new();
        insert(&mut root, "lib", Node::Symlink("usr/lib".to_owned()));
        for name in ["glibc-hwcaps/x86-64-v3", "glibc-hwcaps/.hidden", "glibc-hwcaps/a:b"] {
            insert(&mut root, &format!("usr/lib/{name}"), Node::Directory);
        }
        insert(&mut root, "usr/lib/glibc-hwcaps/file", Node::File(None));
        let paths = ["/lib", "/usr/lib", "/none"].map(str::to_owned);
        let found = find(&root, &paths, &release("2.43-7")).unwrap();
        let names: Vec<_> = found.iter().map(|one| (one.path.as_str(), one.hwcaps.as_deref())).collect();
        assert_eq!(names, [("/lib", None), ("/lib/glibc-hwcaps/x86-64-v3", Some("x86-64-v3"))]);
    }

    #[test]
    fn legacy_directories_are_refused_where_they_mean_something() {
        let mut root = Root::new();
        insert(&mut root, "usr/lib/haswell", Node::Directory);
        let paths = ["/usr/lib".to_owned()];
        assert!(matches!(find(&root, &paths, &release("2.36-9")), Err(LdcacheError::LegacyHardware { .. })));
        assert_eq!(find(&root, &paths, &release("2.43-7")).unwrap().len(), 1);
    }
}
