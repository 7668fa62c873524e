use sage_oci_files::FileError;

/// Why a folder cannot be read as a layout.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum LayoutError {
    /// A folder that is no OCI layout.
    #[error("{path} is no OCI layout: {why}")]
    #[hint("give the folder that holds `oci-layout` and `index.json`")]
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
