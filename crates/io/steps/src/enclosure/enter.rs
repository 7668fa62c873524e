use super::failure::Failure;
use super::plan::{Plan, Report};
use super::stage::{INNER, OUTER};
use super::{commands, namespaces};
use std::path::Path;

/// What the builder does when it is started with [`ENTER`](super::ENTER): one stage of entering an enclosure.
///
/// It needs a process without other threads. The report goes to standard output, as JSON; nothing else matters to whoever started it.
pub fn enter(stage: &str, plan: &Path) {
    let report = match (stage, read(plan)) {
        (OUTER, Ok(read)) => namespaces::outer(&read, plan),
        (INNER, Ok(plan)) => commands::inner(&plan).map(Some),
        (_, Err(failure)) => Err(failure),
        _ => Ok(None),
    };
    let report = match report {
        Ok(None) => return,
        Ok(Some(ran)) => Report::Ran(ran),
        Err(Failure { what, errno, forbidden }) => Report::NotMade { what, errno: errno as i32, forbidden },
    };
    println!("{}", serde_json::to_string(&report).unwrap_or_default());
}

fn read(plan: &Path) -> Result<Plan, Failure> {
    let failed = || Failure::new(format!("read the plan {}", plan.display()), nix::Error::EINVAL);
    serde_json::from_slice(&sage_oci_files::read(plan).map_err(|_| failed())?).map_err(|_| failed())
}
