//! "Hash derivation modulo": the hash that stands for a derivation in the output paths of what uses it.
//!
//! It is taken modulo how a fixed output is fetched: two derivations that promise the same content count as one,
//! so a new mirror changes no path behind it (Nix manual, "Derivation", "Input-addressed outputs").

use crate::{Derivation, DerivationError, Output, aterm, sha256};
use sage_oci_names::{Sha256, StorePath};
use std::collections::{BTreeMap, BTreeSet};

/// The hash of a derivation whose output paths are known: what it counts as in those that use it.
pub(crate) fn modulo(
    derivation: &Derivation,
    known: impl Fn(&StorePath) -> Option<Sha256>,
) -> Result<Sha256, DerivationError> {
    if let Some(Output::Fixed { path, recursive, sha256: digest }) = derivation.outputs.get("out") {
        let method = if *recursive { "r:" } else { "" };
        return Ok(sha256(format!("fixed:out:{method}sha256:{digest}:{path}")));
    }
    hash(derivation, known, false)
}

/// The hash that its own output paths are made from, the paths themselves masked.
pub(crate) fn masked(
    derivation: &Derivation,
    known: impl Fn(&StorePath) -> Option<Sha256>,
) -> Result<Sha256, DerivationError> {
    hash(derivation, known, true)
}

fn hash(
    derivation: &Derivation,
    known: impl Fn(&StorePath) -> Option<Sha256>,
    mask: bool,
) -> Result<Sha256, DerivationError> {
    let mut inputs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, outputs) in &derivation.input_derivations {
        let input = known(path)
            .ok_or_else(|| DerivationError::UnknownInput { name: derivation.name.clone(), input: path.clone() })?;
        // Two fetches of one content have one hash: their outputs merge, as in Nix since 2.7.
        inputs.entry(input.hex()).or_default().extend(outputs.iter().cloned());
    }
    Ok(sha256(aterm::write_masked(derivation, &inputs, mask)))
}
