use crate::{FileName, WhatError};
use std::str::FromStr;

/// Which tests a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Those of the files that a commit changes.
    Changed,
    /// Those of the whole of Sage.
    All,
    /// Those of these files, and of the files below these folders.
    Paths(Vec<FileName>),
}

impl FromStr for What {
    type Err = WhatError;

    /// `changed`, `all`, or paths with commas or spaces between them.
    fn from_str(text: &str) -> Result<Self, WhatError> {
        match text.trim() {
            "changed" => return Ok(Self::Changed),
            "all" => return Ok(Self::All),
            _ => {}
        }
        let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        let mut paths = words.map(FileName::parse).collect::<Result<Vec<_>, _>>()?;
        let mut seen = std::collections::BTreeSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        if paths.is_empty() { Err(WhatError::Empty) } else { Ok(Self::Paths(paths)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type() {
        let paths = |text: &str| match text.parse::<What>().unwrap() {
            What::Paths(paths) => paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        assert_eq!(paths("changed"), "Changed");
        assert_eq!(paths(" all "), "All");
        assert_eq!(paths("sage/rings,sage/arith/misc.py"), "sage/rings sage/arith/misc.py");
        assert_eq!(paths("src/sage/rings  sage/rings/, doc/en"), "sage/rings doc/en");
        assert_eq!(" , ".parse::<What>(), Err(WhatError::Empty));
        assert!("sage/rings,--gdb".parse::<What>().is_err());
    }
}
