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
    /// Meson builds some of the packaged modules no longer, since it does not find what it found for the release.
    #[error("the image would lack modules that the package has: {}; meson says `{}`", modules.join(", "), missing.join("`, `"))]
    #[hint(
        "the commit asks for other versions than the channel has: change what its meson.build asks for, or say in `adjust` below `upstream`, in the image's definition, that the channel's will do"
    )]
    LeftOut {
        /// The modules, as `sage.libs.eclib.mwrank`.
        modules: Vec<String>,
        /// What meson says, a line each.
        missing: Vec<String>,
    },
    /// What meson says is needed and was not given.
    #[error("it is not known how meson compiles the commit")]
    #[hint("this is an error of this program")]
    NoDescription,
}
