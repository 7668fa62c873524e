use crate::{ContentKind, Contents};
use std::collections::BTreeMap;

/// Folders this deep are told apart: `usr/lib/x86_64-linux-gnu/gap` and what lies below it counts as one.
const DEPTH: usize = 4;
/// A folder one of whose children has this part of it, in percent, is no news beside the child.
const DOMINATED: u64 = 80;

/// What something costs, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// The sizes of its files.
    pub unpacked: u64,
    /// Its share of the compressed layers: a layer's blob is divided among its files by their sizes. How well each one packs
    /// is not known, since they are packed together.
    pub compressed: u64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.unpacked += other.unpacked;
        self.compressed += other.compressed;
    }
}

/// What packages and folders cost, the dearest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    /// By package; the empty name stands for generated files.
    pub packages: Vec<(String, Cost)>,
    /// By folder, cumulative, without those that say no more than their child.
    pub folders: Vec<(String, Cost)>,
}

/// Adds up layers, each with the size of its blob.
///
/// A file that a higher layer writes again counts twice: both copies are pulled.
pub fn costs<'a>(layers: impl IntoIterator<Item = (&'a Contents, u64)>) -> Costs {
    let mut packages: BTreeMap<&str, Cost> = BTreeMap::new();
    let mut folders: BTreeMap<&str, Cost> = BTreeMap::new();
    for (contents, blob) in layers {
        let files = || contents.entries.iter().filter(|entry| entry.kind == ContentKind::File);
        let total: u64 = files().map(|entry| entry.size).sum();
        for entry in files().filter(|entry| entry.size > 0) {
            let share = u128::from(blob) * u128::from(entry.size) / u128::from(total);
            let cost = Cost { unpacked: entry.size, compressed: u64::try_from(share).unwrap_or(blob) };
            packages.entry(entry.package.as_ref().map_or("", |package| package.as_str())).or_default().add(cost);
            let path = entry.path.as_str();
            for (end, _) in path.match_indices('/').take(DEPTH) {
                folders.entry(&path[..end]).or_default().add(cost);
            }
        }
    }
    let telling = |(folder, cost): &(&&str, &Cost)| {
        let child = |other: &str| {
            other.strip_prefix(**folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(|rest| !rest.contains('/'))
        };
        !folders.iter().any(|(other, part)| child(other) && part.unpacked * 100 >= cost.unpacked * DOMINATED)
    };
    let folders: Vec<(String, Cost)> =
        folders.iter().filter(telling).map(|(folder, cost)| ((*folder).to_owned(), *cost)).collect();
    let packages = packages.into_iter().map(|(name, cost)| (name.to_owned(), cost)).collect();
    Costs { packages: ranked(packages), folders: ranked(folders) }
}

fn ranked(mut list: Vec<(String, Cost)>) -> Vec<(String, Cost)> {
    list.sort_by(|a, b| b.1.compressed.cmp(&a.1.compressed).then_with(|| a.0.cmp(&b.0)));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContentEntry;

    fn layer(files: &[(&str, &str, u64)]) -> Contents {
        let entries = files.iter().map(|(path, package, size)| ContentEntry {
            path: path.parse().unwrap(),
            kind: ContentKind::File,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: *size,
            sha256: None,
            target: None,
            package: (!package.is_empty()).then(|| package.parse().unwrap()),
        });
        Contents { entries: entries.collect(), ..Contents::new() }
    }

    #[test]
    fn a_blob_is_divided_by_size() {
        let low = layer(&[("usr/lib/a", "aa", 300), ("usr/share/b", "bb", 100), ("usr/share/empty", "bb", 0)]);
        let high = layer(&[("etc/made", "", 50)]);
        let costs = costs([(&low, 40), (&high, 7)]);
        let cost = |unpacked, compressed| Cost { unpacked, compressed };
        assert_eq!(
            costs.packages,
            [("aa".into(), cost(300, 30)), ("bb".into(), cost(100, 10)), (String::new(), cost(50, 7))]
        );
        let folders: Vec<&str> = costs.folders.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(folders, ["usr", "usr/lib", "usr/share", "etc"]);
    }

    #[test]
    fn a_folder_with_one_child_is_not_told() {
        let one = layer(&[("a/b/c/d/e/f", "aa", 10), ("a/b/c/d/e/g", "aa", 10)]);
        let costs = costs([(&one, 5)]);
        assert_eq!(costs.folders.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a/b/c/d"]);
    }
}
