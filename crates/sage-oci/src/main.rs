//! The command. It parses, calls, prints; what it decides and does is in the crates below it.

mod architectures;
mod builder;
mod cli;
mod commands;
mod context;
mod downloads;
mod failure;
mod interrupt;
mod machine;
mod printer;
mod progress;
mod registries;
mod revision;
mod runtime;

use clap::{CommandFactory, Parser};
use cli::Cli;
use failure::Failure;
use printer::Printer;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    // This program started itself, to become one that is traced.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == sage_oci_trace::ENTER) {
        return sage_oci_trace::enter(arguments);
    }
    let cli = Cli::parse_from(words());
    let printer = Printer::new(cli.quiet);
    match commands::run(cli, printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(printer);
            failure.exit_code()
        }
    }
}

/// The command line. A link to this program that is called like a verb does what the verb does: `nix run .#load` cannot
/// give a program arguments, only a name.
fn words() -> Vec<OsString> {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    let name = words.first().and_then(|program| Path::new(program).file_name()?.to_str());
    let verb = name.filter(|name| Cli::command().find_subcommand(name).is_some()).map(OsString::from);
    if let Some(verb) = verb {
        words.insert(1, verb);
    }
    words
}
