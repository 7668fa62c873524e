use sage_oci_names::{LayerName, NameError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Which layers are built by an emulator of another processor, which takes about ten times as long: `smallest`, `all`, or names with
/// commas between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Emulate {
    /// The smallest of each kind of step.
    #[default]
    Smallest,
    /// All.
    All,
    /// These.
    These(Vec<LayerName>),
}

/// A layer that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub name: LayerName,
    /// What makes it: steps of one kind do the same work.
    pub kind: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Emulate {
    /// Which of all layers of an image are built so, in their order.
    pub fn choose<'c>(&self, all: &'c [Candidate]) -> Vec<&'c LayerName> {
        let mut smallest: BTreeMap<&str, &Candidate> = BTreeMap::new();
        for one in all {
            let best = smallest.entry(&one.kind).or_insert(one);
            if (one.size, &one.name) < (best.size, &best.name) {
                *best = one;
            }
        }
        let is_chosen = |one: &&Candidate| match self {
            Self::Smallest => smallest.get(one.kind.as_str()).is_some_and(|best| best.name == one.name),
            Self::All => true,
            Self::These(names) => names.contains(&one.name),
        };
        all.iter().filter(is_chosen).map(|one| &one.name).collect()
    }
}

impl FromStr for Emulate {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        match text {
            "smallest" => Ok(Self::Smallest),
            "all" => Ok(Self::All),
            names => names.split(',').map(|name| name.trim().parse()).collect::<Result<_, _>>().map(Self::These),
        }
    }
}

/// What was built by an emulator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Emulation {
    /// The emulator and the processor.
    pub by: String,
    /// Layers that were.
    pub layers: Vec<String>,
    /// Layers that were not.
    pub others: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_of_each_kind_or_what_is_asked_for() {
        let one = |name: &str, kind: &str, size| Candidate { name: name.parse().unwrap(), kind: kind.into(), size };
        let all = [one("a", "layer", 3), one("b", "layer", 2), one("c", "wheel", 9), one("d", "layer", 2)];
        let chosen = |text: &str| -> Vec<String> {
            let emulate: Emulate = text.parse().unwrap();
            emulate.choose(&all).into_iter().map(ToString::to_string).collect()
        };
        assert_eq!(chosen("smallest"), ["b", "c"]);
        assert_eq!(chosen("d, a"), ["a", "d"]);
        assert_eq!(chosen("all").len(), 4);
        assert!(Emulate::default().choose(&[]).is_empty());
        for wrong in ["", "a,", "A B"] {
            assert!(wrong.parse::<Emulate>().is_err(), "{wrong}");
        }
    }
}
