use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};

/// What came of a task that was begun.
pub(super) enum Begun<T> {
    /// Others may be begun after it.
    Done(T),
    /// No other is begun.
    Failed(T),
}

struct State<T, E> {
    begun: Vec<bool>,
    done: Vec<bool>,
    outcomes: Vec<Option<T>>,
    error: Option<E>,
    over: bool,
}

/// Does tasks, at most `threads` at once (0 counts as 1), each after those that `after` names for it: of these only the ones that
/// stand before it count. Says what came of each; nothing of those that were not begun, because one had failed.
///
/// # Errors
/// The first error of `work`; the tasks that were begun have ended.
pub(super) fn in_order<T: Send, E: Send>(
    after: &[&BTreeSet<usize>],
    threads: usize,
    work: impl Fn(usize) -> Result<Begun<T>, E> + Sync,
) -> Result<Vec<Option<T>>, E> {
    let count = after.len();
    let state = Mutex::new(State {
        begun: vec![false; count],
        done: vec![false; count],
        outcomes: (0..count).map(|_| None).collect(),
        error: None,
        over: false,
    });
    let changed = Condvar::new();
    let worker = || {
        let mut now = state.lock().unwrap_or_else(PoisonError::into_inner);
        while !now.over && now.begun.contains(&false) {
            let ready = |task: &usize| !now.begun[*task] && after[*task].range(..task).all(|needed| now.done[*needed]);
            let Some(task) = (0..count).find(ready) else {
                now = changed.wait(now).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            now.begun[task] = true;
            drop(now);
            let outcome = work(task);
            now = state.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Ok(Begun::Done(outcome)) => {
                    now.done[task] = true;
                    now.outcomes[task] = Some(outcome);
                }
                Ok(Begun::Failed(outcome)) => {
                    now.over = true;
                    now.outcomes[task] = Some(outcome);
                }
                Err(error) => {
                    now.over = true;
                    now.error.get_or_insert(error);
                }
            }
            changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(count) {
            scope.spawn(worker);
        }
        worker();
    });
    let State { outcomes, error, .. } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    error.map_or(Ok(outcomes), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    fn sets(after: &[&[usize]]) -> Vec<BTreeSet<usize>> {
        after.iter().map(|needed| needed.iter().copied().collect()).collect()
    }

    fn order(after: &[&[usize]], threads: usize, fails: Option<usize>) -> (Vec<usize>, Vec<Option<usize>>) {
        let (sets, begun) = (sets(after), Mutex::new(Vec::new()));
        let refs: Vec<_> = sets.iter().collect();
        let outcomes = in_order(&refs, threads, |task| {
            begun.lock().unwrap().push(task);
            Ok::<_, ()>(if fails == Some(task) { Begun::Failed(task) } else { Begun::Done(task) })
        });
        (begun.into_inner().unwrap(), outcomes.unwrap())
    }

    #[test]
    fn one_thread_does_them_as_they_stand() {
        for threads in [0, 1] {
            assert_eq!(order(&[&[], &[0], &[], &[1, 2]], threads, None).0, [0, 1, 2, 3]);
        }
        assert_eq!(order(&[], 4, None).0, [0; 0]);
    }

    #[test]
    fn each_comes_after_what_it_needs() {
        for _ in 0..200 {
            let (begun, outcomes) = order(&[&[], &[0], &[0], &[0], &[1, 2, 3], &[4]], 4, None);
            let at = |task| begun.iter().position(|begun| *begun == task).unwrap();
            assert!(at(0) == 0 && at(4) == 4 && at(5) == 5, "{begun:?}");
            assert!(outcomes.iter().all(Option::is_some));
        }
    }

    #[test]
    fn what_needs_nothing_of_each_other_runs_at_once() {
        // Each waits for the other: one after the other they would never end.
        let (sets, both) = (sets(&[&[], &[]]), Barrier::new(2));
        let refs: Vec<_> = sets.iter().collect();
        in_order(&refs, 2, |_| {
            both.wait();
            Ok::<_, ()>(Begun::Done(()))
        })
        .unwrap();
    }

    #[test]
    fn nothing_is_begun_after_a_failure() {
        let (begun, outcomes) = order(&[&[], &[0], &[1], &[]], 1, Some(1));
        assert_eq!(begun, [0, 1]);
        assert_eq!(outcomes, [Some(0), Some(1), None, None]);
    }

    #[test]
    fn an_error_ends_it() {
        let sets = sets(&[&[], &[0], &[1]]);
        let refs: Vec<_> = sets.iter().collect();
        for threads in [1, 3] {
            let work = |task| if task == 1 { Err("full") } else { Ok(Begun::Done(())) };
            assert_eq!(in_order(&refs, threads, work).err(), Some("full"));
        }
    }

    #[test]
    fn a_task_that_names_itself_or_a_later_one_hangs_nothing() {
        assert_eq!(order(&[&[0, 1], &[1]], 2, None).1.len(), 2);
    }
}
