use crate::Failure;

/// `builder`: one step, described by Nix's environment.
pub fn run() -> Result<(), Failure> {
    Ok(sage_oci_steps::run_from_environment()?)
}
