use crate::cli::{self, Building};
use crate::context;
use crate::{Failure, Printer, builder};
use sage_oci_names::StorePath;

/// `builder`: it goes into the store, its path to standard output.
pub fn run(options: &cli::Builder, asked: Option<&StorePath>, printer: Printer) -> Result<(), Failure> {
    let building = Building { substituters: options.substituters.clone(), ..Building::default() };
    printer.result(builder::in_store(&context::nix(&building)?, asked)?);
    Ok(())
}
