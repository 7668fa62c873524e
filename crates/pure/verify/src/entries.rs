use crate::{Sameness, Verdict};
use sage_oci_names::Sha256;
use sage_oci_tree::{Entry, EntryKind};
use serde::Serialize;
use std::collections::BTreeMap;

/// An entry of a layer, and the digest of what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The entry as the archive has it.
    pub entry: Entry,
    /// The digest of a file's bytes.
    pub sha256: Option<Sha256>,
}

/// How a path differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Only the published layer has it.
    Missing,
    /// Only the layer that was built again has it.
    Added,
    /// Another kind of file.
    Kind,
    /// Other bytes.
    Content,
    /// Another mode, owner, time, or attributes.
    Metadata,
}

/// A path that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The path, absolute.
    pub path: String,
    /// How.
    pub nature: Nature,
}

/// Compares a layer with the one that was built again and whose stream is another one: the verdict, and the paths that differ.
///
/// Of a path that stands more than once in a layer the last entry counts, as for an engine.
pub fn compare(published: &[Facts], rebuilt: &[Facts]) -> (Verdict, Vec<Found>) {
    if published == rebuilt {
        return (Verdict::SameContent { differ: vec![Sameness::Archive] }, Vec::new());
    }
    let by_path = |all: &'_ [Facts]| -> BTreeMap<String, Facts> {
        all.iter().map(|facts| (named(&facts.entry), facts.clone())).collect()
    };
    let (first, second) = (by_path(published), by_path(rebuilt));
    let mut found = Vec::new();
    for (path, facts) in &first {
        let nature = match second.get(path) {
            None => Nature::Missing,
            Some(other) if other == facts => continue,
            Some(other) if std::mem::discriminant(&other.entry.kind) != std::mem::discriminant(&facts.entry.kind) => {
                Nature::Kind
            }
            Some(other) if other.sha256 != facts.sha256 || other.entry.kind != facts.entry.kind => Nature::Content,
            Some(_) => Nature::Metadata,
        };
        found.push(Found { path: path.clone(), nature });
    }
    let added = second.keys().filter(|path| !first.contains_key(*path));
    found.extend(added.map(|path| Found { path: path.clone(), nature: Nature::Added }));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    match found.is_empty() {
        true => (Verdict::SameContent { differ: vec![Sameness::Order] }, found),
        false => (Verdict::Different, found),
    }
}

/// The path; a directory that hides what is below it has an entry of its own for that, which stands below it in the archive.
fn named(entry: &Entry) -> String {
    let path = entry.path.absolute();
    if entry.kind == EntryKind::Opaque { format!("{path}/.wh..wh..opq") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_tree::ImagePath;

    fn file(path: &str, content: u8) -> Facts {
        let entry = Entry::new(ImagePath::parse(path).unwrap(), EntryKind::File { size: 1 });
        Facts { entry, sha256: Some(Sha256::new([content; 32])) }
    }

    #[test]
    fn what_differs_is_told_and_what_only_stands_elsewhere_is_not() {
        let first = [file("a", 1), file("b", 2), file("c", 3)];
        assert_eq!(compare(&first, &first).0, Verdict::SameContent { differ: vec![Sameness::Archive] });
        let turned = [file("b", 2), file("a", 1), file("c", 3)];
        assert_eq!(compare(&first, &turned), (Verdict::SameContent { differ: vec![Sameness::Order] }, Vec::new()));
        let mut other = vec![file("a", 9), file("b", 2), file("d", 4)];
        other[1].entry.mode = 0o600;
        let (verdict, found) = compare(&first, &other);
        assert_eq!(verdict, Verdict::Different);
        let found: Vec<(&str, Nature)> = found.iter().map(|found| (found.path.as_str(), found.nature)).collect();
        assert_eq!(
            found,
            [("/a", Nature::Content), ("/b", Nature::Metadata), ("/c", Nature::Missing), ("/d", Nature::Added)]
        );
        // The last of two entries of one path is what comes of it.
        let twice = [file("a", 9), file("a", 1), file("b", 2), file("c", 3)];
        assert_eq!(compare(&first, &twice).0, Verdict::SameContent { differ: vec![Sameness::Order] });
    }
}
