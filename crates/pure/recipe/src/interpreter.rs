use crate::packages::Packages;
use crate::tools::fetch_tools;
use crate::{Fetch, Graph, Interpreter, RecipeError};
use sage_oci_lock::{Lock, Python};
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
    let (fetch, archives) = fetch_tools(graph, lock, format!("debs-python-{machine}"), &locked.fetch, &locked.packages);
    Ok((Interpreter { archives, version: locked.version.clone(), architecture: machine }, Some(fetch)))
}
