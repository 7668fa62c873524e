//! One file a verb.

mod build;
mod builder;
mod ci;
mod closure;
mod contract;
mod derivations;
mod describe;
mod diff;
mod diff_insides;
mod diff_scope;

mod digests;
mod doctest;
mod doctor;
mod emit;
mod emulation;
mod graph;
mod inspect;
mod inspect_index;
mod inspect_layout;
mod lint;
mod load;
mod local_names;
mod lock;
mod lock_check;
mod lock_sage;
mod lock_survey;
mod nix_args;
mod planned;
mod push;
mod recipe;
mod sides;
mod smoke;
mod source;
mod tags;
mod timings;
mod up;
mod verify;
mod why;
mod why_big;
mod why_layer;
mod words;

use crate::cli::{Cli, Command, Subject};
use crate::context::Context;
use crate::{Failure, Printer, registries};
use sage_oci_layout::LayoutDir;

/// Runs what the command line says.
pub fn run(cli: Cli, printer: Printer) -> Result<(), Failure> {
    let context = || Context::new(cli.project.clone(), cli.builder.clone(), printer);
    match cli.command {
        Command::Builder(options) => builder::run(&options, cli.builder.as_ref(), printer),
        Command::Doctor(options) => doctor::run(&options, printer),
        Command::Up(options) => up::run(&context()?, &options),
        Command::Lock(options) => lock::run(&context()?, &options),
        Command::Recipe(options) => recipe::run(&context()?, &options),
        Command::Why(options) => why::run(&context()?, &options),
        Command::NixArgs(options) => nix_args::run(&options, cli.builder.as_ref(), printer),
        Command::Emit(target) => emit::run(&context()?, &target),
        Command::Build(options) => build::run(&context()?, &options),
        Command::Graph(options) => graph::run(&context()?, &options),
        Command::WhyLayer(options) => why_layer::run(&context()?, &options),
        Command::Derivations(options) => derivations::run(&context()?, &options),
        Command::Inspect(options) => match options.subject.clone() {
            Subject::Image(image) => inspect::run(&context()?, image, &options),
            Subject::Layout(folder) => inspect_layout::run(&LayoutDir::open(folder)?, &options, printer),
            Subject::Remote(remote) => {
                inspect_layout::run(&registries::image(&remote, &options.registry)?, &options, printer)
            }
        },
        Command::Digests(options) => digests::run(&context()?, &options),
        Command::Verify(options) => verify::run(&context()?, &options),
        Command::Lint(options) => lint::run(context, &options, printer),
        Command::Diff(options) => diff::run(context, &options, printer),
        Command::Ci(options) => ci::run(&context()?, &options),
        Command::Push(options) => push::run(context, &options, printer),
        Command::Tags(options) => tags::run(&context()?, &options),
        Command::Load(options) => load::run(context, &options, printer),
        Command::Closure(options) => closure::run(&options, cli.builder.as_ref(), printer),
        Command::Describe(options) => describe::run(&options, context, printer),
        Command::Smoke(options) => match &options.doctests.doctest {
            Some(what) => doctest::run(&context()?, what, &options),
            None => smoke::run(&context()?, &options),
        },
        Command::Completions(options) => {
            words::completions(&options);
            Ok(())
        }
        Command::Man(options) => words::man(&options, printer),
        Command::Reference(options) => words::reference(&options, printer),
    }
}
