use std::collections::BTreeMap;

/// A package that is installed in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its version.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// What it takes unpacked as it says itself, in bytes; 0 where it says nothing.
    pub size: u64,
}

/// The packages of an image, by name; by name and architecture where two have one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packages {
    /// By `NAME`, or `NAME:ARCHITECTURE`.
    pub all: BTreeMap<String, Package>,
}

impl Packages {
    /// Names packages that come in any order.
    pub fn of(packages: impl IntoIterator<Item = (String, Package)>) -> Self {
        let mut by_name: BTreeMap<String, Vec<Package>> = BTreeMap::new();
        for (name, package) in packages {
            by_name.entry(name).or_default().push(package);
        }
        let mut all = BTreeMap::new();
        for (name, mut packages) in by_name {
            if let [_, _, ..] = packages[..] {
                for package in packages {
                    all.insert(format!("{name}:{}", package.architecture), package);
                }
            } else if let Some(package) = packages.pop() {
                all.insert(name, package);
            }
        }
        Self { all }
    }

    /// What dpkg's own file names call a package, `NAME` or `NAME:ARCHITECTURE`, by the key that it has here.
    pub fn key<'a>(&'a self, name: &'a str) -> &'a str {
        match (self.all.contains_key(name), name.split_once(':')) {
            (false, Some((bare, _))) => bare,
            _ => name,
        }
    }
}

/// A package that differs between two images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageChange {
    /// Its key in [`Packages`].
    pub name: String,
    /// In the first image.
    pub old: Option<Package>,
    /// In the second.
    pub new: Option<Package>,
}

impl PackageChange {
    /// How much larger it is now, in bytes.
    pub fn growth(&self) -> i64 {
        let size = |package: &Option<Package>| {
            package.as_ref().map_or(0, |package| i64::try_from(package.size).unwrap_or(i64::MAX))
        };
        size(&self.new).saturating_sub(size(&self.old))
    }

    /// The same seen from the second image.
    #[must_use]
    pub fn mirror(self) -> Self {
        Self { name: self.name, old: self.new, new: self.old }
    }
}

/// The packages that are in one of two images alone, or in both in other versions, or for another machine; sorted by name.
pub fn compare_packages(first: &Packages, second: &Packages) -> Vec<PackageChange> {
    let mut names: Vec<&String> = first.all.keys().chain(second.all.keys()).collect();
    names.sort();
    names.dedup();
    let change = |name: &&String| PackageChange {
        name: (*name).clone(),
        old: first.all.get(*name).cloned(),
        new: second.all.get(*name).cloned(),
    };
    let identity = |package: &Option<Package>| package.as_ref().map(|of| (of.version.clone(), of.architecture.clone()));
    names.iter().map(change).filter(|change| identity(&change.old) != identity(&change.new)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(version: &str, architecture: &str, size: u64) -> Package {
        Package { version: version.to_owned(), architecture: architecture.to_owned(), size }
    }

    #[test]
    fn versions_are_compared_and_sizes_told() {
        let all = |list: &[(&str, Package)]| {
            Packages::of(list.iter().map(|(name, package)| ((*name).to_owned(), package.clone())))
        };
        let first =
            all(&[("a", package("1", "amd64", 5)), ("b", package("1", "all", 5)), ("c", package("1", "all", 5))]);
        let second =
            all(&[("a", package("2", "amd64", 8)), ("c", package("1", "all", 6)), ("d", package("1", "all", 1))]);
        let changes = compare_packages(&first, &second);
        let told: Vec<(&str, i64)> = changes.iter().map(|change| (change.name.as_str(), change.growth())).collect();
        assert_eq!(told, [("a", 3), ("b", -5), ("d", 1)]);
        let back: Vec<PackageChange> = changes.into_iter().map(PackageChange::mirror).collect();
        assert_eq!(back, compare_packages(&second, &first));
    }

    #[test]
    fn two_of_one_name_are_told_apart() {
        let two = Packages::of([
            ("a".to_owned(), package("1", "amd64", 0)),
            ("a".to_owned(), package("1", "i386", 0)),
            ("b".to_owned(), package("1", "amd64", 0)),
        ]);
        assert_eq!(two.all.keys().collect::<Vec<_>>(), ["a:amd64", "a:i386", "b"]);
        assert_eq!([two.key("a:i386"), two.key("b:amd64"), two.key("b")], ["a:i386", "b", "b"]);
    }
}
