use crate::Failure;
use crate::cli::{Building, Target};
use crate::context::{self, Context};

/// `emit`: the derivations go into the store, the top one's path to standard output.
pub fn run(context: &Context, target: &Target) -> Result<(), Failure> {
    let nix = context::nix(&Building::default())?;
    let plan = context.plan_target(&nix, target)?;
    plan.register(&nix)?;
    context.printer.result(plan.derivation());
    Ok(())
}
