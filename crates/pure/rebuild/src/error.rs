use sage_oci_cython::ScanError;

/// Why it cannot be told what a commit changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum RebuildError {
    /// A source cannot be scanned.
    #[error("the sources of `{module}` cannot be told: {source}")]
    Scan {
        /// The module, below the folder of modules.
        module: String,
        /// Why.
        source: ScanError,
    },
    /// Two modules would be installed under one name.
    #[error("the commit has two modules named `{name}`: {first} and {second}")]
    #[hint("rename one of them: Python would find only one")]
    TwoModules {
        /// The name, as `sage.rings.integer`.
        name: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// What meson says is needed and was not given.
    #[error("it is not known how meson compiles the commit")]
    #[hint("this is an error of this program")]
    NoDescription,
}
