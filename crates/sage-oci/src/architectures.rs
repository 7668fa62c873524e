use sage_oci_names::Architecture;
use std::str::FromStr;

/// What `--arch` says: `arm64`, `amd64,arm64`, or `all`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Architectures {
    /// Every architecture that the channel has a lock for.
    All,
    /// These, each once, sorted.
    These(Vec<Architecture>),
}

impl FromStr for Architectures {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let parsed: Result<Vec<_>, _> = text.split(',').map(|name| Architecture::parse(name.trim())).collect();
        let mut these = parsed.map_err(|error| format!("{error}; `all` is every one that has a lock"))?;
        these.sort();
        these.dedup();
        Ok(Self::These(these))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_several_and_all() {
        use Architecture::{Amd64, Arm64};
        let these = |text: &str| text.parse::<Architectures>();
        assert_eq!(these("all"), Ok(Architectures::All));
        assert_eq!(these("arm64"), Ok(Architectures::These(vec![Arm64])));
        assert_eq!(these("arm64, amd64,arm64"), Ok(Architectures::These(vec![Amd64, Arm64])));
        for bad in ["", "arm64,", "i386", "all,arm64"] {
            let error = these(bad).unwrap_err();
            assert!(error.contains("amd64 and arm64") && error.contains("`all`"), "{bad}: {error}");
        }
    }
}
