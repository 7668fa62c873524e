//! Derivations as a text of the Nix language, for stores that take them from the evaluator only.

use sage_oci_derivation::{Derivation, Finished};
use sage_oci_names::StorePath;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A list of the derivations, which must come after those they use. Inputs outside the list must be in the store.
pub(crate) fn of(derivations: &[&Finished]) -> String {
    let names: BTreeMap<&StorePath, usize> =
        derivations.iter().enumerate().map(|(at, finished)| (&finished.path, at)).collect();
    let mut text = "let\n".to_owned();
    for (at, finished) in derivations.iter().enumerate() {
        let _ = writeln!(text, "d{at} = {};", one(&finished.derivation, &names));
    }
    text.push_str("in [");
    for at in 0..derivations.len() {
        let _ = write!(text, " d{at}");
    }
    text.push_str(" ]\n");
    text
}

fn one(derivation: &Derivation, names: &BTreeMap<&StorePath, usize>) -> String {
    let mut text = "derivation {".to_owned();
    for (key, value) in &derivation.env {
        let value = match key.as_str() {
            // The builtin computes these.
            key if derivation.outputs.contains_key(key) => continue,
            "outputs" => list(value.split(' ')),
            "builder" => format!("{} + {}", context(derivation, names), string(value)),
            _ => string(value),
        };
        let _ = write!(text, " {} = {value};", string(key));
    }
    let _ = write!(text, " args = {}; }}", list(derivation.args.iter().map(String::as_str)));
    text
}

/// An empty string that carries all inputs: the builtin finds inputs by the context of its strings, and a substring
/// keeps it.
fn context(derivation: &Derivation, names: &BTreeMap<&StorePath, usize>) -> String {
    let mut parts = String::new();
    for (path, outputs) in &derivation.input_derivations {
        let input =
            names.get(path).map_or_else(|| format!("(import {})", string(path.as_str())), |at| format!("d{at}"));
        for output in outputs {
            let _ = write!(parts, "${{{input}.{}}}", string(output));
        }
    }
    for path in &derivation.input_sources {
        let _ = write!(parts, "${{builtins.storePath {}}}", string(path.as_str()));
    }
    format!("builtins.substring 0 0 \"{parts}\"")
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let mut text = "[".to_owned();
    for item in items {
        let _ = write!(text, " {}", string(item));
    }
    text.push_str(" ]");
    text
}

/// A string literal. Line ends are escaped, for the language changes carriage returns.
fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' | '$' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}
