use crate::relation::{Relation, parse_relations};
use crate::{ResolveError, Universe};
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

/// What is within reach of a request, as a graph of candidates (by their place in the universe).
pub(crate) struct Links<'u> {
    pub(crate) universe: &'u Universe,
    nodes: BTreeMap<usize, Node>,
}

/// One candidate and what it asks for.
#[derive(Default)]
pub(crate) struct Node {
    /// Left out: stands in for what it would satisfy, and asks for nothing.
    pub(crate) omitted: bool,
    /// `Pre-Depends`, then `Depends`.
    pub(crate) needs: Vec<Need>,
    /// Candidates that cannot be installed beside it, by its own `Conflicts` and `Breaks`.
    pub(crate) quarrels: BTreeSet<usize>,
    /// The same, seen from the other side as well.
    pub(crate) enemies: BTreeSet<usize>,
}

/// One relation that must hold.
pub(crate) struct Need {
    /// As the package writes it.
    pub(crate) text: String,
    /// Its alternatives.
    pub(crate) alternatives: Vec<Relation>,
    /// What would satisfy it, in order of preference.
    pub(crate) targets: Vec<usize>,
}

impl<'u> Links<'u> {
    /// Follows all alternatives of all relations from the candidates of `roots`.
    pub(crate) fn new(
        universe: &'u Universe,
        roots: &[PackageName],
        omit: &dyn Fn(&PackageName) -> bool,
    ) -> Result<Self, ResolveError> {
        let mut nodes: BTreeMap<usize, Node> = BTreeMap::new();
        let mut open: Vec<usize> = roots.iter().flat_map(|name| universe.named(name)).collect();
        let kept: BTreeSet<&PackageName> = roots.iter().collect();
        while let Some(place) = open.pop() {
            if nodes.contains_key(&place) {
                continue;
            }
            let name = &universe.candidate(place).name;
            let node = if !kept.contains(name) && omit(name) {
                Node { omitted: true, ..Node::default() }
            } else {
                Node { needs: needs(universe, place)?, ..Node::default() }
            };
            open.extend(node.needs.iter().flat_map(|need| need.targets.iter().copied()));
            nodes.insert(place, node);
        }
        let mut links = Self { universe, nodes };
        links.find_quarrels()?;
        Ok(links)
    }

    fn find_quarrels(&mut self) -> Result<(), ResolveError> {
        let places: Vec<usize> = self.nodes.keys().copied().collect();
        for place in places {
            if self.node(place).omitted {
                continue;
            }
            let candidate = self.universe.candidate(place);
            let mut quarrels = BTreeSet::new();
            for (field, text) in [("Conflicts", &candidate.conflicts), ("Breaks", &candidate.breaks)] {
                for relation in parse(self.universe, place, field, text)?.into_iter().flatten() {
                    // A package never conflicts with itself, nor with what it provides itself (policy 7.4).
                    quarrels.extend(self.universe.matching(&relation).into_iter().filter(|other| {
                        self.universe.candidate(*other).name != candidate.name
                            && self.nodes.get(other).is_some_and(|node| !node.omitted)
                    }));
                }
            }
            for other in &quarrels {
                if let Some(node) = self.nodes.get_mut(other) {
                    node.enemies.insert(place);
                }
            }
            if let Some(node) = self.nodes.get_mut(&place) {
                node.enemies.extend(&quarrels);
                node.quarrels = quarrels;
            }
        }
        Ok(())
    }

    pub(crate) fn node(&self, place: usize) -> &Node {
        self.nodes.get(&place).expect("every target of a node is a node: the reach is closed")
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().map(|(place, node)| (*place, node))
    }

    pub(crate) fn name(&self, place: usize) -> &'u PackageName {
        &self.universe.candidate(place).name
    }
}

fn parse(
    universe: &Universe,
    place: usize,
    field: &'static str,
    text: &str,
) -> Result<Vec<Vec<Relation>>, ResolveError> {
    parse_relations(text, universe.architecture())
        .map_err(|source| ResolveError::relation(universe.candidate(place), field, source))
}

fn needs(universe: &Universe, place: usize) -> Result<Vec<Need>, ResolveError> {
    let candidate = universe.candidate(place);
    let mut needs = Vec::new();
    for (field, text) in [("Pre-Depends", &candidate.pre_depends), ("Depends", &candidate.depends)] {
        for group in parse(universe, place, field, text)? {
            let mut targets = Vec::new();
            for target in group.iter().flat_map(|relation| universe.matching(relation)) {
                if !targets.contains(&target) {
                    targets.push(target);
                }
            }
            // A package may name itself among what it provides (policy 7.2 lets it satisfy its own relation).
            if targets.contains(&place) {
                continue;
            }
            let text = group.iter().map(Relation::to_string).collect::<Vec<_>>().join(" | ");
            needs.push(Need { text, alternatives: group, targets });
        }
    }
    Ok(needs)
}
