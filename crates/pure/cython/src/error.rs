/// Why the files of a module cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum ScanError {
    /// A module that is not there.
    #[error("there is no `{path}` in the source tree")]
    #[hint("modules are named by their path below the source folder, as `sage/rings/integer.pyx`")]
    NoModule {
        /// Its path.
        path: String,
    },
    /// A file that is there and was not read.
    #[error("`{path}` is in the source tree and cannot be read")]
    #[hint(none)]
    Unreadable {
        /// Its path.
        path: String,
    },
}
