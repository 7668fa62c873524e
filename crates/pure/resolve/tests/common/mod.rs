//! Candidates as texts.

use sage_oci_names::{DebVersion, PackageName};
use sage_oci_resolve::{Candidate, MultiArch};

pub fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

/// `name version; Field: value; …`, as an index would have it.
pub fn candidate(text: &str) -> Candidate {
    let (head, fields) = text.split_once(';').unwrap_or((text, ""));
    let (package, version) = head.trim().split_once(' ').unwrap_or((head.trim(), "1"));
    let field = |wanted: &str| -> String {
        let mut parts = fields.split(';').filter_map(|part| part.split_once(':'));
        parts.find(|(field, _)| field.trim() == wanted).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    Candidate {
        name: name(package),
        version: DebVersion::parse(version).unwrap(),
        architecture: if field("Architecture").is_empty() { "amd64".to_owned() } else { field("Architecture") },
        multi_arch: match field("Multi-Arch").as_str() {
            "allowed" => MultiArch::Allowed,
            "foreign" => MultiArch::Foreign,
            "same" => MultiArch::Same,
            _ => MultiArch::No,
        },
        essential: field("Essential") == "yes",
        protected: field("Protected") == "yes",
        priority: if field("Priority").is_empty() { "optional".to_owned() } else { field("Priority") },
        pre_depends: field("Pre-Depends"),
        depends: field("Depends"),
        conflicts: field("Conflicts"),
        breaks: field("Breaks"),
        provides: field("Provides"),
    }
}
