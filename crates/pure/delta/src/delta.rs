use crate::{Aspect, Facts, FlatTree};
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;

/// What was at a path and what is there now; none where nothing was or is. The two are never equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: ImagePath,
    /// In the first image.
    pub old: Option<Facts>,
    /// In the second.
    pub new: Option<Facts>,
}

impl Change {
    /// In what the two differ; empty where a path was added or removed.
    pub fn aspects(&self) -> Vec<Aspect> {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => Aspect::between(old, new),
            _ => Vec::new(),
        }
    }

    /// What is there now, or was.
    pub fn facts(&self) -> Option<&Facts> {
        self.new.as_ref().or(self.old.as_ref())
    }

    /// Whether nothing but the modification time differs.
    pub fn is_time_alone(&self) -> bool {
        self.aspects() == [Aspect::Mtime]
    }
}

/// A path at which both images have the same, brought by another layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The path.
    pub path: ImagePath,
    /// The layer in the first image, counted from the bottom.
    pub old: u16,
    /// The layer in the second.
    pub new: u16,
}

/// What differs between two trees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// Paths at which they have something else, sorted.
    pub changes: Vec<Change>,
    /// Paths at which they have the same from another layer, sorted.
    pub moves: Vec<Move>,
}

impl Delta {
    /// Compares two trees. `same_layer` says whether a layer of the first is where a layer of the second is.
    ///
    /// Laws: of equal trees it is empty but for moves; [`Delta::mirror`] is the delta of the two the other way round; [`Delta::apply`]
    /// to the first gives the facts of the second.
    pub fn between(first: &FlatTree, second: &FlatTree, same_layer: impl Fn(u16, u16) -> bool) -> Self {
        let mut delta = Self::default();
        let (mut old, mut new) = (first.nodes.iter().peekable(), second.nodes.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some((left, _)), Some((right, _))) => left.cmp(right),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => return delta,
            };
            let left = if order.is_le() { old.next() } else { None };
            let right = if order.is_ge() { new.next() } else { None };
            match (left, right) {
                (Some((path, old)), Some((_, new))) if Aspect::between(&old.facts, &new.facts).is_empty() => {
                    if !same_layer(old.layer, new.layer) && !old.facts.what.is_directory() {
                        delta.moves.push(Move { path: path.clone(), old: old.layer, new: new.layer });
                    }
                }
                (left, right) => {
                    let Some((path, _)) = left.or(right) else { continue };
                    let facts = |side: Option<(&ImagePath, &crate::FlatNode)>| side.map(|(_, node)| node.facts.clone());
                    delta.changes.push(Change { path: path.clone(), old: facts(left), new: facts(right) });
                }
            }
        }
    }

    /// The same seen from the second tree.
    #[must_use]
    pub fn mirror(self) -> Self {
        let change = |change: Change| Change { path: change.path, old: change.new, new: change.old };
        let turned = |it: Move| Move { path: it.path, old: it.new, new: it.old };
        Self {
            changes: self.changes.into_iter().map(change).collect(),
            moves: self.moves.into_iter().map(turned).collect(),
        }
    }

    /// Makes the facts of the second tree of those of the first.
    pub fn apply(&self, facts: &mut BTreeMap<ImagePath, Facts>) {
        for change in &self.changes {
            match &change.new {
                Some(new) => _ = facts.insert(change.path.clone(), new.clone()),
                None => _ = facts.remove(&change.path),
            }
        }
    }

    /// Whether both trees have the same, whatever layers bring it.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
