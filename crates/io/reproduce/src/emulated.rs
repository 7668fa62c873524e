//! Layers that are built once more by an emulator of an older processor.

use crate::{Bench, Conditions, Ran, ReproduceError, Request, Watch};
use sage_oci_names::{LayerName, StorePath};
use sage_oci_verify::{Candidate, NotVaried, Variation};
use std::path::Path;
use std::sync::Mutex;

/// The layers of an image, with what decides whether they are emulated.
pub(crate) fn candidates(request: &Request<'_>, size: impl Fn(&LayerName) -> Option<u64>) -> Vec<Candidate> {
    let kind = |derivation: &StorePath| {
        let spec = request.derivations.get(derivation)?.derivation.env.get("spec")?;
        let spec: serde_json::Value = serde_json::from_str(spec).ok()?;
        Some(spec.get("step")?.as_str()?.to_owned())
    };
    let of = |(name, derivation): &(LayerName, StorePath)| {
        Some(Candidate {
            name: name.clone(),
            kind: kind(derivation).unwrap_or_default(),
            // What the image lacks was told already.
            size: size(name)?,
        })
    };
    request.layers.iter().filter_map(of).collect()
}

/// What came of a layer under the emulator.
pub(crate) type Emulated = (LayerName, Result<Ran, ReproduceError>);

/// Builds layers once more by the emulator, of the same inputs and without any other variation. Nothing is traced: what the tracer saw
/// would be the emulator's own questions.
///
/// Each may fail for itself, where the emulator knows less than the kernel.
pub(crate) fn build(
    request: &Request<'_>,
    bench: &Bench<'_>,
    folder: &Path,
    chosen: Vec<(LayerName, StorePath)>,
    watch: &dyn Watch,
) -> Result<Vec<Emulated>, ReproduceError> {
    let (conditions, _) = Conditions::of(&[Variation::CpuKind].into(), &request.here);
    let (left, done) = (Mutex::new(chosen), Mutex::new(Vec::new()));
    let locked = |left: &Mutex<Vec<(LayerName, StorePath)>>| left.lock().ok()?.pop();
    std::thread::scope(|scope| {
        let work = || {
            while let Some((name, derivation)) = locked(&left) {
                let ran = bench.once_more(&derivation, &folder.join(name.as_str()), &conditions);
                let count = left.lock().map(|left| left.len()).unwrap_or_default();
                let goes_on = watch.built(name.as_str(), count);
                if let Ok(mut done) = done.lock() {
                    done.push((name, if goes_on { ran } else { Err(ReproduceError::Interrupted) }));
                }
            }
        };
        for _ in 0..request.jobs.max(1) {
            scope.spawn(work);
        }
    });
    let done = done.into_inner().unwrap_or_default();
    match done.iter().any(|(_, ran)| matches!(ran, Err(ReproduceError::Interrupted))) {
        true => Err(ReproduceError::Interrupted),
        false => Ok(done),
    }
}

/// A layer that the emulator could not build.
pub(crate) fn not_varied(name: &LayerName, error: &ReproduceError) -> NotVaried {
    NotVaried { variation: Variation::CpuKind, why: format!("for {name}: {error}") }
}
