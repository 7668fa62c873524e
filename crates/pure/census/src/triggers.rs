use sage_oci_effects::{Document, Effect};

/// What a package's `triggers` file (deb-triggers(5)) asks for, and whether its own postinst answers triggers.
///
/// A package that activates a trigger leaves the work to the one that is interested; that one's postinst is accounted
/// for by itself. The exception is `ldconfig`, whose cache is computed from all that is installed.
///
/// # Errors
/// A line that is not a known directive.
pub(crate) fn read(text: &str) -> Result<(Vec<Effect>, bool), String> {
    let mut effects = Vec::new();
    let mut interested = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        match line.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
            [] => {}
            ["activate" | "activate-await" | "activate-noawait", "ldconfig"] => {
                let effect = Effect::Computed { document: Document::LdCache };
                if !effects.contains(&effect) {
                    effects.push(effect);
                }
            }
            ["activate" | "activate-await" | "activate-noawait", _] => {}
            ["interest" | "interest-await" | "interest-noawait", _] => interested = true,
            _ => return Err(format!("line {}: `{line}` is not a trigger directive", index + 1)),
        }
    }
    Ok((effects, interested))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        let (effects, interested) = read("# c\nactivate-noawait ldconfig\nactivate x # y\n").unwrap();
        assert_eq!(effects, [Effect::Computed { document: Document::LdCache }]);
        assert!(!interested);
        assert!(read("interest-noawait /usr/share/fonts\n").unwrap().1);
        for bad in ["activate\n", "interests x\n", "activate ldconfig now\n"] {
            assert!(read(bad).unwrap_err().contains("line 1"), "{bad}");
        }
    }
}
