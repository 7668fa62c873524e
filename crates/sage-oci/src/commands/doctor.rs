use crate::cli;
use crate::{Failure, Printer};
use sage_oci_machine::{
    Machine, Missing, Needs, Plan, Privilege, apply, describe, is_fine, missing, plan_fixes, privilege, wants_mending,
};
use serde::Serialize;
use std::io::Write;

/// What `doctor --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    format: u64,
    machine: &'a Machine,
    missing: &'a [Missing],
}

/// `doctor`: the machine and what it lacks; exit status 1 when something is missing and not mended. What only some checks use
/// is named and mended likewise, but a machine without it is fine.
pub fn run(options: &cli::Doctor, printer: Printer) -> Result<(), Failure> {
    let machine = describe();
    let lacks = missing(&machine, Needs::ALL);
    if options.json {
        printer.json(&Report { format: 1, machine: &machine, missing: &lacks })?;
    } else {
        for (what, text) in machine.lines() {
            printer.result(format_args!("{what:<16} {text}"));
        }
    }
    if options.fix && !lacks.is_empty() {
        return mend(printer, &machine, &lacks, options.yes);
    }
    if lacks.is_empty() {
        printer.note("nothing is missing");
        return Ok(());
    }
    tell(printer, &lacks);
    printer.note("hint: `sage-oci doctor --fix` mends what it can");
    if is_fine(&lacks) { Ok(()) } else { Err(Failure::NotFine) }
}

/// Prints the machine in a few lines and mends what is missing; asks first unless `yes`. It does not ask for the sake of what
/// only some checks use, and what no command mends keeps nothing back here: there may be room enough for what is asked.
pub fn prepare(printer: Printer, yes: bool) -> Result<(), Failure> {
    let machine = describe();
    for (what, text) in machine.lines() {
        printer.note(format_args!("{what:>16}  {text}"));
    }
    let lacks = missing(&machine, Needs::ALL);
    if !yes && !wants_mending(&lacks) {
        tell(printer, &lacks);
        advise(printer, &plan_fixes(&machine, &lacks));
        if lacks.iter().any(Missing::can_be_mended) {
            printer.note("hint: `--yes` or `sage-oci doctor --fix` installs it");
        }
        return Ok(());
    }
    if lacks.is_empty() { Ok(()) } else { mend(printer, &machine, &lacks, yes) }
}

fn mend(printer: Printer, machine: &Machine, lacks: &[Missing], yes: bool) -> Result<(), Failure> {
    tell(printer, lacks);
    let plan = plan_fixes(machine, lacks);
    advise(printer, &plan);
    if plan.is_empty() {
        // Only advice is left: what needs it will say so itself if it fails.
        return Ok(());
    }
    let commands = plan.lines();
    printer.note("these commands would mend it:");
    commands.iter().for_each(|line| printer.note(format_args!("  {line}")));
    let attended = console::user_attended() && console::user_attended_stderr();
    let go_on = yes || (attended && agreed());
    if !wants_mending(lacks) && (!go_on || privilege(attended) == Privilege::None) {
        printer.note("nothing was installed; only some checks need it");
        return Ok(());
    }
    if !go_on {
        let hint = format!("run them yourself as root, or add `--yes`:\n  {}", commands.join("\n  "));
        let needed = lacks.iter().filter(|missing| !missing.optional);
        return Err(Failure::new(format_args!("this machine lacks {}", names(needed)), Some(hint)));
    }
    apply(&plan, privilege(attended), &|line| printer.note(format_args!("  {line}")))?;
    let still: Vec<Missing> = missing(&describe(), Needs::ALL);
    tell(printer, &still);
    let (_, needed): (Vec<_>, Vec<_>) = still.into_iter().partition(|missing| missing.optional);
    if plan_fixes(machine, &needed).is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format_args!("this machine still lacks {}", names(&needed)),
        Some(format!("see {}", plan.log.display())),
    ))
}

fn tell(printer: Printer, lacks: &[Missing]) {
    for missing in lacks {
        let word = if missing.optional { "not there" } else { "missing" };
        printer.note(format_args!("{word}: {}: {}", missing.what, missing.why));
    }
}

fn advise(printer: Printer, plan: &Plan) {
    for advice in &plan.advice {
        printer.note(format_args!("advice: {advice}"));
    }
}

fn names<'a>(lacks: impl IntoIterator<Item = &'a Missing>) -> String {
    lacks.into_iter().map(|missing| missing.what.as_str()).collect::<Vec<_>>().join(", ")
}

fn agreed() -> bool {
    _ = write!(std::io::stderr(), "Go on? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
