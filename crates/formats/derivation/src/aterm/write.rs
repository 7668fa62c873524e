use crate::{Derivation, Output};
use std::collections::{BTreeMap, BTreeSet};

/// The text of a derivation as its `.drv` file holds it.
pub(crate) fn write(derivation: &Derivation) -> Vec<u8> {
    let inputs = derivation.input_derivations.iter().map(|(path, outputs)| (path.as_str(), outputs));
    text(derivation, inputs, false)
}

/// The text that is hashed for output paths: input derivations stand there by their own hashes, and with
/// `mask` the output paths, not known yet, are empty.
pub(crate) fn write_masked(
    derivation: &Derivation,
    inputs: &BTreeMap<String, BTreeSet<String>>,
    mask: bool,
) -> Vec<u8> {
    text(derivation, inputs.iter().map(|(hash, outputs)| (hash.as_str(), outputs)), mask)
}

fn text<'a>(
    derivation: &Derivation,
    inputs: impl Iterator<Item = (&'a str, &'a BTreeSet<String>)>,
    mask: bool,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096);
    out.extend_from_slice(b"Derive(");
    list(&mut out, b'[', &derivation.outputs, |out, (name, output)| {
        let path = if mask { "" } else { output.path().as_str() };
        let (method, hash) = match output {
            Output::InputAddressed { .. } => ("", String::new()),
            Output::Fixed { recursive: true, sha256, .. } => ("r:sha256", sha256.hex()),
            Output::Fixed { recursive: false, sha256, .. } => ("sha256", sha256.hex()),
        };
        list(out, b'(', [name.as_str(), path, method, hash.as_str()], string);
    });
    out.push(b',');
    list(&mut out, b'[', inputs, |out, (key, outputs)| {
        out.push(b'(');
        string(out, key);
        out.push(b',');
        list(out, b'[', outputs, |out, name| string(out, name));
        out.push(b')');
    });
    out.push(b',');
    list(&mut out, b'[', &derivation.input_sources, |out, path| string(out, path.as_str()));
    out.push(b',');
    string(&mut out, &derivation.system);
    out.push(b',');
    string(&mut out, &derivation.builder);
    out.push(b',');
    list(&mut out, b'[', &derivation.args, |out, arg| string(out, arg));
    out.push(b',');
    list(&mut out, b'[', &derivation.env, |out, (key, value)| {
        let masked = mask && derivation.outputs.contains_key(key);
        list(out, b'(', [key.as_str(), if masked { "" } else { value }], string);
    });
    out.push(b')');
    out
}

/// Writes items between brackets (`[`) or parentheses (`(`), with commas.
fn list<T>(out: &mut Vec<u8>, open: u8, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Vec<u8>, T)) {
    out.push(open);
    for (at, value) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        item(out, value);
    }
    out.push(if open == b'[' { b']' } else { b')' });
}

/// Writes a quoted string with the five escapes that Nix writes.
fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
