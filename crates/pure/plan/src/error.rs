use sage_oci_names::{NameError, PackageName, SourceName};

/// Why there is no plan.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum PlanError {
    /// A package that no image holds.
    #[error("package `{package}` is in no image")]
    Homeless {
        /// The package.
        package: PackageName,
    },
    /// A payload that the images do not hold.
    #[error("source package `{source_name}` is named as payload, but no package of the images is built from it")]
    #[hint("correct `payload` in the image definition")]
    NoSuchPayload {
        /// The source package.
        source_name: SourceName,
    },
    /// A layer name that cannot be written, because the names that it is made of are too long together.
    #[error(transparent)]
    #[hint("choose shorter image names")]
    Name(#[from] NameError),
}
