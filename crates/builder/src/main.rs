//! The builder: what Nix runs in its sandbox, one build step a process.
//!
//! Every derivation depends on this program's store path, so it holds what steps need and nothing else: whatever else of the
//! project changes, the paths of images stay. It takes no arguments; Nix's environment says what to do. (It gives itself some
//! where it starts itself again, to run programs of a root.)

use sage_oci_hint::Hint as _;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [first, stage, plan] = arguments.as_slice()
        && first == sage_oci_steps::ENTER
    {
        sage_oci_steps::enter(&stage.to_string_lossy(), Path::new(plan));
        return ExitCode::SUCCESS;
    }
    // A person who tries it out would else be told of a variable that Nix sets.
    if !arguments.is_empty() {
        eprintln!(
            "error: this program takes no arguments: it is the builder of Nix derivations\nhint: the command is `sage-oci`"
        );
        return ExitCode::from(2);
    }
    match sage_oci_steps::run_from_environment() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(2)
        }
    }
}

/// An error and its causes on one line, a cause left out where the error's text repeats it already.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}
