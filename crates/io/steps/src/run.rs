use crate::{
    Outputs, StepError, bytecode, closure, fetch, generate, image, index, layer, links, overlay, root, run_step,
    source, wheel,
};
use sage_oci_step::Step;
use std::path::Path;

/// Does one step.
///
/// `scratch` is an existing folder for intermediate files, `threads` how many threads may work (0 counts as 1). Neither
/// reaches the bytes of the outputs.
///
/// # Errors
///
/// Any [`StepError`]; the outputs are then removed.
pub fn run(step: Step, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    for path in std::iter::once(&outputs.out).chain(&outputs.contents) {
        if sage_oci_files::exists(path)? {
            return Err(StepError::Spec { why: format!("the output {} exists already", path.display()) });
        }
    }
    let threads = threads.max(1);
    let result = match &step {
        Step::Fetch(step) => fetch::run(step, &outputs.out),
        Step::Layer(step) => layer::run(step, outputs, scratch, threads),
        Step::Bytecode(step) => bytecode::run(step, outputs, scratch, threads),
        Step::Generate(step) => generate::run(step, outputs, threads),
        Step::Source(step) => source::run(step, outputs, scratch, threads),
        Step::Wheel(step) => wheel::run(step, outputs, scratch, threads),
        Step::Root(step) => root::run(step, outputs, scratch, threads),
        Step::Run(step) => run_step::run(step, outputs, scratch, threads),
        Step::Checkout(step) => source::run_checkout(step, outputs, scratch, threads),
        Step::Overlay(step) => overlay::run(step, outputs, scratch, threads),
        Step::Image(step) => image::run(step, &outputs.out),
        Step::Index(step) => index::run(step, &outputs.out),
        Step::Links(step) => links::run(step, &outputs.out),
        Step::ClosureLayer(step) => closure::run_layer(step, &outputs.out, threads),
        Step::ClosureTop(step) => closure::run_top(step, &outputs.out, threads),
        Step::ClosureImage(step) => closure::run_image(step, &outputs.out),
        Step::Closure(_) => {
            Err(StepError::Spec { why: "it needs the closure from Nix, as structured attributes".to_owned() })
        }
    };
    if result.is_err() {
        // The step's own error is the one to report, whatever happens to the leftovers.
        let _ = sage_oci_files::remove_dir_all(&outputs.out);
        if let Some(contents) = &outputs.contents {
            let _ = sage_oci_files::remove_file(contents);
        }
    }
    result
}
