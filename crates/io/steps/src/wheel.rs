//! Python wheels to layers.

use crate::bytecode::{self, Compiled, Python, Unpacked, cache_path};
use crate::contents;
use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::{Outputs, StepError};
use sage_oci_root::{Filter, Item, NodeKind, RootError, absolute};
use sage_oci_step::WheelStep;
use sage_oci_tree::ImagePath;
use sage_oci_wheel::{InstalledFile, Layout, install};
use std::path::Path;

/// Builds the layer of a [`WheelStep`]: the wheel's files as an installer writes them, and the byte-code of its modules.
///
/// # Errors
///
/// The wheel is refused, or one of its files would hide what lies below.
pub(crate) fn run(step: &WheelStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let layout = Layout::debian_local(&step.interpreter.version);
    let filter = Filter::new(&step.exclude, &step.include)?;
    let archive = std::io::BufReader::new(sage_oci_files::open(&step.archive)?);
    let wanted = |path: &str| !filter.leaves_out_file(&format!("/{path}"));
    let installed = install(archive, &step.distribution, &step.version, &layout, wanted)
        .map_err(|source| StepError::Wheel { archive: step.archive.clone(), source: Box::new(source) })?;
    let below = contents::below(&step.contents)?;

    let folder = tempfile::tempdir_in(scratch).map_err(sage_oci_files::FileError::at("make a folder in", scratch))?;
    let python = Python::unpack(&step.interpreter, folder.path().join("python"))?;
    let sources = Unpacked::new(folder.path().join("sources"));
    let modules = modules(&installed.files, &layout)?;
    for (path, file) in &modules {
        sources.put(path, &file.content)?;
    }
    let paths = modules.iter().map(|(path, _)| path).collect();
    let Compiled { files: compiled, skipped } = bytecode::compile(&python, &[paths], &sources, folder.path(), threads)?;

    let mut output = LayerOutput::create(&step.name, &step.sealing, outputs, threads, Some(&below.installed))?;
    let mut add = |item: Item| {
        if let Some(known) = below.installed.get(&item.path) {
            let who = |package: &_| format!("the package {package}");
            let first = known.package.as_ref().map_or_else(|| "the definition".to_owned(), who);
            let what = if known.kind == NodeKind::Directory { "a directory" } else { "a file" };
            return Err(StepError::from(RootError::Conflict {
                path: item.path.into(),
                first: format!("{first} ({what})"),
                second: format!("the wheel {}", step.distribution),
            }));
        }
        output.add_item(&item, None)
    };
    let count = installed.files.len();
    for InstalledFile { path, executable, content } in installed.files {
        add(Item::file(&path, if executable { 0o755 } else { 0o644 }, content)?)?;
        let cache = match path.ends_with(".py") {
            true => Some(cache_path(&absolute(&path)?, python.version())?),
            false => None,
        };
        if let Some(cache) = cache
            && sage_oci_files::exists(compiled.path(&cache))?
        {
            add(Item::file(cache.as_str(), 0o644, sage_oci_files::read(compiled.path(&cache))?)?)?;
        }
    }
    let info = output.finish()?;
    bytecode::tell(&skipped);
    eprintln!("layer {}: {count} files, {} left out, {}", step.name, installed.left_out, megabytes(info.size));
    Ok(())
}

/// The modules, sorted by path.
fn modules<'f>(files: &'f [InstalledFile], layout: &Layout) -> Result<Vec<(ImagePath, &'f InstalledFile)>, StepError> {
    let below = format!("{}/", layout.modules);
    let modules = files.iter().filter(|file| file.path.starts_with(&below) && file.path.ends_with(".py"));
    modules.map(|file| Ok((absolute(&file.path)?, file))).collect()
}
