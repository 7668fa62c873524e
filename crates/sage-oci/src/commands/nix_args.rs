use crate::cli::{self, Building};
use crate::context;
use crate::printer::Printer;
use crate::{Failure, builder};
use sage_oci_names::StorePath;
use sage_oci_store::Words;

/// `nix-args`: this program and the builder go into the store; the flags that hand them to the flake go to standard output, in
/// one line.
pub fn run(options: &cli::NixArgs, asked: Option<&StorePath>, printer: Printer) -> Result<(), Failure> {
    let building = Building { substituters: options.substituters.clone(), ..Building::default() };
    let nix = context::nix(&building)?;
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format_args!("cannot find this program's own file: {error}"), None))?;
    let inputs = [("builder", builder::in_store(&nix, asked)?), ("command", nix.add_tool("sage-oci", &own)?)];
    let Words { words, config } = nix.words();
    for line in &config {
        printer.note(format_args!("this Nix also needs, before it: export NIX_CONFIG='{line}'"));
    }
    // The words switch flakes on; newer Nix wants that before the first flag that is about flakes.
    let above = options.input.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
    let inputs = inputs.map(|(input, path)| format!("--override-input {above}{input} path:{path}"));
    printer.result(format_args!("{} {}", words.join(" "), inputs.join(" ")));
    Ok(())
}
