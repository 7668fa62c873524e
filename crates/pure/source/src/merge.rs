use crate::text::{Hunk, merge_text};
use crate::{BlobId, FileKind, SourceFile, SourceTree};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Three trees, the first of which the other two were made from.
#[derive(Debug, Clone, Copy)]
pub struct Merge<'a> {
    /// The release that was packaged.
    pub base: &'a SourceTree,
    /// What a distributor ships of it: a file that is not shipped counts as the release's, not as deleted. Whether a file may be executed is not
    /// taken from here, since packaging tools change that. What a build generates is best left out: nobody else has
    /// it, so it would stay as it is.
    pub ours: &'a SourceTree,
    /// The commit.
    pub theirs: &'a SourceTree,
}

/// Two changes in one tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Every file.
    pub tree: SourceTree,
    /// Contents of [`Self::tree`] that merging has made: those of the three files it comes from are others.
    pub texts: BTreeMap<BlobId, Vec<u8>>,
    /// What became of each file that ours changed, sorted by path.
    pub notes: Vec<MergeNote>,
}

/// What became of a file that ours changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MergeNote {
    /// Its path.
    pub path: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a file that ours changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// Ours: theirs left the file as it was, or has none there and neither had the base.
    Kept,
    /// Both made the same change.
    Same,
    /// Both changes, which do not touch each other.
    Merged,
    /// Theirs, whole, for the changes contradict each other.
    Conflict {
        /// Where they do.
        hunks: Vec<Hunk>,
    },
    /// Theirs: one of the three is not a text.
    Binary,
    /// Theirs: one of the three is a symbolic link.
    Link,
    /// Nothing: theirs deleted the file, or has something else at a folder of its path.
    Removed,
}

/// Lays what theirs changed and what ours changed over the base; where both cannot be, theirs is taken.
///
/// `read` is asked for contents of files that both changed, and for no others; its errors are the only ones. The result depends on the trees alone.
pub fn merge<E>(trees: Merge<'_>, read: impl FnMut(BlobId) -> Result<Vec<u8>, E>) -> Result<Merged, E> {
    let paths: BTreeSet<&String> =
        [trees.base, trees.ours, trees.theirs].iter().flat_map(|tree| tree.files.keys()).collect();
    let mut merger = Merger { read, texts: BTreeMap::new() };
    let (mut tree, mut notes) = (SourceTree::default(), Vec::new());
    for path in paths {
        let [base, ours, theirs] = [trees.base, trees.ours, trees.theirs].map(|tree| tree.files.get(path).copied());
        let (file, outcome) = match ours {
            Some(ours) if !same(Some(ours), base) => {
                let (file, outcome) = match theirs {
                    None if base.is_none() && !hindered(path, trees.theirs) => (Some(ours), Outcome::Kept),
                    None => (None, Outcome::Removed),
                    Some(theirs) => {
                        let (file, outcome) = merger.file(base, ours, theirs)?;
                        (Some(file), outcome)
                    }
                };
                (file, Some(outcome))
            }
            _ => (theirs, None),
        };
        tree.files.extend(file.map(|file| (path.clone(), file)));
        notes.extend(outcome.map(|outcome| MergeNote { path: path.clone(), outcome }));
    }
    Ok(Merged { tree, texts: merger.texts, notes })
}

struct Merger<R> {
    read: R,
    texts: BTreeMap<BlobId, Vec<u8>>,
}

impl<E, R: FnMut(BlobId) -> Result<Vec<u8>, E>> Merger<R> {
    /// One file that theirs has and ours changed.
    fn file(
        &mut self,
        base: Option<SourceFile>,
        ours: SourceFile,
        theirs: SourceFile,
    ) -> Result<(SourceFile, Outcome), E> {
        if same(Some(theirs), base) {
            let kind = if ours.kind == FileKind::Symlink { ours.kind } else { theirs.kind };
            // A link that became a file: whether theirs may be executed says nothing.
            let kind = if theirs.kind == FileKind::Symlink { ours.kind } else { kind };
            return Ok((SourceFile { id: ours.id, kind }, Outcome::Kept));
        }
        if same(Some(theirs), Some(ours)) {
            return Ok((theirs, Outcome::Same));
        }
        if [base, Some(ours), Some(theirs)].into_iter().flatten().any(|file| file.kind == FileKind::Symlink) {
            return Ok((theirs, Outcome::Link));
        }
        let before = base.map_or_else(|| Ok(Vec::new()), |base| (self.read)(base.id))?;
        let (mine, yours) = ((self.read)(ours.id)?, (self.read)(theirs.id)?);
        if [&before, &mine, &yours].into_iter().any(|content| content.contains(&0)) {
            return Ok((theirs, Outcome::Binary));
        }
        Ok(match merge_text(&before, &mine, &yours) {
            Err(hunks) => (theirs, Outcome::Conflict { hunks }),
            Ok(text) => {
                let id = BlobId::of(&text);
                if ![ours.id, theirs.id].contains(&id) && base.is_none_or(|base| base.id != id) {
                    self.texts.insert(id, text);
                }
                (SourceFile { id, kind: theirs.kind }, Outcome::Merged)
            }
        })
    }
}

/// Whether two files are the same, but for who may execute them.
fn same(one: Option<SourceFile>, other: Option<SourceFile>) -> bool {
    let what = |file: SourceFile| (file.id, file.kind == FileKind::Symlink);
    one.map(what) == other.map(what)
}

/// Whether a tree has a file where `path` needs a folder, or a folder where it needs a file.
fn hindered(path: &str, tree: &SourceTree) -> bool {
    let below = format!("{path}/");
    let folder = tree.files.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below));
    folder || path.match_indices('/').any(|(at, _)| tree.files.contains_key(&path[..at]))
}
