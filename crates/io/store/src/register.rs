use crate::{Access, Nix, StoreError, expression};
use sage_oci_derivation::{ExportWriter, Finished};
use sage_oci_names::StorePath;
use std::collections::{BTreeMap, BTreeSet};

impl Nix {
    /// Puts the derivations into the store that are not there, inputs first. Their input sources must be there.
    ///
    /// A store that Nix's commands write themselves reads the bytes as they are (`nix-store --import`). A daemon takes those
    /// from trusted users only; it gets the same derivations through the evaluator, which computes every path once more.
    pub fn register<'a>(&self, derivations: impl IntoIterator<Item = &'a Finished>) -> Result<(), StoreError> {
        let all: BTreeMap<&StorePath, &Finished> =
            derivations.into_iter().map(|finished| (&finished.path, finished)).collect();
        let paths: Vec<StorePath> = all.keys().map(|path| (*path).clone()).collect();
        let valid = self.is_valid(&paths)?;
        let missing: BTreeMap<&StorePath, &Finished> =
            all.into_iter().zip(valid).filter(|(_, valid)| !valid).map(|(entry, _)| entry).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let ordered = inputs_first(&missing);
        if self.access == Access::Direct { self.import(&ordered) } else { self.instantiate(&ordered) }
    }

    fn import(&self, derivations: &[&Finished]) -> Result<(), StoreError> {
        let mut command = self.command("nix-store");
        command.arg("--import");
        self.capture("register derivations", command, |pipe| {
            let mut stream = ExportWriter::new(pipe);
            for finished in derivations {
                stream.derivation(finished)?;
            }
            stream.finish()?;
            Ok(())
        })
        .map(drop)
    }

    fn instantiate(&self, derivations: &[&Finished]) -> Result<(), StoreError> {
        let text = expression::of(derivations);
        let mut command = self.command("nix-instantiate");
        command.arg("-");
        let program = command.get_program().to_owned();
        let made = self.capture("register derivations", command, |pipe| {
            let written = pipe.write_all(text.as_bytes()).and_then(|()| pipe.flush());
            written.map_err(|source| StoreError::Run { program: program.into(), source })
        })?;
        for (at, finished) in derivations.iter().enumerate() {
            // A derivation whose first output is not `out` is printed with it: `….drv!dev`.
            let actual = made.get(at).and_then(|line| line.split('!').next()).unwrap_or_default();
            if actual != finished.path.as_str() {
                return Err(StoreError::Disagreement { expected: finished.path.clone(), actual: actual.to_owned() });
            }
        }
        Ok(())
    }
}

/// The derivations in an order in which each comes after those it uses; a loop, not a recursion, so any depth is fine.
fn inputs_first<'a>(derivations: &BTreeMap<&StorePath, &'a Finished>) -> Vec<&'a Finished> {
    let mut order = Vec::with_capacity(derivations.len());
    let mut seen = BTreeSet::new();
    for start in derivations.values() {
        let mut open = vec![(*start, false)];
        while let Some((finished, inputs_done)) = open.pop() {
            if inputs_done {
                order.push(finished);
            } else if seen.insert(&finished.path) {
                open.push((finished, true));
                let inputs = finished.derivation.input_derivations.keys();
                open.extend(inputs.filter_map(|input| derivations.get(input)).map(|input| (*input, false)));
            }
        }
    }
    order
}
