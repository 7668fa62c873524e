use crate::context::{self, Context};
use crate::{Failure, cli};
use sage_oci_names::StorePath;
use serde::Serialize;

/// What `derivations --json` prints.
#[derive(Serialize)]
struct Report {
    format: u64,
    /// Inputs stand before what uses them.
    derivations: Vec<StorePath>,
    /// With `--missing`: store paths that a binary cache would give.
    #[serde(skip_serializing_if = "Option::is_none")]
    substitutes: Option<Vec<StorePath>>,
}

/// `derivations`: all of an image's, or those that would be built now.
pub fn run(context: &Context, options: &cli::Derivations) -> Result<(), Failure> {
    let nix = context::nix(&options.building)?;
    let plan = context.plan_target(&nix, &options.target)?;
    let mut derivations: Vec<StorePath> = plan.derivations().iter().map(|finished| finished.path.clone()).collect();
    let mut substitutes = None;
    if options.missing {
        let missing = plan.missing(&nix)?;
        derivations.retain(|path| missing.build.contains(path));
        let fetches = derivations.iter().filter(|path| path.name().starts_with("debs-")).count();
        context.printer.note(format_args!(
            "{} to build, {fetches} fetches among them; {} from binary caches{}",
            derivations.len(),
            missing.substitute.len(),
            if missing.download.is_empty() { String::new() } else { format!(" ({})", missing.download) },
        ));
        substitutes = Some(missing.substitute.into_iter().collect::<Vec<_>>());
    }
    if options.json {
        return context.printer.json(&Report { format: 1, derivations, substitutes });
    }
    derivations.iter().chain(substitutes.iter().flatten()).for_each(|path| context.printer.result(path));
    Ok(())
}
