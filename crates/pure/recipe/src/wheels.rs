//! Steps that fetch and install Python wheels.

use crate::sources::patches;
use crate::{FetchFile, FetchStep, Handle, Interpreter, Sealing, WheelStep};
use sage_oci_definition::{Resolved, Wheel};
use sage_oci_names::LayerName;
use std::collections::BTreeMap;

/// What fetches a wheel: a folder with it alone.
pub(crate) fn fetch_step(wheel: &Wheel) -> FetchStep {
    let name = wheel.file_name().to_owned();
    let file = FetchFile { path: name.clone(), name, size: wheel.size, sha256: wheel.sha256, mirrors: Vec::new() };
    FetchStep { mirrors: wheel.roots(), files: vec![file] }
}

/// What installs a wheel; `files` has its patches.
pub(crate) fn wheel_step(
    image: &Resolved,
    wheel: &Wheel,
    fetch: &Handle,
    interpreter: &Interpreter,
    files: &BTreeMap<String, String>,
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
        archive: format!("{}/{}", fetch.out, wheel.file_name()),
        patches: patches(&wheel.patches, files),
        exclude: image.exclude.iter().chain(&wheel.exclude).cloned().collect(),
        include: image.include.clone(),
        contents,
    }
}
