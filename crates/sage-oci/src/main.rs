//! The command. It parses, calls, prints; what it decides and does is in the crates below it.

mod cli;
mod commands;
mod context;
mod failure;
mod interrupt;
mod printer;
mod progress;

use clap::Parser;
use cli::Cli;
use failure::Failure;
use printer::Printer;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(cli.quiet);
    match commands::run(cli, printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Failure::Error { message, hint } = &failure {
                printer.error(message, hint.as_deref());
            }
            failure.exit_code()
        }
    }
}
