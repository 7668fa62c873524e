use crate::ResolveError;
use crate::explain::explain;
use crate::links::Links;
use crate::tables::{Tables, place, solvable};
use resolvo::{Problem, SolvableId, Solver, UnsolvableOrCancelled};
use sage_oci_names::PackageName;
use std::collections::BTreeSet;

/// Proves a choice, or finds the consistent one that keeps as much of it as the solver can.
///
/// `preferred` is what the walk chose: the solver tries it first wherever there is a choice.
pub(crate) fn solve(
    links: &Links<'_>,
    roots: &[PackageName],
    preferred: &BTreeSet<usize>,
) -> Result<BTreeSet<usize>, ResolveError> {
    let (tables, requirements) = Tables::new(links, roots, preferred);
    let soft: Vec<SolvableId> = preferred.iter().map(|place| solvable(*place)).collect();
    let problem = Problem::new().requirements(requirements).soft_requirements(soft);
    let mut solver = Solver::new(tables);
    match solver.solve(problem) {
        Ok(chosen) => Ok(chosen.into_iter().map(place).collect()),
        Err(UnsolvableOrCancelled::Unsolvable(conflict)) => {
            let graph = conflict.graph(&solver);
            Err(ResolveError::Unsatisfiable { quarrels: explain(links, solver.provider(), &graph) })
        }
        Err(UnsolvableOrCancelled::Cancelled(_)) => unreachable!("the provider never cancels"),
    }
}
