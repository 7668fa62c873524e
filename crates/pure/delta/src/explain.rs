use crate::{Change, Owners, PackageChange};
use std::collections::{BTreeMap, BTreeSet};

/// Which changes of paths have a package's other version as their cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explained {
    /// For each change, in order: the package that explains it, if one does.
    pub by: Vec<Option<String>>,
    /// How many changes each package explains.
    pub counts: BTreeMap<String, usize>,
}

/// A change is explained by a package that has the path in the image in which it is, and that is there in another version, or not at
/// all, in the other image.
pub fn explain(changes: &[Change], packages: &[PackageChange], owners: [&Owners; 2]) -> Explained {
    let changed: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut all = Explained::default();
    for change in changes {
        let sides = [change.old.is_some(), change.new.is_some()];
        let of = sides.iter().zip(owners).filter(|(there, _)| **there).flat_map(|(_, owners)| owners.get(&change.path));
        let by = of.into_iter().find(|package| changed.contains(package.as_str())).cloned();
        if let Some(package) = &by {
            *all.counts.entry(package.clone()).or_default() += 1;
        }
        all.by.push(by);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Facts, Package};
    use sage_oci_tree::ImagePath;

    #[test]
    fn only_a_package_that_differs_explains() {
        let path = |text: &str| ImagePath::parse(text).unwrap();
        let change = |text: &str, old: bool, new: bool| Change {
            path: path(text),
            old: old.then(Facts::implied),
            new: new.then(|| Facts { mode: 0, ..Facts::implied() }),
        };
        let changes =
            [change("a", true, true), change("b", true, false), change("c", false, true), change("d", true, true)];
        let paths = ["a", "b", "c", "d"].map(path);
        let first = Owners::of(&paths, [("new", &b"/a\n/c\n"[..]), ("same", b"/d\n"), ("gone", b"/b\n")]);
        let second = Owners::of(&paths, [("new", &b"/a\n/c\n"[..]), ("same", b"/d\n")]);
        let package = |version: &str| Package { version: version.to_owned(), architecture: String::new(), size: 0 };
        let packages = [
            PackageChange { name: "new".to_owned(), old: Some(package("1")), new: Some(package("2")) },
            PackageChange { name: "gone".to_owned(), old: Some(package("1")), new: None },
        ];
        let all = explain(&changes, &packages, [&first, &second]);
        let by: Vec<&str> = all.by.iter().map(|by| by.as_deref().unwrap_or("-")).collect();
        assert_eq!(by, ["new", "gone", "new", "-"]);
        assert_eq!(all.counts["new"], 2);
    }
}
