use sage_oci_names::StorePath;
use sage_oci_recipe::Resources;
use sage_oci_store::Event;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What one build took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// The derivation.
    pub derivation: StorePath,
    /// From its beginning to its end, by the clock here.
    pub wall: Duration,
    /// What its builder says that it used; none where it failed, or is not ours.
    pub used: Option<Resources>,
}

/// Collects what builds take, from their events.
#[derive(Debug, Default)]
pub struct Timings {
    running: BTreeMap<StorePath, (Instant, Option<Resources>)>,
    done: Vec<Timing>,
}

impl Timings {
    /// Takes notice of an event that happens now.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::BuildStarted { derivation } => drop(self.running.insert(derivation.clone(), (Instant::now(), None))),
            Event::Line { derivation, text } => {
                if let (Some(used), Some(running)) = (Resources::parse(text), self.running.get_mut(derivation)) {
                    running.1 = Some(used);
                }
            }
            Event::BuildFinished { derivation } => {
                if let Some((begun, used)) = self.running.remove(derivation) {
                    self.done.push(Timing { derivation: derivation.clone(), wall: begun.elapsed(), used });
                }
            }
            _ => {}
        }
    }

    /// The builds that have ended, the longest first.
    pub fn done(&self) -> Vec<&Timing> {
        let mut done: Vec<&Timing> = self.done.iter().collect();
        done.sort_by(|a, b| b.wall.cmp(&a.wall).then_with(|| a.derivation.cmp(&b.derivation)));
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_told_from_beginning_to_end() {
        let derivation = StorePath::parse("/nix/store/v510inn1bq273y7l2afgzii0b3jhri89-layer-a.drv").unwrap();
        let used = Resources { cpu_ms: 5, peak_bytes: 6, written_bytes: 7 };
        let mut timings = Timings::default();
        timings.note(&Event::BuildStarted { derivation: derivation.clone() });
        timings.note(&Event::Line { derivation: derivation.clone(), text: "layer: 3 packages".into() });
        timings.note(&Event::Line { derivation: derivation.clone(), text: used.line() });
        assert!(timings.done().is_empty());
        timings.note(&Event::BuildFinished { derivation: derivation.clone() });
        let done = timings.done();
        assert_eq!(done.len(), 1);
        assert_eq!((&done[0].derivation, done[0].used), (&derivation, Some(used)));
    }
}
