//! What the solver asks, as tables that are complete before it starts.

use crate::links::Links;
use resolvo::{
    Candidates, Condition, ConditionId, ConditionalRequirement, Dependencies, DependencyProvider,
    HintDependenciesAvailable, Interner, KnownDependencies, NameId, Requirement, SolvableId, SolverCache, StringId,
    VersionSetId, VersionSetUnionId,
};
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn solvable(place: usize) -> SolvableId {
    SolvableId::from_raw(u32::try_from(place).expect("an index has far fewer than 2^32 packages"))
}

pub(crate) fn place(solvable: SolvableId) -> usize {
    solvable.into_raw() as usize
}

/// Some candidates of one name.
struct VersionSet {
    name: NameId,
    places: BTreeSet<usize>,
    /// The relation that it stands for.
    text: String,
}

/// The links in the solver's terms; all is known before it starts.
pub(crate) struct Tables<'l, 'u> {
    links: &'l Links<'u>,
    preferred: BTreeSet<usize>,
    names: Vec<String>,
    name_ids: BTreeMap<&'u PackageName, NameId>,
    candidates: BTreeMap<NameId, Vec<SolvableId>>,
    version_sets: Vec<VersionSet>,
    unions: Vec<Vec<VersionSetId>>,
    dependencies: BTreeMap<usize, KnownDependencies>,
}

impl<'l, 'u> Tables<'l, 'u> {
    pub(crate) fn new(
        links: &'l Links<'u>,
        roots: &[PackageName],
        preferred: &BTreeSet<usize>,
    ) -> (Self, Vec<ConditionalRequirement>) {
        let mut tables = Self {
            links,
            preferred: preferred.clone(),
            names: Vec::new(),
            name_ids: BTreeMap::new(),
            candidates: BTreeMap::new(),
            version_sets: Vec::new(),
            unions: Vec::new(),
            dependencies: BTreeMap::new(),
        };
        for (place, _) in links.nodes() {
            let name = links.name(place);
            let id = match tables.name_ids.get(name) {
                Some(id) => *id,
                None => {
                    let id = tables.new_name(name.to_string());
                    tables.name_ids.insert(name, id);
                    id
                }
            };
            tables.candidates.entry(id).or_default().push(solvable(place));
        }
        for (place, node) in links.nodes() {
            let requirements = node.needs.iter().map(|need| tables.requirement(&need.targets, &need.text)).collect();
            let constrains = tables.constraints(place);
            tables.dependencies.insert(place, KnownDependencies { requirements, constrains });
        }
        let requirements = roots
            .iter()
            .map(|root| tables.requirement(&links.universe.named(root).collect::<Vec<_>>(), root.as_str()))
            .collect();
        (tables, requirements)
    }

    fn new_name(&mut self, text: String) -> NameId {
        self.names.push(text);
        NameId::from_raw(u32::try_from(self.names.len() - 1).expect("fewer names than 2^32"))
    }

    fn version_set(&mut self, set: VersionSet) -> VersionSetId {
        self.version_sets.push(set);
        VersionSetId(u32::try_from(self.version_sets.len() - 1).expect("fewer relations than 2^32"))
    }

    /// A relation: what is preferred first, then apt's order.
    fn requirement(&mut self, targets: &[usize], text: &str) -> ConditionalRequirement {
        let mut ordered = targets.to_vec();
        ordered.sort_by_key(|target| !self.preferred.contains(target));
        let mut sets = Vec::new();
        for target in ordered {
            let name = self.name_ids[self.links.name(target)];
            sets.push(self.version_set(VersionSet { name, places: BTreeSet::from([target]), text: text.to_owned() }));
        }
        match sets[..] {
            [] => {
                // A name of its own that has no candidates: the relation cannot be satisfied.
                let name = self.new_name(text.to_owned());
                let set = VersionSet { name, places: BTreeSet::new(), text: text.to_owned() };
                self.version_set(set).into()
            }
            [one] => one.into(),
            _ => {
                self.unions.push(sets);
                let last = u32::try_from(self.unions.len() - 1).expect("fewer relations than 2^32");
                Requirement::Union(VersionSetUnionId(last)).into()
            }
        }
    }

    /// Conflicts: of each name that is quarrelled with, only the other versions may be installed.
    fn constraints(&mut self, place: usize) -> Vec<VersionSetId> {
        let quarrels = &self.links.node(place).quarrels;
        let names: BTreeSet<NameId> = quarrels.iter().map(|other| self.name_ids[self.links.name(*other)]).collect();
        let mut sets = Vec::new();
        for name in names {
            let places =
                self.candidates[&name].iter().map(|s| self::place(*s)).filter(|p| !quarrels.contains(p)).collect();
            sets.push(self.version_set(VersionSet { name, places, text: "conflict".to_owned() }));
        }
        sets
    }

    /// The text of a relation.
    pub(crate) fn requirement_text(&self, requirement: Requirement) -> &str {
        let set = match requirement {
            Requirement::Single(set) => set,
            Requirement::Union(union) => self.unions[union.0 as usize][0],
        };
        &self.version_sets[set.0 as usize].text
    }
}

impl Interner for Tables<'_, '_> {
    type NameId = NameId;
    type SolvableId = SolvableId;

    fn display_solvable(&self, solvable: SolvableId) -> impl std::fmt::Display + '_ {
        let candidate = self.links.universe.candidate(place(solvable));
        format!("{} {}", candidate.name, candidate.version)
    }

    fn display_name(&self, name: NameId) -> impl std::fmt::Display + '_ {
        &self.names[name.into_raw() as usize]
    }

    fn display_version_set(&self, version_set: VersionSetId) -> impl std::fmt::Display + '_ {
        &self.version_sets[version_set.0 as usize].text
    }

    fn display_string(&self, _: StringId) -> impl std::fmt::Display + '_ {
        // Strings are reasons of exclusion, and nothing is ever excluded.
        ""
    }

    fn version_set_name(&self, version_set: VersionSetId) -> NameId {
        self.version_sets[version_set.0 as usize].name
    }

    fn solvable_name(&self, solvable: SolvableId) -> NameId {
        self.name_ids[self.links.name(place(solvable))]
    }

    fn version_sets_in_union(&self, union: VersionSetUnionId) -> impl Iterator<Item = VersionSetId> {
        self.unions[union.0 as usize].iter().copied()
    }

    fn resolve_condition(&self, _: ConditionId) -> Condition {
        unreachable!("no requirement is conditional in Debian")
    }
}

impl DependencyProvider for Tables<'_, '_> {
    async fn filter_candidates(
        &self,
        candidates: &[SolvableId],
        version_set: VersionSetId,
        inverse: bool,
    ) -> Vec<SolvableId> {
        let places = &self.version_sets[version_set.0 as usize].places;
        candidates.iter().copied().filter(|candidate| places.contains(&place(*candidate)) != inverse).collect()
    }

    async fn get_candidates(&self, name: NameId) -> Option<Candidates> {
        Some(Candidates {
            candidates: self.candidates.get(&name)?.clone(),
            hint_dependencies_available: HintDependenciesAvailable::None,
            ..Candidates::default()
        })
    }

    async fn sort_candidates(&self, _: &SolverCache<Self>, solvables: &mut [SolvableId]) {
        // Places of one name run from the newest version to the oldest.
        solvables.sort_by_key(|solvable| (!self.preferred.contains(&place(*solvable)), place(*solvable)));
    }

    async fn get_dependencies(&self, solvable: SolvableId) -> Dependencies {
        Dependencies::Known(self.dependencies.get(&place(solvable)).cloned().unwrap_or_default())
    }
}
