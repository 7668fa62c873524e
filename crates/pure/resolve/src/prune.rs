use crate::links::{Links, Need};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is chosen, and reached from the roots by relations that chosen packages satisfy.
pub(crate) struct Reached {
    /// Each reached place, and the place by which it was first reached, by breadth; `None` for roots.
    pub(crate) parents: BTreeMap<usize, Option<usize>>,
    /// What satisfies the relations of each reached place.
    pub(crate) depends: BTreeMap<usize, BTreeSet<usize>>,
}

/// Walks from the roots through what was chosen, so that nothing stays that nothing needs.
pub(crate) fn prune(links: &Links<'_>, roots: &[usize], chosen: &BTreeSet<usize>) -> Reached {
    let mut parents: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    let mut depends = BTreeMap::new();
    let mut open = VecDeque::new();
    for root in roots {
        if parents.insert(*root, None).is_none() {
            open.push_back(*root);
        }
    }
    while let Some(place) = open.pop_front() {
        let node = links.node(place);
        let satisfied: BTreeSet<usize> = node
            .needs
            .iter()
            .filter_map(|need| satisfies(links, need, chosen))
            .filter(|other| *other != place)
            .collect();
        // Names in order, not places as relations list them: the reason should be the same when a field is reordered.
        for other in &satisfied {
            parents.entry(*other).or_insert_with(|| {
                open.push_back(*other);
                Some(place)
            });
        }
        depends.insert(place, satisfied);
    }
    Reached { parents, depends }
}

/// The first chosen target that is really installed, else the first that is left out.
fn satisfies(links: &Links<'_>, need: &Need, chosen: &BTreeSet<usize>) -> Option<usize> {
    let mut targets = need.targets.iter().copied().filter(|target| chosen.contains(target));
    targets.clone().find(|target| !links.node(*target).omitted).or_else(|| targets.next())
}
