use crate::Failure;
use sage_oci_names::Architecture;

/// The architecture that is asked for, or this machine's.
pub fn architecture(asked: Option<Architecture>) -> Result<Architecture, Failure> {
    asked.map_or_else(machine, Ok)
}

/// This machine's architecture.
pub fn machine() -> Result<Architecture, Failure> {
    Architecture::host().ok_or_else(|| {
        Failure::new(
            format_args!("this machine's architecture, {}, is not supported", std::env::consts::ARCH),
            Some("images are built on amd64 and arm64 machines".to_owned()),
        )
    })
}
