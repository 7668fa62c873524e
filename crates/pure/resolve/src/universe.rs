use crate::candidate::{Candidate, MultiArch};
use crate::relation::{Comparison, Qualifier, Relation, parse_relations};
use crate::{ResolveError, nearest};
use sage_oci_names::{Architecture, DebVersion, PackageName};
use std::collections::BTreeMap;

/// All candidates of an architecture, by name and by what they provide.
#[derive(Debug)]
pub struct Universe {
    architecture: Architecture,
    /// Sorted by name, the newest version first; places in here are the numbers that the crate reckons with.
    candidates: Vec<Candidate>,
    names: BTreeMap<PackageName, std::ops::Range<usize>>,
    provides: BTreeMap<PackageName, Vec<(usize, Option<DebVersion>)>>,
}

impl Universe {
    /// Takes the candidates of one machine architecture and of `all`, in any order; others are dropped, as are
    /// repetitions of a name, version and architecture.
    ///
    /// # Errors
    /// A `Provides` field that cannot be read.
    pub fn new(candidates: Vec<Candidate>, architecture: Architecture) -> Result<Self, ResolveError> {
        let mut candidates: Vec<Candidate> = candidates
            .into_iter()
            .filter(|candidate| candidate.architecture == architecture.debian() || candidate.architecture == "all")
            .collect();
        // Every field takes part, so that equal keys do not leave the choice to the input's order.
        candidates.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| b.version.cmp(&a.version)).then_with(|| a.cmp(b)));
        candidates.dedup_by(|a, b| (&a.name, &a.version, &a.architecture) == (&b.name, &b.version, &b.architecture));
        let mut names: BTreeMap<PackageName, std::ops::Range<usize>> = BTreeMap::new();
        let mut provides: BTreeMap<PackageName, Vec<(usize, Option<DebVersion>)>> = BTreeMap::new();
        for (place, candidate) in candidates.iter().enumerate() {
            names.entry(candidate.name.clone()).or_insert(place..place).end = place + 1;
            if candidate.provides.is_empty() {
                continue;
            }
            let groups = parse_relations(&candidate.provides, architecture)
                .map_err(|source| ResolveError::relation(candidate, "Provides", source))?;
            for relation in groups.into_iter().flatten() {
                // Only `=` means anything in Provides (policy 7.5).
                let version = relation.version.filter(|(how, _)| *how == Comparison::Equal).map(|(_, version)| version);
                provides.entry(relation.name).or_default().push((place, version));
            }
        }
        Ok(Self { architecture, candidates, names, provides })
    }

    /// The machine architecture.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The names of all packages marked Essential, sorted.
    pub fn essential(&self) -> Vec<PackageName> {
        let mut names: Vec<PackageName> =
            self.candidates.iter().filter(|candidate| candidate.essential).map(|c| c.name.clone()).collect();
        names.dedup();
        names
    }

    /// Whether a package of this name can be had (a name that is only provided does not count).
    pub fn contains(&self, name: &PackageName) -> bool {
        self.names.contains_key(name)
    }

    /// Up to three package names that look like `name`, the most similar first.
    pub fn nearest(&self, name: &str) -> Vec<PackageName> {
        nearest(name, self.names.keys())
    }

    pub(crate) fn candidate(&self, place: usize) -> &Candidate {
        &self.candidates[place]
    }

    /// The places of the candidates with a name, the newest version first.
    pub(crate) fn named(&self, name: &PackageName) -> std::ops::Range<usize> {
        self.names.get(name).cloned().unwrap_or(0..0)
    }

    /// The candidates that a relation accepts, in apt's order of preference: packages of that name, the newest
    /// first, then those that provide it: essential ones, protected ones, by priority, by name.
    pub(crate) fn matching(&self, relation: &Relation) -> Vec<usize> {
        let version_fits = |found: Option<&DebVersion>| match (&relation.version, found) {
            (None, _) => true,
            (Some((how, wanted)), Some(found)) => how.holds(found, wanted),
            // A versioned relation never takes an unversioned Provides (policy 7.5).
            (Some(_), None) => false,
        };
        let mut places: Vec<usize> =
            self.named(&relation.name).filter(|place| version_fits(Some(&self.candidates[*place].version))).collect();
        let mut providers: Vec<usize> = self
            .provides
            .get(&relation.name)
            .into_iter()
            .flatten()
            .filter(|(place, version)| version_fits(version.as_ref()) && self.candidates[*place].name != relation.name)
            .map(|(place, _)| *place)
            .collect();
        providers.sort_by_key(|place| {
            let candidate = &self.candidates[*place];
            (!candidate.essential, !candidate.protected, candidate.priority_rank(), *place)
        });
        providers.dedup();
        places.append(&mut providers);
        places.retain(|place| self.qualifier_fits(relation, &self.candidates[*place]));
        places
    }

    /// How a candidate provides `name`, which is not its own: `Some` with the version that its Provides gives, if any. Of
    /// several the highest: it may provide a name both with a version and without one.
    pub(crate) fn provided(&self, place: usize, name: &PackageName) -> Option<Option<DebVersion>> {
        let all = self.provides.get(name).into_iter().flatten();
        all.filter(|(provider, _)| *provider == place).map(|(_, version)| version.clone()).max()
    }

    fn qualifier_fits(&self, relation: &Relation, candidate: &Candidate) -> bool {
        match &relation.qualifier {
            // The machine's architecture is the only one that is ever installed, and `all` counts as it.
            None | Some(Qualifier::Native) => true,
            Some(Qualifier::Any) => candidate.multi_arch == MultiArch::Allowed,
            Some(Qualifier::Named(name)) => **name == *self.architecture.debian(),
        }
    }
}
