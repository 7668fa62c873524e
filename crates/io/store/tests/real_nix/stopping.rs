//! Ends that are not the builder's.

use crate::support::Bench;
use sage_oci_store::{Event, StoreError, Target};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

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
    assert!(start.elapsed() < Duration::from_secs(30), "it waited for the builder");
    assert_eq!(bench.nix.is_valid(std::slice::from_ref(slow.out())).unwrap(), [false]);
    assert!(sage_oci_files::list(bench.folder.join("logs")).unwrap().is_empty());
}
