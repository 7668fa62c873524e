use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};

/// Directories that a merged `/usr` has moved: packages may still call them by their old names.
const MERGED: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
/// Where dpkg keeps what it knows of each package.
const INFO: &str = "var/lib/dpkg/info";

/// Which packages have a path, for some paths of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    by_path: BTreeMap<ImagePath, Vec<String>>,
}

impl Owners {
    /// Looks paths up in dpkg's lists: the package of each, and the paths that it has, one a line, with a leading slash.
    ///
    /// Beside what a list names, a package has what dpkg keeps of it, and the byte-code of its modules.
    pub fn of<'a>(
        paths: impl IntoIterator<Item = &'a ImagePath>,
        lists: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let mut wanted: BTreeMap<String, Vec<&ImagePath>> = BTreeMap::new();
        let mut owners = Self::default();
        let mut infos = Vec::new();
        for path in paths {
            if path.as_str().starts_with(INFO) {
                infos.push(path);
            }
            for name in names(path) {
                wanted.entry(name).or_default().push(path);
            }
        }
        let mut known = BTreeSet::new();
        for (package, list) in lists {
            known.insert(package.to_owned());
            for line in list.split(|byte| *byte == b'\n') {
                let Some(name) = line.strip_prefix(b"/").and_then(|name| std::str::from_utf8(name).ok()) else {
                    continue;
                };
                for path in wanted.get(name).into_iter().flatten() {
                    owners.add(path, package);
                }
            }
        }
        for path in infos {
            // A file's name may have the architecture that the package's own lacks: `libc6:amd64.list`.
            let Some((name, _)) = path.name().rsplit_once('.') else { continue };
            let bare = name.split_once(':').map_or(name, |(bare, _)| bare);
            if let Some(package) = [name, bare].into_iter().find(|package| known.contains(*package)) {
                owners.add(path, package);
            }
        }
        owners
    }

    fn add(&mut self, path: &ImagePath, package: &str) {
        let all = self.by_path.entry(path.clone()).or_default();
        if !all.iter().any(|known| known == package) {
            all.push(package.to_owned());
        }
    }

    /// The packages of a path; directories may have many.
    pub fn get(&self, path: &ImagePath) -> &[String] {
        self.by_path.get(path).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What a package's list may call a path.
fn names(path: &ImagePath) -> Vec<String> {
    // The folder of byte-code belongs to whoever has modules there.
    let folder = || path.as_str().strip_suffix("/__pycache__").map(str::to_owned);
    let mut names = vec![module(path).or_else(folder).unwrap_or_else(|| path.to_string())];
    let merged = names[0].strip_prefix("usr/").filter(|rest| {
        let first = rest.split('/').next().unwrap_or_default();
        MERGED.contains(&first)
    });
    names.extend(merged.map(str::to_owned));
    names
}

/// The module that byte-code is made of: `a/b.py` for `a/__pycache__/b.cpython-314.opt-1.pyc` (PEP 3147).
fn module(path: &ImagePath) -> Option<String> {
    let (folder, file) = path.as_str().rsplit_once("/__pycache__/")?;
    let stem = file.strip_suffix(".pyc")?;
    let stem = stem.strip_suffix(".opt-1").or_else(|| stem.strip_suffix(".opt-2")).unwrap_or(stem);
    let (name, _) = stem.rsplit_once('.')?;
    Some(format!("{folder}/{name}.py"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ImagePath {
        ImagePath::parse(text).unwrap()
    }

    #[test]
    fn packages_have_what_their_lists_name_and_what_is_made_of_it() {
        let paths = [
            "usr/bin/a",
            "usr/lib/x/a.so",
            "usr/lib/python3/a/__pycache__/b.cpython-314.pyc",
            "usr/lib/python3/a/__pycache__/b.cpython-314.opt-1.pyc",
            "usr/lib/python3/a/__pycache__",
            "var/lib/dpkg/info/a.md5sums",
            "var/lib/dpkg/info/c:amd64.list",
            "var/lib/dpkg/info/b.list",
            "usr/share",
            "etc/none",
            "usr/local/lib/x/a.so",
        ]
        .map(path);
        let lists: [(&str, &[u8]); 2] = [
            ("a", b"/.\n/usr/bin/a\n/lib/x/a.so\n/usr/share\n/usr/lib/python3/a\n/usr/lib/python3/a/b.py\n"),
            ("c", b"/usr/share\n/\xff\n"),
        ];
        let owners = Owners::of(&paths, lists);
        let told: Vec<String> = paths.iter().map(|path| owners.get(path).join(" ")).collect();
        assert_eq!(told, ["a", "a", "a", "a", "a", "a", "c", "", "a c", "", ""]);
    }
}
