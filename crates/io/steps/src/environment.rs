use crate::closure::{PathInfo, run_closure};
use crate::{Outputs, StepError, resources, run};
use sage_oci_step::Step;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Does the step of the derivation whose builder this program is.
///
/// Of the environment only this matters (Nix manual, "Derivations"): `specPath`, the file that `passAsFile` makes of the
/// step; `out` and `contents`, the outputs; `TMPDIR` or `NIX_BUILD_TOP`, a scratch folder; `NIX_BUILD_CORES`, where 0
/// means all. Where there is no `specPath`, `NIX_ATTRS_JSON_FILE` holds step, outputs and closure (Nix manual, "Structured
/// attributes"). Fetching also looks at the usual proxy variables.
///
/// The last line on standard error says what was used: [`sage_oci_step::Resources`].
///
/// # Errors
///
/// A variable is missing, the step cannot be read, or the step fails.
pub fn run_from_environment() -> Result<(), StepError> {
    run_from(|name| std::env::var_os(name))
}

fn run_from(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), StepError> {
    if let (None, Some(file)) = (variable("specPath"), variable("NIX_ATTRS_JSON_FILE")) {
        let mut file = PathBuf::from(file);
        // Nix 2.8 names the file as it is called outside the sandbox.
        if let (false, Some(top)) = (sage_oci_files::exists(&file)?, variable("NIX_BUILD_TOP")) {
            file = Path::new(&top).join(".attrs.json");
        }
        return run_structured(&file, cores(variable("NIX_BUILD_CORES")));
    }
    let need = |name: &'static str| variable(name).ok_or(StepError::Environment { name });
    let step: Step = serde_json::from_slice(&sage_oci_files::read(need("specPath")?)?)
        .map_err(|error| StepError::Spec { why: error.to_string() })?;
    let outputs = Outputs { out: need("out")?.into(), contents: variable("contents").map(PathBuf::from) };
    let scratch = variable("TMPDIR").or_else(|| variable("NIX_BUILD_TOP"));
    let scratch = PathBuf::from(scratch.ok_or(StepError::Environment { name: "NIX_BUILD_TOP" })?);
    run(step, &outputs, &scratch, cores(variable("NIX_BUILD_CORES")))?;
    let paths = std::iter::once(&outputs.out).chain(&outputs.contents).map(PathBuf::as_path);
    eprintln!("{}", resources::used(paths)?.line());
    Ok(())
}

/// What a derivation with structured attributes finds in the file that Nix writes for it.
#[derive(Deserialize)]
struct Attributes {
    spec: Step,
    outputs: BTreeMap<String, PathBuf>,
    /// `exportReferencesGraph.closure`.
    closure: Vec<PathInfo>,
}

/// Does a closure step: the closure is in the same file, which Nix writes whatever its size.
fn run_structured(file: &Path, threads: usize) -> Result<(), StepError> {
    let spec = |why: String| StepError::Spec { why };
    let Attributes { spec: step, outputs, closure } =
        serde_json::from_slice(&sage_oci_files::read(file)?).map_err(|error| spec(error.to_string()))?;
    let out = outputs.get("out").ok_or(StepError::Environment { name: "out" })?;
    let Step::Closure(step) = step else {
        return Err(spec("only closure images come as structured attributes".to_owned()));
    };
    let members = closure.iter().map(PathInfo::member).collect::<Result<Vec<_>, _>>()?;
    run_closure(&step, &members, out, threads)
}

/// How many threads may work: what Nix says, or all there are.
fn cores(text: Option<OsString>) -> usize {
    match text.and_then(|text| text.to_str()?.parse().ok()) {
        None | Some(0) => std::thread::available_parallelism().map_or(1, usize::from),
        Some(cores) => cores,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = run_from(|_| None).unwrap_err();
        assert!(matches!(error, StepError::Environment { name: "specPath" }));
    }

    #[test]
    fn a_malformed_step_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let spec = dir.path().join("spec");
        sage_oci_files::write_atomic(&spec, br#"{"step":"dance"}"#).unwrap();
        let error = run_from(|name| (name == "specPath").then(|| spec.clone().into())).unwrap_err();
        assert!(matches!(error, StepError::Spec { .. }), "{error}");
    }

    #[test]
    fn zero_cores_means_all() {
        assert_eq!(cores(Some("3".into())), 3);
        assert!(cores(Some("0".into())) >= 1);
        assert_eq!(cores(Some("rubbish".into())), cores(None));
    }
}
