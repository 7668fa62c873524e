use crate::FlatError;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Does pieces of work in their order, several at once; answers are in the same order. The first error, in that order, is the one that
/// is told, and ends what has not begun.
pub(crate) fn parallel<T: Sync, A: Send>(
    pieces: &[T],
    threads: usize,
    work: impl Fn(&T) -> Result<A, FlatError> + Sync,
) -> Result<Vec<A>, FlatError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let answers: Vec<Mutex<Option<Result<A, FlatError>>>> = pieces.iter().map(|_| Mutex::new(None)).collect();
    let run = || {
        while !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(piece), Some(place)) = (pieces.get(at), answers.get(at)) else { return };
            let answer = work(piece);
            failed.fetch_or(answer.is_err(), Ordering::Relaxed);
            if let Ok(mut place) = place.lock() {
                *place = Some(answer);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(pieces.len()) {
            scope.spawn(run);
        }
        run();
    });
    let mut all = Vec::new();
    let mut missing = false;
    for answer in answers {
        match answer.into_inner().map_err(|_| FlatError::WorkerDied)? {
            Some(answer) => all.push(answer?),
            None => missing = true,
        }
    }
    if missing { Err(FlatError::WorkerDied) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_order_and_an_error_ends_it() {
        let pieces: Vec<usize> = (0..50).collect();
        for threads in [1, 2, 7] {
            assert_eq!(parallel(&pieces, threads, |piece| Ok(piece * 2)).unwrap()[49], 98);
            let error = parallel(&pieces, threads, |piece| match piece {
                3 => Err(FlatError::HardLink {
                    layer: sage_oci_image::digest_of(b""),
                    path: "p".into(),
                    target: "t".into(),
                }),
                _ => Ok(()),
            });
            assert!(matches!(error, Err(FlatError::HardLink { .. })));
        }
        assert!(parallel(&[] as &[u8], 2, |_| Ok(())).unwrap().is_empty());
    }
}
