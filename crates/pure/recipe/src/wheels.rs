//! Steps that install Python wheels.

use crate::{Interpreter, Node, Sealing, WheelStep};
use sage_oci_definition::{Resolved, Wheel};
use sage_oci_names::LayerName;

/// What installs a wheel.
pub(crate) fn wheel_step(
    image: &Resolved,
    wheel: &Wheel,
    fetch: &Node,
    interpreter: &Interpreter,
    sealing: Sealing,
    contents: Vec<String>,
) -> WheelStep {
    WheelStep {
        name: LayerName::parse(&format!("wheel-{}", wheel.name))
            .expect("the definition takes only names that may stand in a layer's"),
        sealing,
        interpreter: interpreter.clone(),
        distribution: wheel.name.clone(),
        version: wheel.version.clone(),
        archive: format!("{}/{}", fetch.out(), wheel.archive().file_name()),
        exclude: image.exclude.iter().chain(&wheel.exclude).cloned().collect(),
        include: image.include.clone(),
        contents,
    }
}
