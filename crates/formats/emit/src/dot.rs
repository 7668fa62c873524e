use sage_oci_derivation::{Derivations, Finished};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The derivations as a graph in Graphviz's language, inputs pointing to what uses them.
///
/// Nodes are named by their derivation's name, which is unique within an image; their shapes tell fetches, layers and images
/// apart. The text depends on the derivations alone.
pub fn dot(derivations: &Derivations) -> String {
    let mut text = "digraph image {\n  rankdir = LR;\n  node [fontname = \"sans-serif\"];\n".to_owned();
    for finished in derivations.iter() {
        let (name, shape) = (label(finished), shape(finished));
        // Writing to a string does not fail.
        _ = writeln!(text, "  {name:?} [shape = {shape}, tooltip = {:?}];", finished.path.as_str());
        // By name: paths are in the order of their digests, which say nothing to people and change with the builder.
        let inputs: BTreeSet<&str> = finished
            .derivation
            .input_derivations
            .keys()
            .filter_map(|input| derivations.get(input))
            .map(label)
            .collect();
        for input in inputs {
            _ = writeln!(text, "  {input:?} -> {name:?};");
        }
    }
    text.push_str("}\n");
    text
}

fn label(finished: &Finished) -> &str {
    finished.path.name().trim_end_matches(".drv")
}

fn shape(finished: &Finished) -> &'static str {
    match label(finished) {
        name if name.starts_with("debs-") => "cylinder",
        name if name.starts_with("layer-") => "box",
        _ => "component",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_derivation::DerivationBuilder;

    #[test]
    fn arrows_lead_from_input_to_user() {
        let mut derivations = Derivations::default();
        let fetch = derivations.add(DerivationBuilder::new("debs-a", "x86_64-linux", "/b")).unwrap().clone();
        let layer = DerivationBuilder::new("layer-a", "x86_64-linux", "/b").input(&fetch, "out");
        derivations.add(layer).unwrap();
        let text = dot(&derivations);
        assert!(text.contains("\"debs-a\" -> \"layer-a\";\n"), "{text}");
        assert!(text.contains("\"debs-a\" [shape = cylinder"), "{text}");
        assert!(text.starts_with("digraph image {\n") && text.ends_with("}\n"));
    }
}
