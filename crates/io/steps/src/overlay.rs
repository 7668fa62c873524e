//! Layers of what a source tree changes in packages.

use crate::bytecode::{self, Compiled, Python, Unpacked, cache_path};
use crate::contents;
use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::{Outputs, StepError};
use sage_oci_files::FileError;
use sage_oci_root::{Item, RootError, image_path};
use sage_oci_step::{Interpreter, OverlayFile, OverlayStep};
use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Builds the layer of an [`OverlayStep`].
///
/// # Errors
///
/// A file would take the place of a directory, or what is to be removed is not there.
pub(crate) fn run(step: &OverlayStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let below = contents::below(&step.contents)?.installed;
    let mut files = BTreeMap::new();
    for (path, file) in &step.files {
        files.insert(image_path(path)?, file);
    }
    let mut removed = BTreeSet::new();
    for path in &step.removed {
        let at = image_path(path)?;
        // A layer of byte-code names modules, and not each has been compiled.
        if let Some(python) = &step.bytecode {
            let cache = cache_path(&at, &python.version)?;
            removed.extend(below.get(&cache).map(|_| cache.clone()));
            continue;
        }
        if below.get(&at).is_none() {
            let wanted_by = format!("layer {}, which takes it away,", step.name);
            return Err(RootError::Absent { path: path.clone(), wanted_by }.into());
        }
        removed.insert(at);
    }
    let mut output = LayerOutput::create(&step.name, &step.sealing, outputs, threads, Some(&below))?;
    let mut add = |item: &Item| {
        if below.get(&item.path).is_some_and(|known| known.kind.is_directory()) {
            let (path, first) = (item.path.to_string(), "a layer below (a directory)".to_owned());
            return Err(RootError::Conflict { path, first, second: format!("layer {} (a file)", step.name) }.into());
        }
        output.add_item(item, None)
    };
    let mut count = 0;
    if let Some(interpreter) = &step.bytecode {
        for ByteCode { path: cache, content } in byte_code(interpreter, &files, scratch, threads)? {
            match content {
                Some(content) => add(&Item::file(cache.as_str(), 0o644, content)?)?,
                // Nobody compares it with its module when it is loaded: what is below is the old module's.
                None if below.get(&cache).is_some() => _ = removed.insert(cache),
                None => continue,
            }
            count += 1;
        }
    } else {
        for (path, file) in &files {
            let mode = if file.executable { 0o755 } else { 0o644 };
            add(&Item::file(path.as_str(), mode, content(file)?)?)?;
            count += 1;
        }
    }
    let gone = removed.len();
    for path in removed {
        output.remove(path)?;
    }
    let info = output.finish()?;
    eprintln!("layer {}: {count} files, {gone} taken away, {}", step.name, megabytes(info.size));
    Ok(())
}

/// The byte-code of a module.
struct ByteCode {
    path: ImagePath,
    /// None of a module that does not compile.
    content: Option<Vec<u8>>,
}

/// The byte-code of all modules, sorted by module. They are one group: what is in a
/// module's byte-code depends on the modules that are compiled with it.
fn byte_code(
    interpreter: &Interpreter,
    files: &BTreeMap<ImagePath, &OverlayFile>,
    scratch: &Path,
    threads: usize,
) -> Result<Vec<ByteCode>, StepError> {
    let folder = tempfile::tempdir_in(scratch).map_err(FileError::at("make a folder in", scratch))?;
    let python = Python::unpack(interpreter, folder.path().join("python"))?;
    let sources = Unpacked::new(folder.path().join("sources"));
    let modules: Vec<&ImagePath> = files.keys().filter(|path| path.as_str().ends_with(".py")).collect();
    for path in &modules {
        sources.put(path, &content(files[*path])?)?;
    }
    let groups = [modules];
    let Compiled { files: compiled, skipped } = bytecode::compile(&python, &groups, &sources, folder.path(), threads)?;
    bytecode::tell(&skipped);
    let mut all = Vec::new();
    for module in groups.iter().flatten() {
        let path = cache_path(module, python.version())?;
        let file = compiled.path(&path);
        let content = if sage_oci_files::exists(&file)? { Some(sage_oci_files::read(file)?) } else { None };
        all.push(ByteCode { path, content });
    }
    Ok(all)
}

/// A file's content. Whatever made it can make links, too, and those would lead to files of the machine.
fn content(file: &OverlayFile) -> Result<Vec<u8>, StepError> {
    if !sage_oci_files::metadata(&file.source)?.is_file() {
        return Err(RootError::Malformed { what: file.source.clone(), why: "it is no regular file".to_owned() }.into());
    }
    Ok(sage_oci_files::read(&file.source)?)
}
