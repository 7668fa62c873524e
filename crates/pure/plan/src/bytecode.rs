use crate::{Options, PlanError};
use sage_oci_names::{ImageName, LayerName};
use std::collections::{BTreeMap, BTreeSet};

/// What stands before a byte-code layer's name.
const PREFIX: &str = "bytecode-";
/// The end of the name of the layer that holds what has none of its own.
const REST: &str = "rest";

/// Assigns package layers' compiled modules to byte-code layers: the big ones alone, the others together.
///
/// `layers` are the `image`'s package layers, bottom first, with the bytes of the Python modules that are compiled in
/// each; compiled modules take about as many bytes as their sources. A layer that had a byte-code layer of its own in
/// `previous` keeps it. The answer has no layer without modules.
///
/// # Errors
/// A layer name that becomes too long.
pub fn plan_bytecode(
    image: &ImageName,
    layers: &[(LayerName, u64)],
    previous: Option<&BTreeMap<LayerName, Vec<LayerName>>>,
    options: &Options,
) -> Result<BTreeMap<LayerName, Vec<LayerName>>, PlanError> {
    let whose = options.prefix(std::iter::once(image)).unwrap_or_default();
    let rest = LayerName::parse(&format!("{PREFIX}{whose}{REST}"))?;
    let had: BTreeSet<&LayerName> =
        previous.into_iter().flatten().filter(|(name, _)| **name != rest).flat_map(|(_, held)| held).collect();
    // Old ones first, then the biggest; names decide between equals.
    let mut big: Vec<&(LayerName, u64)> = layers
        .iter()
        .filter(|(name, bytes)| *bytes > 0 && (had.contains(name) || *bytes >= options.bytecode_alone_from))
        .collect();
    big.sort_by_key(|(name, bytes)| (!had.contains(name), std::cmp::Reverse(*bytes), name));
    let alone: BTreeSet<&LayerName> =
        big.into_iter().take(options.bytecode_layers.saturating_sub(1)).map(|(name, _)| name).collect();

    let mut plan: BTreeMap<LayerName, Vec<LayerName>> = BTreeMap::new();
    for (name, _) in layers.iter().filter(|(_, bytes)| *bytes > 0) {
        let own = match alone.contains(name) {
            true => LayerName::parse(&format!("{PREFIX}{name}"))?,
            false => rest.clone(),
        };
        plan.entry(own).or_default().push(name.clone());
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> ImageName {
        ImageName::parse("sagemath-dev").unwrap()
    }

    #[test]
    fn above_another_image_the_rest_says_whose_it_is() {
        let options = Options::above(&ImageName::parse("sagemath").unwrap());
        let plan = plan_bytecode(&image(), &[(name("dev-tail-00"), 10)], None, &options).unwrap();
        assert_eq!(plan.keys().map(LayerName::as_str).collect::<Vec<_>>(), ["bytecode-dev-rest"]);
    }

    fn name(text: &str) -> LayerName {
        LayerName::parse(text).unwrap()
    }

    #[test]
    fn big_alone_small_together_empty_nowhere() {
        let layers = [(name("base"), 10), (name("numpy"), 9 << 20), (name("glibc"), 0), (name("zz"), 5)];
        let plan = plan_bytecode(&image(), &layers, None, &Options::default()).unwrap();
        let wanted =
            [(name("bytecode-numpy"), vec![name("numpy")]), (name("bytecode-rest"), vec![name("base"), name("zz")])];
        assert_eq!(plan, BTreeMap::from(wanted));
        // What was alone stays alone when it shrinks.
        let layers = [(name("base"), 10), (name("numpy"), 1 << 20)];
        assert!(
            plan_bytecode(&image(), &layers, Some(&plan), &Options::default())
                .unwrap()
                .contains_key(&name("bytecode-numpy"))
        );
    }

    #[test]
    fn the_number_of_layers_is_bounded() {
        let layers: Vec<(LayerName, u64)> = (0..30).map(|n| (name(&format!("l{n:02}")), (n + 8) << 20)).collect();
        let options = Options { bytecode_layers: 4, ..Options::default() };
        let plan = plan_bytecode(&image(), &layers, None, &options).unwrap();
        let names: Vec<String> = plan.keys().map(LayerName::to_string).collect();
        assert_eq!(names, ["bytecode-l27", "bytecode-l28", "bytecode-l29", "bytecode-rest"]);
    }
}
