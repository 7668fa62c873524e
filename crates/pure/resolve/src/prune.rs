use crate::links::{Links, Need};
use sage_oci_names::{DebVersion, PackageName};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is chosen, and reached from the roots by relations that chosen packages satisfy.
pub(crate) struct Reached {
    /// Each reached place, and the place by which it was first reached, by breadth; `None` for roots.
    pub(crate) parents: BTreeMap<usize, Option<usize>>,
    /// What satisfies the relations of each reached place.
    pub(crate) depends: BTreeMap<usize, BTreeSet<usize>>,
    /// Virtual packages that are had from a package that is left out, with the version it gives them.
    pub(crate) provided: BTreeMap<usize, BTreeMap<PackageName, Option<DebVersion>>>,
}

/// Walks from the roots through what was chosen, so that nothing stays that nothing needs.
pub(crate) fn prune(links: &Links<'_>, roots: &[usize], chosen: &BTreeSet<usize>) -> Reached {
    let mut parents: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    let (mut depends, mut provided) = (BTreeMap::new(), BTreeMap::new());
    let mut open = VecDeque::new();
    for root in roots {
        if parents.insert(*root, None).is_none() {
            open.push_back(*root);
        }
    }
    while let Some(place) = open.pop_front() {
        let mut satisfied = BTreeSet::new();
        for need in &links.node(place).needs {
            let Some(other) = satisfies(links, need, chosen).filter(|other| *other != place) else { continue };
            satisfied.insert(other);
            if let Some((name, version)) = stands_in_for(links, need, other) {
                let provided: &mut BTreeMap<_, _> = provided.entry(other).or_default();
                provided.insert(name, version);
            }
        }
        // Names in order, not places as relations list them: the reason should be the same when a field is reordered.
        for other in &satisfied {
            parents.entry(*other).or_insert_with(|| {
                open.push_back(*other);
                Some(place)
            });
        }
        depends.insert(place, satisfied);
    }
    Reached { parents, depends, provided }
}

/// The first chosen target that is really installed, else the first that is left out.
fn satisfies(links: &Links<'_>, need: &Need, chosen: &BTreeSet<usize>) -> Option<usize> {
    let mut targets = need.targets.iter().copied().filter(|target| chosen.contains(target));
    targets.clone().find(|target| !links.node(*target).omitted).or_else(|| targets.next())
}

/// The virtual package by which one that is left out satisfies a relation; `None` where its own name does.
fn stands_in_for(links: &Links<'_>, need: &Need, place: usize) -> Option<(PackageName, Option<DebVersion>)> {
    if !links.node(place).omitted {
        return None;
    }
    let relation = need.alternatives.iter().find(|relation| links.universe.matching(relation).contains(&place))?;
    if relation.name == *links.name(place) {
        return None;
    }
    Some((relation.name.clone(), links.universe.provided(place, &relation.name)?))
}
