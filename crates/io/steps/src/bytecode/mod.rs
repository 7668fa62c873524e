//! Python modules to byte-code, by the image's own Python.
//!
//! The sources and the interpreter are unpacked to scratch; no container is needed, because byte-code says only where
//! its source will be. It never depends on the architecture, so the interpreter is one of the machine that builds.

mod batches;
mod interpreter;
mod modules;
mod unpack;

use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::{Outputs, StepError};
use sage_oci_root::{Item, image_path};
use sage_oci_step::BytecodeStep;
use sage_oci_tree::ImagePath;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(crate) use interpreter::Python;
pub(crate) use modules::cache_path;
pub(crate) use unpack::Unpacked;

/// How many modules that do not compile are named in the log.
const NAMED: usize = 20;

/// Builds the layer of a [`BytecodeStep`].
pub(crate) fn run(step: &BytecodeStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let folder = tempfile::tempdir_in(scratch).map_err(sage_oci_files::FileError::at("make a folder in", scratch))?;
    let python = Python::unpack(&step.interpreter, folder.path().join("python"))?;
    let mut sources = Unpacked::new(folder.path().join("sources"));
    let modules = modules::unpack(step, &mut sources)?;
    let Compiled { files: compiled, skipped } =
        compile(&python, &modules.by_package(), &sources, folder.path(), threads)?;
    let version = &step.interpreter.version;
    let mut output = LayerOutput::create(&step.name, &step.sealing, outputs, threads, Some(&modules.directories))?;
    let left_out: BTreeSet<ImagePath> = step.left_out.iter().map(|path| image_path(path)).collect::<Result<_, _>>()?;
    let mut count = 0;
    for (source, package) in modules.sources.iter().filter(|(source, _)| !left_out.contains(*source)) {
        let path = cache_path(source, version)?;
        let file = compiled.path(&path);
        if sage_oci_files::exists(&file)? {
            output.add_item(&Item::file(path.as_str(), 0o644, sage_oci_files::read(file)?)?, Some(package))?;
            count += 1;
        }
    }
    let info = output.finish()?;
    tell(&skipped);
    eprintln!("layer {}: {count} modules, {} not compiled, {}", step.name, skipped.len(), megabytes(info.size));
    Ok(())
}

/// Byte-code files by their paths in the image, and the lines about modules that do not compile, sorted.
pub(crate) struct Compiled {
    pub(crate) files: Unpacked,
    pub(crate) skipped: Vec<String>,
}

/// Compiles groups of modules, each group sorted by path; `folder` is scratch.
pub(crate) fn compile(
    python: &Python,
    groups: &[Vec<&ImagePath>],
    sources: &Unpacked,
    folder: &Path,
    threads: usize,
) -> Result<Compiled, StepError> {
    let files = Unpacked::new(folder.join("compiled"));
    let lists = batches::write_lists(groups, sources, &files, python.version(), folder, threads)?;
    Ok(Compiled { skipped: run_lists(python, &lists)?, files })
}

/// Names modules that do not compile in the log.
pub(crate) fn tell(skipped: &[String]) {
    for line in skipped.iter().take(NAMED) {
        eprintln!("not compiled: {line}");
    }
}

/// Runs one Python a list, all at once; gives the lines about modules that do not compile, sorted.
fn run_lists(python: &Python, lists: &[PathBuf]) -> Result<Vec<String>, StepError> {
    let results: Vec<Result<Vec<String>, StepError>> = std::thread::scope(|scope| {
        let workers: Vec<_> = lists.iter().map(|list| scope.spawn(|| python.compile(list))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(Err(StepError::Stopped))).collect()
    });
    let mut lines = Vec::new();
    for result in results {
        lines.extend(result?);
    }
    lines.sort();
    Ok(lines)
}
