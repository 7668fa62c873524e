use crate::Failure;

/// `builder`: one step, described by Nix's environment.
pub fn run() -> Result<(), Failure> {
    Ok(sage_oci_build::run_from_environment()?)
}
