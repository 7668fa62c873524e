use crate::processes::{Process, below};
use crate::{Event, StoreError};
use sage_oci_names::StorePath;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often processor time is looked at; it costs a walk through `/proc`.
const PERIOD: Duration = Duration::from_secs(2);
/// Less processor time than this over a period is none: Nix itself wakes up now and then.
const IDLE_TICKS: u64 = 2;

/// Notices builds that hang: no word from any builder and no processor time, for too long.
///
/// A build on another machine uses no processor here; only its silence is seen.
#[derive(Debug)]
pub(crate) struct Watchdog {
    patience: Duration,
    nix: u32,
    running: BTreeSet<StorePath>,
    alive: Instant,
    looked: Instant,
    ticks: u64,
}

impl Watchdog {
    /// Watches what process `nix` has built; `patience` is how long nothing may happen.
    pub(crate) fn new(patience: Duration, nix: u32) -> Self {
        let now = Instant::now();
        Self { patience, nix, running: BTreeSet::new(), alive: now, looked: now, ticks: 0 }
    }

    /// Takes notice of an event.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::Tick => return,
            Event::BuildStarted { derivation } => drop(self.running.insert(derivation.clone())),
            Event::BuildFinished { derivation } => drop(self.running.remove(derivation)),
            _ => {}
        }
        self.alive = Instant::now();
    }

    /// Whether everything stands still; looks at the processes only now and then.
    pub(crate) fn is_stalled(&mut self) -> bool {
        let now = Instant::now();
        if now - self.looked < PERIOD.min(self.patience / 2) {
            return false;
        }
        self.looked = now;
        let ticks = below(self.nix).iter().map(|process| process.ticks).sum();
        // Fewer than before: a process has ended.
        if self.running.is_empty() || ticks < self.ticks || ticks - self.ticks >= IDLE_TICKS {
            self.alive = now;
        }
        self.ticks = ticks;
        now - self.alive >= self.patience
    }

    /// What hangs and where, to be called before it is ended.
    pub(crate) fn report(&self, log: &Path) -> StoreError {
        let processes =
            below(self.nix).iter().filter(|process| process.id != self.nix).map(Process::describe).collect();
        StoreError::Stalled {
            derivations: self.running.iter().cloned().collect(),
            idle: self.alive.elapsed(),
            processes,
            log: log.to_owned(),
        }
    }
}
