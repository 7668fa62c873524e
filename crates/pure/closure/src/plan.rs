use crate::bins::{Item, bins};
use crate::height::heights;
use crate::{ClosureError, Limits, Member, SMALL, stem};
use sage_oci_names::{LayerName, StorePath};
use sage_oci_plan::stable_hash;
use std::collections::{BTreeMap, BTreeSet};

/// A path of at least this many bytes lies alone, unless there would be too many layers.
const ALONE_FROM: u64 = 16 << 20;
/// The part of a stem in a layer's name; such names have at most 100 characters.
const LONGEST_STEM: usize = 80;

/// The layers of a closure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The layers, bottom first: what nothing depends on comes last, since it changes most.
    pub layers: Vec<Planned>,
    /// Paths of the top layer, which every image has anyway for its own files, sorted: small ones that no other path
    /// refers to, and what is left where it would make no layer of [`SMALL`] bytes.
    pub top: Vec<StorePath>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name, for people: a stem, or `shared-` and the place among the bins.
    pub name: LayerName,
    /// Its paths, sorted.
    pub paths: Vec<StorePath>,
    /// The sum of their NARs, in bytes.
    pub size: u64,
}

/// Plans the layers of a closure; paths in `present` lie in a layer of the base image already and get none.
///
/// Large paths lie alone. The others share bins, by a stable hash of their names without hash and version. How large is
/// large is doubled until the layers are few enough: with the same closure it is the same everywhere.
///
/// # Errors
/// The list is no closure, or the limits leave no room.
pub fn plan(members: &[Member], present: &BTreeSet<StorePath>, limits: Limits) -> Result<Plan, ClosureError> {
    let most = limits.planned()?;
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by(|a, b| (a.path.name(), &a.path).cmp(&(b.path.name(), &b.path)));
    let places = places(&sorted)?;
    let heights = heights(&sorted, &places);

    let mut todo: Vec<usize> = (0..sorted.len()).filter(|at| !present.contains(&sorted[*at].path)).collect();
    let size = |list: &[usize]| list.iter().map(|at| sorted[*at].nar_size).fold(0, u64::saturating_add);
    let mut top = small_ends(&sorted, &todo, &places);
    if size(&top) > ALONE_FROM {
        top.clear();
    }
    // Both lists ascend.
    todo.retain(|at| top.binary_search(at).is_err());

    let mut alone_from = ALONE_FROM;
    let keys = keys(&sorted);
    let layers = loop {
        let (alone, shared): (Vec<usize>, Vec<usize>) = todo.iter().partition(|at| sorted[**at].nar_size >= alone_from);
        let (shared, rest) = if size(&shared) < SMALL { (Vec::new(), shared) } else { (shared, Vec::new()) };
        let items = shared.iter().map(|at| Item { at: *at, size: sorted[*at].nar_size, key: keys[*at] }).collect();
        let bins = bins(items, alone_from);
        if alone.len() + bins.len() <= most || alone_from > u64::MAX / 2 {
            top.extend(rest);
            let alone = alone.into_iter().map(|at| (stem(sorted[at].path.name()), vec![at]));
            let shared = bins.into_iter().map(|bin| {
                (format!("shared-{}", bin.prefix), bin.items.iter().map(|item| item.at).collect::<Vec<_>>())
            });
            break alone.chain(shared).collect::<Vec<_>>();
        }
        alone_from *= 2;
    };

    let paths = |list: &[usize]| {
        let mut paths: Vec<StorePath> = list.iter().map(|at| sorted[*at].path.clone()).collect();
        paths.sort();
        paths
    };
    let height = |list: &[usize]| list.iter().map(|at| heights[*at]).max().unwrap_or(0);
    let mut named: Vec<(usize, String, Vec<usize>)> =
        layers.into_iter().map(|(name, list)| (height(&list), layer_text(&name), list)).collect();
    // Equal names stay in the order of `sorted`, which their numbers then follow.
    named.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let mut taken = BTreeSet::new();
    let mut planned = Vec::with_capacity(named.len());
    for (_, name, list) in named {
        planned.push(Planned { name: free_name(&name, &mut taken)?, paths: paths(&list), size: size(&list) });
    }
    Ok(Plan { layers: planned, top: paths(&top) })
}

/// Where each path stands; checks that there are no doubles and no gaps.
fn places<'a>(sorted: &[&'a Member]) -> Result<BTreeMap<&'a str, usize>, ClosureError> {
    let mut places = BTreeMap::new();
    for (at, member) in sorted.iter().enumerate() {
        if places.insert(member.path.as_str(), at).is_some() {
            return Err(ClosureError::Twice { path: member.path.clone() });
        }
    }
    for member in sorted {
        if let Some(reference) = member.references.iter().find(|path| !places.contains_key(path.as_str())) {
            return Err(ClosureError::NotClosed { path: member.path.clone(), reference: reference.clone() });
        }
    }
    Ok(places)
}

/// Small paths that no other refers to: what the image was made for, and what each new version of it changes.
fn small_ends(sorted: &[&Member], todo: &[usize], places: &BTreeMap<&str, usize>) -> Vec<usize> {
    let mut used = vec![false; sorted.len()];
    for (at, member) in sorted.iter().enumerate() {
        for below in member.references.iter().filter_map(|path| places.get(path.as_str())).filter(|below| **below != at)
        {
            used[*below] = true;
        }
    }
    todo.iter().copied().filter(|at| !used[*at] && sorted[*at].nar_size < SMALL).collect()
}

/// What decides each member's bin: the stem, so that a new version stays where it was, and in the lowest bits the rank
/// among those of one stem, so that a thousand paths of one name do not have to lie together.
fn keys(sorted: &[&Member]) -> Vec<u64> {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let key = |member: &&Member| {
        let stem = stem(member.path.name());
        let rank = seen.entry(stem.clone()).or_default();
        let key = stable_hash(&stem, 0) & !0xffff | stable_hash(&format!("{stem}#{rank}"), 0) & 0xffff;
        *rank += 1;
        key
    };
    sorted.iter().map(key).collect()
}

/// A stem as a layer's name takes it.
fn layer_text(stem: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "+.".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let text: String = stem.chars().map(allowed).take(LONGEST_STEM).collect();
    let text = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if text.is_empty() { "path".to_owned() } else { text.to_owned() }
}

fn free_name(name: &str, taken: &mut BTreeSet<String>) -> Result<LayerName, ClosureError> {
    let candidates = std::iter::once(name.to_owned()).chain((2_u64..).map(|number| format!("{name}-{number}")));
    for candidate in candidates {
        if taken.insert(candidate.clone()) {
            return Ok(LayerName::parse(&candidate)?);
        }
    }
    // The numbers do not end.
    Ok(LayerName::parse(name)?)
}
