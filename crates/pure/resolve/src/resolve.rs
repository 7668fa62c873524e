use crate::links::Links;
use crate::prune::prune;
use crate::solve::solve;
use crate::walk::walk;
use crate::{ResolveError, Universe};
use sage_oci_names::{DebVersion, PackageName};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
pub struct Request<'a> {
    /// Packages by name; their order does not matter.
    pub wanted: &'a [PackageName],
    /// Packages that are there already: they stay, and nobody is asked whether they are left out.
    pub kept: &'a [PackageName],
    /// Whether a package is left out: it satisfies what depends on it, but is not installed, and what it depends on
    /// itself does not count.
    pub omit: &'a dyn Fn(&PackageName) -> bool,
}

/// The answer: packages that satisfy each other's relations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// What is installed, sorted by name.
    pub packages: Vec<Resolved>,
    /// What is left out although something needs it, sorted by name.
    pub omitted: Vec<StandIn>,
}

/// One package of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: DebVersion,
    /// Its architecture, as in the index.
    pub architecture: String,
    /// Why it is there.
    pub reason: Reason,
    /// Packages of the answer that satisfy its relations, sorted.
    pub depends: Vec<PackageName>,
}

/// Why a package is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It was asked for.
    Wanted,
    /// Debian marks it Essential, which installs it everywhere.
    Essential,
    /// The named package needs it; the first by breadth from what was asked for.
    RequiredBy(PackageName),
}

/// A package that is left out although packages of the answer need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// Its name.
    pub name: PackageName,
    /// The version that the index offers.
    pub version: DebVersion,
    /// Packages of the answer that need it, sorted.
    pub wanted_by: Vec<PackageName>,
    /// Virtual packages that they need it for, with the version that it gives each, if any.
    pub provides: BTreeMap<PackageName, Option<DebVersion>>,
}

/// Finds the packages that `request` and all Essential packages need.
///
/// The answer depends on the set of candidates and the set of wanted packages alone, not on their order.
///
/// # Errors
/// A wanted package that is unknown or left out, a relation that cannot be read, or packages that quarrel.
pub fn resolve(universe: &Universe, request: &Request<'_>) -> Result<Resolution, ResolveError> {
    let wanted: BTreeSet<&PackageName> = request.wanted.iter().collect();
    for name in &wanted {
        if !universe.contains(name) {
            return Err(ResolveError::Unknown { name: (*name).clone(), nearest: universe.nearest(name.as_str()) });
        }
        if (request.omit)(name) {
            return Err(ResolveError::WantedOmitted { name: (*name).clone() });
        }
    }
    let essential = universe.essential();
    let mut roots: Vec<PackageName> = wanted.iter().map(|name| (*name).clone()).collect();
    let kept: BTreeSet<&PackageName> = request.kept.iter().collect();
    roots.extend(essential.into_iter().filter(|name| !wanted.contains(name) && !(request.omit)(name)));
    // What is there already counts as asked for, behind what really is.
    roots.extend(kept.into_iter().cloned());
    let mut seen = BTreeSet::new();
    roots.retain(|name| seen.insert(name.clone()));

    let links = Links::new(universe, &roots, request.omit)?;
    let newest: Vec<usize> = roots.iter().filter_map(|name| universe.named(name).next()).collect();
    let preferred = walk(&links, &newest);
    let chosen = solve(&links, &roots, &preferred)?;
    let root_places: Vec<usize> =
        roots.iter().filter_map(|name| universe.named(name).find(|place| chosen.contains(place))).collect();
    let reached = prune(&links, &root_places, &chosen);

    let mut packages = Vec::new();
    let mut omitted: BTreeMap<usize, Vec<PackageName>> = BTreeMap::new();
    // Places are sorted by name, and one name stands once in an answer.
    for (place, parent) in &reached.parents {
        if links.node(*place).omitted {
            continue;
        }
        let (gone, depends): (Vec<usize>, Vec<usize>) =
            reached.depends[place].iter().partition(|other| links.node(**other).omitted);
        let candidate = universe.candidate(*place);
        for other in gone {
            omitted.entry(other).or_default().push(candidate.name.clone());
        }
        packages.push(Resolved {
            name: candidate.name.clone(),
            version: candidate.version.clone(),
            architecture: candidate.architecture.clone(),
            reason: match parent {
                None if wanted.contains(&candidate.name) => Reason::Wanted,
                None => Reason::Essential,
                Some(parent) => Reason::RequiredBy(links.name(*parent).clone()),
            },
            depends: depends.iter().map(|other| links.name(*other).clone()).collect(),
        });
    }
    let omitted = omitted
        .into_iter()
        .map(|(place, wanted_by)| {
            let candidate = universe.candidate(place);
            let provides = reached.provided.get(&place).cloned().unwrap_or_default();
            StandIn { name: candidate.name.clone(), version: candidate.version.clone(), wanted_by, provides }
        })
        .collect();
    Ok(Resolution { packages, omitted })
}
