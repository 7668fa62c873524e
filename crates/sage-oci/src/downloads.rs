use crate::interrupt;
use sage_oci_fetch::Options;

/// How archives are downloaded.
pub fn options(connections: usize) -> Options {
    Options { connections, stop: interrupt::flag(), ..Options::default() }
}
