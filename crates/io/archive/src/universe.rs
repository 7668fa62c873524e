use sage_oci_deb::IndexEntry;
use sage_oci_resolve::{Candidate, MultiArch};

/// What the resolver wants to know of an index entry.
pub fn candidate(entry: &IndexEntry) -> Candidate {
    Candidate {
        name: entry.name.clone(),
        version: entry.version.clone(),
        architecture: entry.architecture.clone(),
        multi_arch: match entry.multi_arch {
            sage_oci_deb::MultiArch::No => MultiArch::No,
            sage_oci_deb::MultiArch::Same => MultiArch::Same,
            sage_oci_deb::MultiArch::Foreign => MultiArch::Foreign,
            sage_oci_deb::MultiArch::Allowed => MultiArch::Allowed,
        },
        essential: entry.essential,
        protected: entry.important || entry.protected,
        priority: entry.priority.clone(),
        pre_depends: entry.pre_depends.clone(),
        depends: entry.depends.clone(),
        conflicts: entry.conflicts.clone(),
        breaks: entry.breaks.clone(),
        provides: entry.provides.clone(),
    }
}
