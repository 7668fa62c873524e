use super::unpack::{Brought, unpack};
use crate::StepError;
use sage_oci_root::Filter;
use sage_oci_step::LayerPackage;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Unpacks packages on threads, the largest first; what each brings, in the order of the packages.
///
/// Each thread has a decoder and one piece of a file in memory.
pub(super) fn unpack_all(
    packages: &[LayerPackage],
    filter: &Filter,
    out: &Path,
    threads: usize,
) -> Result<Vec<Vec<Brought>>, StepError> {
    let mut order = Vec::new();
    for (at, package) in packages.iter().enumerate() {
        order.push((std::cmp::Reverse(sage_oci_files::metadata(&package.archive)?.len()), at));
    }
    order.sort_unstable();
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&(_, at)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = unpack(&packages[at], filter, out);
                    if answer.is_err() {
                        // Nobody begins another package after a failure.
                        next.store(packages.len(), Ordering::Relaxed);
                    }
                    if let Ok(mut answers) = answers.lock() {
                        answers.push((at, answer));
                    }
                }
            });
        }
    });
    let mut answers = answers.into_inner().map_err(|_| StepError::Stopped)?;
    // Of several failures the one of the first package is told, whichever came first.
    answers.sort_by_key(|(at, _)| *at);
    let brought = answers.into_iter().map(|(_, answer)| answer).collect::<Result<Vec<_>, _>>()?;
    if brought.len() == packages.len() { Ok(brought) } else { Err(StepError::Stopped) }
}
