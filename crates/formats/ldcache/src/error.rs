use sage_oci_tree::PathError;
use std::io;

/// Why a cache could not be made.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum LdcacheError {
    /// The bytes of a file could not be read.
    #[error("cannot read a file to see whether it is a shared object")]
    Read {
        /// Why.
        source: io::Error,
    },
    /// A configuration file includes a pattern that is none.
    #[error("`{file}` includes `{pattern}`, which is no pattern: {why}")]
    #[hint("correct `{file}`, or leave out the package that brings it")]
    Pattern {
        /// The configuration file.
        file: String,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A configuration file includes a pattern that is not absolute, which `ldconfig -r` refuses too.
    #[error("`{file}` includes `{pattern}`, which is not absolute")]
    #[hint("correct `{file}`, or leave out the package that brings it")]
    RelativeInclude {
        /// The configuration file.
        file: String,
        /// The pattern.
        pattern: String,
    },
    /// Configuration files include each other without end.
    #[error("`{file}` includes itself")]
    #[hint("correct `{file}`, or leave out the package that brings it")]
    IncludeLoop {
        /// The configuration file.
        file: String,
    },
    /// Configuration files that include files twice which include files twice, and so on.
    #[error("`{file}` is included when {most} files have been read already")]
    #[hint("correct `{file}`, or leave out the package that brings it")]
    TooManyIncludes {
        /// The configuration file.
        file: String,
        /// The most that are read.
        most: usize,
    },
    /// A shared object whose soname leads out of the directory that it lies in.
    #[error("the shared object `{path}` calls itself `{soname}`, which cannot be a name beside it: {why}")]
    #[hint("leave out the package that brings `{path}`")]
    Soname {
        /// The object.
        path: String,
        /// Its soname.
        soname: String,
        /// The rule it breaks.
        why: PathError,
    },
    /// glibc before 2.37 gives such directories a meaning that this crate does not write down.
    #[error("glibc {version} searches `{path}` for special hardware, which is not supported")]
    #[hint("leave out the package that brings `{path}`")]
    LegacyHardware {
        /// The directory.
        path: String,
        /// The version of glibc.
        version: String,
    },
    /// The cache would have offsets beyond 32 bits.
    #[error("there are too many libraries for one cache")]
    TooLarge,
}
