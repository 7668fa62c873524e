//! Ends that are not the builder's.

use crate::support::Bench;
use sage_oci_store::{Event, StoreError, Target};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long the builder sleeps: longer than any machine may take to end it.
const SLEEP: Duration = Duration::from_secs(900);

#[test]
fn the_caller_may_stop_it() {
    let mut bench = Bench::new("stop");
    let slow = bench.act("slow", "sleep");
    bench.register();
    let start = Instant::now();
    let mut running = false;
    let result = bench.nix.realise(&[Target::from(&slow)], &mut |event| match event {
        Event::Line { .. } => {
            running = true;
            ControlFlow::Continue(())
        }
        Event::Tick if running => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(result, Err(StoreError::Interrupted { .. })), "{result:?}");
    assert!(start.elapsed() < SLEEP, "it waited for the builder");
    assert_eq!(bench.nix.is_valid(std::slice::from_ref(slow.out())).unwrap(), [false]);
    assert!(sage_oci_files::list(bench.folder.join("logs")).unwrap().is_empty());
}

#[test]
fn a_build_that_hangs_is_ended() {
    let mut bench = Bench::with("stall", |settings| settings.patience = Some(Duration::from_secs(3)));
    let slow = bench.act("slow", "sleep");
    bench.register();
    let start = Instant::now();
    let result = bench.nix.realise(&[Target::from(&slow)], &mut |_| ControlFlow::Continue(()));
    let Err(StoreError::Stalled { derivations, idle, processes, log }) = result else { panic!("{result:?}") };
    assert!(start.elapsed() < SLEEP, "it waited for the builder");
    assert_eq!(derivations, std::slice::from_ref(&slow.path));
    assert!(idle >= Duration::from_secs(3));
    assert!(processes.iter().any(|process| process.starts_with("builder (")), "{processes:?}");
    assert!(sage_oci_files::read_to_string(log).unwrap().contains("this is sleep"));
}

#[test]
fn a_build_that_works_without_a_word_is_left_alone() {
    let mut bench = Bench::with("busy", |settings| settings.patience = Some(Duration::from_secs(1)));
    let busy = bench.act("busy", "spin");
    bench.register();
    let result = bench.nix.realise(&[Target::from(&busy)], &mut |_| ControlFlow::Continue(()));
    // It makes no output, so it fails in the end; what counts is that it was let run to its end.
    assert!(matches!(result, Err(StoreError::BuildFailed { .. })), "{result:?}");
}
