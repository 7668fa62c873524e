use sage_oci_files::FileError;

/// Why a folder cannot be read as a layout.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A folder that is no OCI layout.
    #[error("{path} is no OCI layout: {why}")]
    NoLayout {
        /// The folder.
        path: String,
        /// What is missing or wrong.
        why: String,
    },
    /// A file of the layout.
    #[error(transparent)]
    File(#[from] FileError),
}

impl LayoutError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoLayout { .. } => Some("give the folder that holds `oci-layout` and `index.json`".to_owned()),
            Self::File(error) => error.hint(),
        }
    }
}
