use crate::Failure;
use crate::cli::{self, Building};
use crate::context;
use crate::printer::Printer;
use sage_oci_store::Words;

/// `nix-args`: this program goes into the store; the flags that hand it to the flake go to standard output, in one line.
pub fn run(options: &cli::NixArgs, printer: Printer) -> Result<(), Failure> {
    let building = Building { substituters: options.substituters.clone(), ..Building::default() };
    let nix = context::nix(&building)?;
    let tool = context::add_tool(&nix)?;
    let Words { words, config } = nix.words();
    for line in &config {
        printer.note(format_args!("this Nix also needs, before it: export NIX_CONFIG='{line}'"));
    }
    // The words switch flakes on; newer Nix wants that before the first flag that is about flakes.
    printer.result(format_args!("{} --override-input {} path:{tool}", words.join(" "), options.input));
    Ok(())
}
