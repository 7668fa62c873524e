//! Layers of files that no package ships; `sage-oci-root` makes them, here they are given their inputs and written.

use crate::contents;
use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::packaged::Archives;
use crate::{Outputs, StepError};
use sage_oci_root::{Difference, Generated, difference};
use sage_oci_step::GenerateStep;

/// Builds the layer of a [`GenerateStep`].
pub(crate) fn run(step: &GenerateStep, outputs: &Outputs, threads: usize) -> Result<(), StepError> {
    let below = contents::below(&step.contents)?;
    let Generated { items, notes } = sage_oci_root::generate(step, &below, Archives::new(&step.archives))?;
    for note in notes {
        eprintln!("note: {note}");
    }
    let Difference { items, removed } = match &step.above {
        Some(above) => difference(items, above, &step.contents, contents::read)?,
        None => Difference { items, removed: Vec::new() },
    };
    let mut output = LayerOutput::create(&step.name, &step.sealing, outputs, threads, Some(&below.installed))?;
    for item in &items {
        output.add_item(item, None)?;
    }
    for path in removed {
        output.remove(path)?;
    }
    let info = output.finish()?;
    eprintln!("layer {}: {} files, {}", step.name, items.len(), megabytes(info.size));
    Ok(())
}
