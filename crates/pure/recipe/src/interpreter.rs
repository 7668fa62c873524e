use crate::packages::{Packages, fetch_file, fetch_step};
use crate::{Fetch, Graph, Interpreter, RecipeError};
use sage_oci_lock::{Lock, Python, ToolPackage};
use sage_oci_names::{Architecture, ImageName};

/// The Python that compiles an image's modules, and the fetch that it alone needs.
///
/// On a machine of the image's architecture it is the image's own, from the very archives of its layers. On another one it
/// is a Python that the lock pins beside the image, of the same version, and its archives have a fetch of their own.
pub(crate) fn interpreter(
    graph: &mut Graph,
    lock: &Lock,
    packages: &Packages<'_>,
    image: &ImageName,
    machine: Architecture,
) -> Result<(Interpreter, Option<Fetch>), RecipeError> {
    let Python { version, packages: names } =
        lock.python().ok_or_else(|| RecipeError::NoPython { image: image.clone() })?;
    if machine == lock.architecture {
        let archive = |name| packages.archive(name, "the Python that compiles");
        let archives = names.iter().map(archive).collect::<Result<_, _>>()?;
        return Ok((Interpreter { archives, version, architecture: machine }, None));
    }
    let locked = lock.interpreters.get(&machine).ok_or_else(|| RecipeError::Foreign {
        image: image.clone(),
        channel: lock.channel.to_string(),
        machine,
        target: lock.architecture,
    })?;
    let file = |p: &ToolPackage| fetch_file(lock, p.suite.as_deref(), p.file_name(), p.path.clone(), p.size, p.sha256);
    let step = fetch_step(lock, locked.packages.iter().map(file).collect());
    let fetch = Fetch::add(graph, format!("debs-python-{machine}"), step, locked.fetch.nar_sha256);
    let archive = |package: &ToolPackage| format!("{}/{}", fetch.node.out(), package.file_name());
    let archives = locked.packages.iter().map(archive).collect();
    Ok((Interpreter { archives, version: locked.version.clone(), architecture: machine }, Some(fetch)))
}
