use crate::Failure;
use sage_oci_machine::Parallel;
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

/// How many builds this machine does at once, and with how many threads each.
pub fn parallel() -> Parallel {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    sage_oci_machine::parallel(processors, sage_oci_machine::memory_available())
}
