use sage_oci_derivation::{Derivations, Finished, Output};
use sage_oci_names::StorePath;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be built, and in which order it can be.
#[derive(Debug)]
pub(crate) struct Order<'d> {
    /// What each still waits for.
    waiting: BTreeMap<&'d StorePath, BTreeSet<&'d StorePath>>,
    /// By derivation.
    all: BTreeMap<&'d StorePath, &'d Finished>,
}

impl<'d> Order<'d> {
    /// Some derivations and all that they need, without what is fetched and what is `there` already.
    pub(crate) fn of(derivations: &'d Derivations, wanted: &[&StorePath], there: impl Fn(&Finished) -> bool) -> Self {
        let mut all = needed(derivations, wanted, &there);
        all.retain(|_, finished| !is_fixed(finished) && !there(finished));
        let waits = |finished: &'d Finished| {
            let inputs = finished.derivation.input_derivations.keys();
            inputs.filter(|input| all.contains_key(*input)).collect()
        };
        let waiting = all.iter().map(|(path, finished)| (*path, waits(finished))).collect();
        Self { waiting, all }
    }

    /// Takes one that can be built now. `last` begins at the end, so that another order is tried.
    pub(crate) fn take(&mut self, last: bool) -> Option<&'d Finished> {
        let mut ready = self.waiting.iter().filter(|(_, waits)| waits.is_empty()).map(|(path, _)| *path);
        let path = if last { ready.next_back() } else { ready.next() }?;
        self.waiting.remove(path);
        self.all.get(path).copied()
    }

    /// One was built.
    pub(crate) fn done(&mut self, path: &StorePath) {
        for waits in self.waiting.values_mut() {
            waits.remove(path);
        }
    }

    /// How many wait to be taken.
    pub(crate) fn left(&self) -> usize {
        self.waiting.len()
    }

    /// Whether every one was taken.
    pub(crate) fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Some derivations and all that they need, by path; what those need that are `there` already is not looked at.
fn needed<'d>(
    derivations: &'d Derivations,
    wanted: &[&StorePath],
    there: &impl Fn(&Finished) -> bool,
) -> BTreeMap<&'d StorePath, &'d Finished> {
    let mut names: BTreeSet<&StorePath> = wanted.iter().copied().collect();
    let mut all = BTreeMap::new();
    let order: Vec<&Finished> = derivations.iter().collect();
    for finished in order.into_iter().rev() {
        if names.contains(&finished.path) {
            all.insert(&finished.path, finished);
            if !there(finished) {
                names.extend(finished.derivation.input_derivations.keys());
            }
        }
    }
    all
}

/// The outputs of fetches that some derivations need.
pub fn archives(derivations: &Derivations, wanted: &[&StorePath]) -> BTreeSet<StorePath> {
    let all = needed(derivations, wanted, &|_| false);
    all.into_values().filter(|finished| is_fixed(finished)).map(|finished| finished.out().clone()).collect()
}

/// Whether its output is known by its content: an archive, which is no work of ours.
fn is_fixed(finished: &Finished) -> bool {
    finished.derivation.outputs.values().any(|output| matches!(output, Output::Fixed { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_derivation::{DerivationBuilder, FixedHash};
    use sage_oci_names::Sha256;

    fn builder(name: &str) -> DerivationBuilder {
        DerivationBuilder::new(name, "x86_64-linux", "/bin/sh")
    }

    #[test]
    fn inputs_come_first_and_what_is_fetched_is_none_of_it() {
        let mut all = Derivations::default();
        let fixed = builder("archive").fixed(FixedHash::Recursive(Sha256::new([1; 32])));
        let archive = all.add(fixed).unwrap().clone();
        let first = all.add(builder("first").input(&archive, "out")).unwrap().clone();
        let second = all.add(builder("second").input(&archive, "out")).unwrap().clone();
        let top = all.add(builder("top").input(&first, "out").input(&second, "out")).unwrap().clone();
        all.add(builder("other")).unwrap();
        let names = |last: bool| {
            let mut order = Order::of(&all, &[&top.path], |_| false);
            let mut names = Vec::new();
            while let Some(finished) = order.take(last) {
                names.push(finished.derivation.name.clone());
                order.done(&finished.path);
            }
            assert!(order.is_over());
            names
        };
        let (forth, back) = (names(false), names(true));
        assert_eq!((forth.len(), &forth[2]), (3, &"top".to_owned()));
        assert_eq!(back, [forth[1].clone(), forth[0].clone(), "top".to_owned()]);
        assert_eq!(archives(&all, &[&first.path]), [archive.out().clone()].into());
        assert!(archives(&all, &[]).is_empty());
        // What is there is not built, nor what only it needs.
        let mut order = Order::of(&all, &[&top.path], |finished| finished.derivation.name == "first");
        assert_eq!(order.take(false).map(|finished| finished.derivation.name.as_str()), Some("second"));
        assert!(order.take(false).is_none(), "the other one waits for it");
        assert!(!order.is_over());
    }
}
