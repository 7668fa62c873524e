use crate::{Failure, Printer};
use sage_oci_checks::Selection;
use sage_oci_engine::{Engine, RunId};
use sage_oci_names::{Architecture, EngineImage};

/// How many times longer a check may take under an emulator. Python starts 40 to 70 times slower there, where the limits of
/// checks are 10 to 100 times what they take.
const PATIENCE: u32 = 20;

/// Gives checks the time that they need where the engine runs an image for another architecture by an emulator, and says so.
///
/// # Errors
/// The engine cannot run the image at all; what to install is in the hint.
pub async fn allow_for(
    printer: Printer,
    engine: &Engine,
    image: &EngineImage,
    architecture: Architecture,
    selection: &mut Selection,
) -> Result<(), Failure> {
    if engine.emulates(image, architecture, &RunId::unique()).await? {
        printer.step("Emulating", format_args!("{architecture}: each check may take {PATIENCE} times as long"));
        for check in &mut selection.checks {
            check.stretch(PATIENCE);
        }
    }
    Ok(())
}
