use crate::context::{self, Context};
use crate::{Failure, cli};
use sage_oci_emit::dot;
use sage_oci_names::StorePath;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `graph --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    format: u64,
    /// Inputs stand before what uses them.
    derivations: Vec<Node<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    derivation: &'a StorePath,
    outputs: &'a BTreeMap<String, StorePath>,
    inputs: Vec<&'a StorePath>,
}

/// `graph`: an image's derivations and what each needs. Nothing is built or registered.
pub fn run(context: &Context, options: &cli::Graph) -> Result<(), Failure> {
    let nix = context::nix(&cli::Building::default())?;
    let plan = context.plan_target(&nix, &options.target)?;
    if !options.json {
        context.printer.result(dot(plan.derivations()).trim_end());
        return Ok(());
    }
    let derivations = plan.derivations().iter().map(|finished| Node {
        derivation: &finished.path,
        outputs: &finished.outputs,
        inputs: finished.derivation.input_derivations.keys().collect(),
    });
    context.printer.json(&Report { format: 1, derivations: derivations.collect() })
}
