use super::image::{base_blobs, documents_of, tell};
use super::{Base, ClosureBuildError, layer, read_base, top};
use crate::image::{BlobAt, write_layout};
use crate::{StepError, sealing};
use sage_oci_image::LayerRef;
use sage_oci_layer::LayerInfo;
use sage_oci_names::LayerName;
use sage_oci_step::{BaseContents, ClosureLayerStep, ClosureMember, ClosureStep, ClosureSteps, split};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Layers that are written at once, each with a chunk and its compressed form in memory.
const MOST_AT_ONCE: usize = 5;

/// Makes a whole closure image in `out`: a complete OCI layout.
///
/// Layers that are a large part of the image are written one after the other on all threads, the others side by side,
/// largest first. None of it reaches the bytes. `out` is removed if anything fails.
///
/// # Errors
/// Any [`StepError`].
pub fn run(step: &ClosureStep, members: &[ClosureMember], out: &Path, threads: usize) -> Result<(), StepError> {
    let result = make(step, members, out, threads);
    if result.is_err() {
        // The step's own error is the one to report, whatever happens to the leftovers.
        let _ = sage_oci_files::remove_dir_all(out);
    }
    result
}

fn make(step: &ClosureStep, members: &[ClosureMember], out: &Path, threads: usize) -> Result<(), StepError> {
    let image = &step.image;
    let base =
        image.from_image.as_ref().map(|path| read_base(Path::new(path.as_str()), image.architecture)).transpose()?;
    let nothing = BaseContents::default();
    let contents = base.as_ref().map_or(&nothing, |base| &base.contents);
    let steps = split(image, &step.contents, members, contents).map_err(ClosureBuildError::from)?;
    let blobs = out.join("blobs/sha256");
    sage_oci_files::create_dir_all(&blobs)?;
    let opened = base.as_ref().map(|base| &base.opened);
    let made = write_all(&steps, base.as_ref(), &blobs, threads)?;

    let mut layers = Vec::new();
    let mut all = base_blobs(opened)?;
    for (name, info, file) in made {
        sage_oci_files::rename(file, blobs.join(info.blob.sha256().hex()))?;
        layers.push(layer_ref(name, &info));
        all.push((info.blob, BlobAt::There));
    }
    let documents = documents_of(image, opened, layers)?;
    write_layout(out, &documents, &all)?;
    tell(image, &documents, all.len());
    Ok(())
}

fn layer_ref(name: LayerName, info: &LayerInfo) -> LayerRef {
    let media_type = sealing::layer_type(info.compression);
    LayerRef { name, diff_id: info.diff_id, blob: info.blob, size: info.size, media_type }
}

type Made = (LayerName, LayerInfo, PathBuf);

/// Writes every layer to a file of its own, bottom first in the answer.
fn write_all(steps: &ClosureSteps, base: Option<&Base>, folder: &Path, threads: usize) -> Result<Vec<Made>, StepError> {
    let threads = threads.clamp(1, MOST_AT_ONCE);
    let count = steps.layers.len() + 1;
    let write = |at: usize, threads: usize| -> Result<Made, StepError> {
        let file = folder.join(format!(".new-{at}"));
        match steps.layers.get(at) {
            Some(step) => Ok((step.name.clone(), layer::write(step, &file, threads, |_, _| Ok(()))?, file)),
            None => Ok((steps.top.layer.name.clone(), top::write(&steps.top, base, &file, threads)?, file)),
        }
    };
    let sizes: Vec<u64> = steps.layers.iter().chain([&steps.top.layer]).map(size).collect();
    let total: u64 = sizes.iter().sum();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(sizes[*at]), *at));
    let large = order.iter().take_while(|at| threads > 1 && sizes[**at] > total / threads as u64 / 2).count();

    let mut made: Vec<Option<Made>> = (0..count).map(|_| None).collect();
    for &at in &order[..large] {
        made[at] = Some(write(at, threads)?);
    }
    let next = AtomicUsize::new(large);
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = write(at, 1);
                    if answer.is_err() {
                        // Nobody begins another layer after a failure.
                        next.store(count, Ordering::Relaxed);
                    }
                    if let Ok(mut answers) = answers.lock() {
                        answers.push((at, answer));
                    }
                }
            });
        }
    });
    let mut answers = answers.into_inner().map_err(|_| StepError::Stopped)?;
    // Of several failures the one in the lowest layer is told, whichever came first.
    answers.sort_by_key(|(at, _)| *at);
    for (at, answer) in answers {
        made[at] = Some(answer?);
    }
    made.into_iter().map(|made| made.ok_or(StepError::Stopped)).collect()
}

fn size(step: &ClosureLayerStep) -> u64 {
    step.paths.iter().map(|path| path.nar_size).fold(0, u64::saturating_add)
}
