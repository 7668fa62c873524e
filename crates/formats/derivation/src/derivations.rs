use crate::{DerivationError, Finished, StoreDir, modulo};
use sage_oci_names::{Sha256, StorePath};
use std::collections::BTreeMap;

/// A growing graph of derivations: each is added after what it uses, and its hash is computed once.
///
/// The graph never has a cycle, since an input has to be known before the derivation that uses it.
#[derive(Debug, Default, Clone)]
pub struct Derivations {
    store_dir: StoreDir,
    order: Vec<StorePath>,
    known: BTreeMap<StorePath, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    finished: Finished,
    modulo: Sha256,
}

impl Derivations {
    /// An empty graph for a store directory.
    pub fn new(store_dir: StoreDir) -> Self {
        Self { store_dir, ..Self::default() }
    }

    /// The store directory of all its paths.
    pub fn store_dir(&self) -> &StoreDir {
        &self.store_dir
    }

    /// Keeps a derivation that is finished already; its inputs must be known.
    pub fn insert(&mut self, finished: Finished) -> Result<&Finished, DerivationError> {
        let path = finished.path.clone();
        if !self.known.contains_key(&path) {
            let modulo = modulo::modulo(&finished.derivation, |path| self.modulo(path))?;
            self.order.push(path.clone());
            self.known.insert(path.clone(), Entry { finished, modulo });
        }
        Ok(&self.known[&path].finished)
    }

    /// The derivation at a path.
    pub fn get(&self, path: &StorePath) -> Option<&Finished> {
        self.known.get(path).map(|entry| &entry.finished)
    }

    /// All derivations, inputs before what uses them, otherwise in the order they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Finished> {
        self.order.iter().map(|path| &self.known[path].finished)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The hash a derivation counts as in what uses it.
    pub(crate) fn modulo(&self, path: &StorePath) -> Option<Sha256> {
        self.known.get(path).map(|entry| entry.modulo)
    }
}
