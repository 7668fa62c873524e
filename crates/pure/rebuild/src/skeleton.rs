use crate::Shape;
use sage_oci_source::{BlobId, SourceTree};
use std::collections::{BTreeMap, BTreeSet};

/// What of a tree `meson setup` reads: the texts of some files, and of all others that they are there.
///
/// Measured with Sage: a tree with every other file empty gives the same `build.ninja`, byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skeleton {
    /// Files whose texts matter.
    pub texts: BTreeMap<String, BlobId>,
    /// Other files.
    pub names: BTreeSet<String>,
}

/// Folders at the top of a tree whose files are looked at beside those of the modules' folder.
const TOP: [&str; 2] = ["subprojects/", "tools/"];

impl Skeleton {
    /// What matters of a tree.
    pub fn of(tree: &SourceTree, shape: &Shape) -> Self {
        let mut skeleton = Self::default();
        let folder = format!("{}/", shape.folder);
        for (path, file) in &tree.files {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            if !parent.is_empty() && !path.starts_with(&folder) && !TOP.iter().any(|top| path.starts_with(top)) {
                continue;
            }
            if is_read(name) || (!path.starts_with(&folder) && !parent.is_empty()) || shape.generates(path) {
                skeleton.texts.insert(path.clone(), file.id);
            } else {
                skeleton.names.insert(path.clone());
            }
        }
        skeleton
    }
}

fn is_read(name: &str) -> bool {
    let suffixes = [".wrap", ".in", ".ini"];
    matches!(name, "meson.build" | "meson.options" | "meson_options.txt" | "pyproject.toml" | "VERSION.txt")
        || suffixes.iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_meson::Places;
    use sage_oci_source::{FileKind, SourceFile};

    #[test]
    fn texts_that_are_read_and_names_of_the_rest() {
        let file = SourceFile { id: BlobId::of(b""), kind: FileKind::Regular };
        let paths = [
            "meson.build",
            "README.md",
            "src/meson.build",
            "src/s/a.pyx",
            "src/s/config.py.in",
            "pkgs/x/meson.build",
            "subprojects/p/x.c",
            "src/gen/x.py",
        ];
        let tree = SourceTree { files: paths.map(|path| (path.to_owned(), file)).into() };
        let places = Places { source: "/build".to_owned(), build: "/build/b".to_owned() };
        let shape =
            Shape { folder: "src".into(), top: "s".into(), generators: vec!["src/gen".into()], places, cross: None };
        let skeleton = Skeleton::of(&tree, &shape);
        assert_eq!(
            skeleton.texts.keys().collect::<Vec<_>>(),
            ["meson.build", "src/gen/x.py", "src/meson.build", "src/s/config.py.in", "subprojects/p/x.c"]
        );
        assert_eq!(skeleton.names.iter().collect::<Vec<_>>(), ["README.md", "src/s/a.pyx"]);
    }
}
