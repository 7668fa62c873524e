use super::permissions::Permissions;
use super::write::write_path;
use crate::{StepError, sealing};
use sage_oci_files::FileError;
use sage_oci_layer::{LayerInfo, LayerWriter, Options};
use sage_oci_root::absolute;
use sage_oci_step::ClosureLayerStep;
use sage_oci_tree::Entry;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// More compressing threads than this cost memory and gain nothing: one digest of the whole stream sets the pace.
const MOST_THREADS: usize = 5;
/// Blobs are written in pieces of this size.
const BUFFER: usize = 1 << 20;

/// A layer's blob while it is written.
pub(crate) type Writer = LayerWriter<BufWriter<File>>;

/// Does a [`ClosureLayerStep`]: `blob` and `layer.json` in `out`.
pub(crate) fn run(step: &ClosureLayerStep, out: &Path, threads: usize) -> Result<(), StepError> {
    sage_oci_files::create_dir_all(out)?;
    let info = write(step, &out.join("blob"), threads, |_, _| Ok(()))?;
    sealing::write_layer_document(&step.name, &info, out)
}

/// Writes a layer: what `first` adds, then the step's paths.
pub(crate) fn write(
    step: &ClosureLayerStep,
    blob: &Path,
    threads: usize,
    first: impl FnOnce(&mut Writer, &Permissions) -> Result<(), StepError>,
) -> Result<LayerInfo, StepError> {
    let failed = |source| StepError::Layer { layer: step.name.clone(), source: Box::new(source) };
    let permissions = Permissions::new(&step.permissions)?;
    let options = Options {
        epoch: step.sealing.epoch,
        compression: step.sealing.compression,
        threads: threads.min(MOST_THREADS),
    };
    let file = BufWriter::with_capacity(BUFFER, sage_oci_files::create(blob)?);
    let mut writer = LayerWriter::new(file, options).map_err(failed)?;
    first(&mut writer, &permissions)?;
    for path in &step.paths {
        let in_image = absolute(path.path.as_str())?;
        for parent in in_image.ancestors() {
            let mut entry = Entry::directory(parent);
            (entry.uid, entry.gid) = (step.owner.uid, step.owner.gid);
            writer.append_empty(&entry).map_err(failed)?;
        }
        write_path(&step.name, &mut writer, path, step.owner, &permissions)?;
    }
    permissions.check_used()?;
    let (file, info) = writer.finish().map_err(failed)?;
    file.into_inner().map_err(|error| FileError::at("write", blob)(error.into_error()))?;
    Ok(info)
}
