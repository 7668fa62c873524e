use crate::Rule;
use sage_oci_tree::ImagePath;
use serde::Serialize;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Where.
    pub path: ImagePath,
    /// The package that has the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// What is wrong, in a few words.
    pub what: String,
}
