use crate::links::Links;
use crate::tables::{Tables, place};
use crate::{Chain, Quarrel};
use resolvo::conflict::{ConflictEdge, ConflictGraph, ConflictNode};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A node of the solver's conflict graph, in an order of our own (the graph's differs from run to run).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Root,
    Package(usize),
    Nothing,
}

/// Turns the solver's conflict graph into chains, the shortest first; at most eight quarrels are told.
pub(crate) fn explain(links: &Links<'_>, tables: &Tables<'_, '_>, graph: &ConflictGraph) -> Vec<Quarrel> {
    let key = |node: Option<&ConflictNode>| match node {
        Some(ConflictNode::Solvable(solvable)) => Key::Package(place(*solvable)),
        Some(ConflictNode::Root) => Key::Root,
        _ => Key::Nothing,
    };
    let mut needs: BTreeMap<Key, BTreeSet<(Key, &str)>> = BTreeMap::new();
    let mut clashes: BTreeSet<(Key, Key)> = BTreeSet::new();
    for edge in graph.graph.raw_edges() {
        let from = key(graph.graph.node_weight(edge.source()));
        let to = key(graph.graph.node_weight(edge.target()));
        match edge.weight {
            ConflictEdge::Requires(requirement) => {
                needs.entry(from).or_default().insert((to, tables.requirement_text(requirement)));
            }
            ConflictEdge::Conflict(_) => {
                clashes.insert((from.min(to), from.max(to)));
            }
        }
    }
    let parents = breadth_first(&needs);
    let mut quarrels = BTreeSet::new();
    for (left, right) in &clashes {
        if let (Some(left), Some(right)) = (chain(links, &parents, *left), chain(links, &parents, *right)) {
            quarrels.insert((left.steps.len() + right.steps.len(), Quarrel { left, right: Some(right) }));
        }
    }
    for (from, edges) in &needs {
        for (_, text) in edges.iter().filter(|(to, _)| *to == Key::Nothing) {
            let Some(mut left) = chain(links, &parents, *from) else { continue };
            if *from != Key::Root {
                let package = std::mem::take(&mut left.end);
                left.steps.push((package, (*text).to_owned()));
            }
            quarrels.insert((left.steps.len(), Quarrel { left, right: None }));
        }
    }
    quarrels.into_iter().take(8).map(|(_, quarrel)| quarrel).collect()
}

type Parents<'t> = BTreeMap<Key, (Key, &'t str)>;

/// The first way to each node, by breadth.
fn breadth_first<'t>(needs: &BTreeMap<Key, BTreeSet<(Key, &'t str)>>) -> Parents<'t> {
    let mut parents = Parents::new();
    let mut open = VecDeque::from([Key::Root]);
    while let Some(from) = open.pop_front() {
        for (to, text) in needs.get(&from).into_iter().flatten() {
            if *to != Key::Root && !parents.contains_key(to) {
                parents.insert(*to, (from, text));
                open.push_back(*to);
            }
        }
    }
    parents
}

fn chain(links: &Links<'_>, parents: &Parents<'_>, end: Key) -> Option<Chain> {
    let label = |key| match key {
        Key::Package(place) => {
            let candidate = links.universe.candidate(place);
            format!("{} {}", candidate.name, candidate.version)
        }
        Key::Root | Key::Nothing => String::new(),
    };
    let mut steps = Vec::new();
    let mut at = end;
    while at != Key::Root {
        let (from, text) = parents.get(&at)?;
        if *from != Key::Root {
            steps.push((label(*from), (*text).to_owned()));
        }
        at = *from;
    }
    steps.reverse();
    Some(Chain { steps, end: label(end) })
}
