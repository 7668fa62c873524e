//! What the command line's definition gives beside parsing: completions, manual pages, and the reference.

use crate::cli::{self, Cli};
use crate::{Failure, Printer};
use clap::{Command, CommandFactory};
use std::collections::BTreeMap;
use std::path::Path;

/// Columns of texts that are written to files.
const WIDTH: usize = 100;

/// `completions`: to standard output.
pub fn completions(options: &cli::Completions) {
    clap_complete::generate(options.shell, &mut Cli::command(), "sage-oci", &mut std::io::stdout());
}

/// `man`: a page for the command and one for each verb.
pub fn man(options: &cli::Man, printer: Printer) -> Result<(), Failure> {
    sage_oci_files::create_dir_all(&options.folder)?;
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    write_page(&options.folder, &whole, "sage-oci")?;
    let verbs: Vec<&Command> = verbs(&whole).collect();
    for verb in &verbs {
        write_page(&options.folder, verb, &format!("sage-oci-{}", verb.get_name()))?;
    }
    printer.note(format_args!(
        "{} pages; read one with `man {}/sage-oci.1`",
        verbs.len() + 1,
        options.folder.display()
    ));
    printer.result(options.folder.display());
    Ok(())
}

fn write_page(folder: &Path, command: &Command, name: &str) -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Failure::new(format_args!("cannot write the page `{name}`: {error}"), None))?;
    Ok(sage_oci_files::write_atomic(folder.join(format!("{name}.1")), &page)?)
}

/// `reference`: every verb's help as Markdown, or the verbs and what they do, for the flake.
pub fn reference(options: &cli::Words, printer: Printer) -> Result<(), Failure> {
    let mut whole = Cli::command().term_width(WIDTH).disable_help_subcommand(true);
    whole.build();
    let about = |verb: &Command| verb.get_about().map(ToString::to_string).unwrap_or_default();
    if options.verbs {
        let all: BTreeMap<&str, String> = verbs(&whole).map(|verb| (verb.get_name(), about(verb))).collect();
        return printer.json(&all);
    }
    let mut text =
        "# The command's reference\n\nWritten by `sage-oci reference`: what `sage-oci help VERB` prints.\n".to_owned();
    for verb in verbs(&whole) {
        let help = verb.clone().term_width(WIDTH).render_help().to_string();
        text.push_str(&format!("\n## {}\n\n```text\n{}\n```\n", verb.get_name(), help.trim_end()));
    }
    printer.result(text.trim_end());
    Ok(())
}

/// What people may type.
fn verbs(whole: &Command) -> impl Iterator<Item = &Command> {
    whole.get_subcommands().filter(|verb| !verb.is_hide_set())
}
