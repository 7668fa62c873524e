//! Packages that a build uses on a machine of another architecture than the image's, and that no image holds.

use crate::packages::{fetch_file, fetch_step};
use crate::{Fetch, Graph, LayerPackage, RecipeError};
use sage_oci_lock::{FetchGroup, Lock, ToolPackage};
use sage_oci_names::Architecture;
use std::collections::BTreeMap;

/// Adds the fetch of what compiles for the lock's architecture on a machine of another one, and says what is to be unpacked of
/// it; `None` for a machine of the lock's architecture, whose compilers are packages of the image that has them.
///
/// # Errors
/// [`RecipeError::NoCompilers`] where the lock pins none for such a machine.
pub fn compilers(
    graph: &mut Graph,
    lock: &Lock,
    machine: Architecture,
) -> Result<Option<(Fetch, Vec<LayerPackage>)>, RecipeError> {
    if machine == lock.architecture {
        return Ok(None);
    }
    let locked = lock.compilers.get(&machine).ok_or_else(|| RecipeError::NoCompilers {
        channel: lock.channel.to_string(),
        machine,
        target: lock.architecture,
    })?;
    let (fetch, archives) =
        fetch_tools(graph, lock, format!("debs-compilers-{machine}"), &locked.fetch, &locked.packages);
    let package = |(package, archive): (&ToolPackage, String)| LayerPackage {
        name: package.name.clone(),
        archive,
        scripts: BTreeMap::new(),
        replaced: BTreeMap::new(),
    };
    let packages = locked.packages.iter().zip(archives).map(package).collect();
    Ok(Some((fetch, packages)))
}

/// Adds a fetch of such packages; where each archive will lie in the store, in the packages' order, stands beside it.
pub(crate) fn fetch_tools(
    graph: &mut Graph,
    lock: &Lock,
    name: String,
    group: &FetchGroup,
    packages: &[ToolPackage],
) -> (Fetch, Vec<String>) {
    let file = |p: &ToolPackage| fetch_file(lock, p.suite.as_deref(), p.file_name(), p.path.clone(), p.size, p.sha256);
    let step = fetch_step(lock, packages.iter().map(file).collect());
    let fetch = Fetch::add(graph, name, step, group.nar_sha256);
    let archive = |package: &ToolPackage| format!("{}/{}", fetch.node.out(), package.file_name());
    let archives = packages.iter().map(archive).collect();
    (fetch, archives)
}
