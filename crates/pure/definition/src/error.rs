use sage_oci_names::{ChannelName, ImageName};

/// Why a definition cannot be used.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum DefinitionError {
    /// Not TOML, a key that nobody reads, or a value of the wrong kind.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file's name as the caller gave it.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// Written for a newer program.
    #[error("{file} has format {found}, this program knows format {known}")]
    #[hint("update sage-oci")]
    Newer {
        /// The file's name.
        file: String,
        /// Its format.
        found: u64,
        /// The newest that we know.
        known: u64,
    },
    /// The image is not made for this channel.
    #[error("image `{image}` has no channel `{channel}`; it has {}", list(known))]
    #[hint(with = known.first().map(|channel| format!("try `--channel {channel}`")))]
    NoSuchChannel {
        /// The image.
        image: ImageName,
        /// What was asked for.
        channel: ChannelName,
        /// What there is.
        known: Vec<ChannelName>,
    },
}

impl DefinitionError {
    pub(crate) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        Self::Syntax { file: file.to_owned(), line, message: error.message().to_owned() }
    }

    pub(crate) fn at(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self::Syntax { file: file.to_owned(), line, message: message.into() }
    }
}

/// The line, from 1, of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Names as a sentence has them.
pub(crate) fn list(names: &[ChannelName]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
