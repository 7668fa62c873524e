use crate::{Candidate, Quarrel, RelationError};
use sage_oci_names::{DebVersion, PackageName};

/// Why a request has no answer.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ResolveError {
    /// A wanted package is not in the index.
    #[error("there is no package `{name}` in the index")]
    #[hint(with = Some(look_again(nearest)))]
    Unknown {
        /// What was asked for.
        name: PackageName,
        /// Names that look like it.
        nearest: Vec<PackageName>,
    },
    /// A package is both asked for and left out.
    #[error("package `{name}` is wanted and left out at once")]
    #[hint("take it out of one of the two lists of the definition")]
    WantedOmitted {
        /// The package.
        name: PackageName,
    },
    /// An index entry that cannot be read.
    #[error("field {field} of package {name} {version} cannot be read: {source}")]
    #[hint("the index is signed but malformed; report it to the archive")]
    Relation {
        /// The package.
        name: PackageName,
        /// Its version.
        version: DebVersion,
        /// The field.
        field: &'static str,
        /// What is wrong.
        source: RelationError,
    },
    /// No choice of packages satisfies all relations.
    #[error("the packages asked for cannot be installed together{}", list(quarrels))]
    #[hint("want fewer packages, leave out one that quarrels, or wait until the suite is consistent again")]
    Unsatisfiable {
        /// Which packages quarrel, the shortest explanation first.
        quarrels: Vec<Quarrel>,
    },
}

fn list(quarrels: &[Quarrel]) -> String {
    quarrels.iter().map(|quarrel| format!("\n  {quarrel}")).collect()
}

fn look_again(nearest: &[PackageName]) -> String {
    if nearest.is_empty() {
        return "check the name in the definition, and that the channel has the component it lies in".to_owned();
    }
    let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", names.join(" or "))
}

impl ResolveError {
    pub(crate) fn relation(candidate: &Candidate, field: &'static str, source: RelationError) -> Self {
        let (name, version) = (candidate.name.clone(), candidate.version.clone());
        Self::Relation { name, version, field, source }
    }
}
