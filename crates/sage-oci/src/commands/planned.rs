use crate::Printer;
use crate::context::Locked;
use sage_oci_checks::Selection;
use sage_oci_names::EngineImage;
use sage_oci_smoke::no_program;

/// An image and the checks that are to be run on it.
pub struct Planned {
    /// Its definition and lock.
    pub locked: Locked,
    /// Which of the engine's images it is.
    pub reference: EngineImage,
    /// Its checks.
    pub selection: Selection,
}

/// Says how to get a program of this machine for the want of which rows of the contract are not shown.
pub fn hint_at_programs(printer: Printer, lines: &[String]) {
    for (program, _) in sage_oci_machine::CHECK_PROGRAMS {
        if lines.iter().any(|line| line.contains(&no_program(program))) {
            printer.note(format_args!("hint: `sage-oci doctor --fix` installs {program}"));
        }
    }
}
