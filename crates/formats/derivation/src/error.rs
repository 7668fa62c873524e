use sage_oci_names::{NameError, StorePath};

/// What can be wrong with a derivation, a NAR or an export stream.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum DerivationError {
    /// A text is not a base-32 number of the length asked for.
    #[error("`{text}` is not a Nix base-32 hash: {why}")]
    Nix32 {
        /// The text.
        text: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A store directory is not a plain absolute path.
    #[error("`{text}` is not a store directory: it must be an absolute path without empty or dotted components")]
    StoreDir {
        /// The text.
        text: String,
    },
    /// A name or a path breaks Nix's rules.
    #[error(transparent)]
    #[hint("Nix allows letters, digits and `+-._?=` in names, at most 211 characters")]
    Name(#[from] NameError),
    /// A `.drv` file is not what Nix writes.
    #[error("derivation `{name}`: at byte {offset}: {why}")]
    Aterm {
        /// The derivation's name.
        name: String,
        /// Where reading stopped, counted from 0.
        offset: usize,
        /// What was expected there.
        why: String,
    },
    /// A derivation asks for something that Nix would refuse or that is not known here.
    #[error("derivation `{name}`: {why}")]
    Invalid {
        /// The derivation's name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// An input derivation has not been added before the one that uses it.
    #[error("derivation `{name}` uses `{input}`, which is not known yet")]
    #[hint("add `{input}` to the graph before what uses it")]
    UnknownInput {
        /// The derivation's name.
        name: String,
        /// The input's path.
        input: StorePath,
    },
    /// An input derivation has no output of that name.
    #[error("derivation `{name}` uses output `{output}` of `{input}`, which has no such output")]
    UnknownOutput {
        /// The derivation's name.
        name: String,
        /// The input's path.
        input: StorePath,
        /// The output asked for.
        output: String,
    },
    /// A builder, an argument or a variable names a store path that is not an input; the sandbox would not show it.
    #[error("derivation `{name}` mentions `{path}` in {place}, but does not have it as an input")]
    #[hint("declare `{path}` as an input source or derivation")]
    UndeclaredInput {
        /// The derivation's name.
        name: String,
        /// The store path, as far as it could be read.
        path: String,
        /// Where it is mentioned.
        place: String,
    },
    /// An entry of a file tree cannot be in a NAR, or stands in the wrong place.
    #[error("archive entry `{entry}`: {why}")]
    NarEntry {
        /// The entry's name.
        entry: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A file's length is not what was announced; it changed while it was read.
    #[error("archive entry `{entry}` should have {expected} bytes, but {actual} could be read")]
    #[hint("leave the files alone while they are added to the store")]
    NarSize {
        /// The entry's name.
        entry: String,
        /// The length announced.
        expected: u64,
        /// The bytes read.
        actual: u64,
    },
    /// Reading a file's content failed.
    #[error("cannot read the content of archive entry `{entry}`")]
    NarRead {
        /// The entry's name.
        entry: String,
        /// Why.
        source: std::io::Error,
    },
    /// Writing an archive or an export stream failed.
    #[error("cannot write the archive")]
    Write(#[source] std::io::Error),
}
