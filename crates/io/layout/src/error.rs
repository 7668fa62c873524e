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
    /// A path at which nothing is.
    #[error("there is nothing at {path}")]
    #[hint("give the folder that holds `oci-layout` and `index.json`")]
    NothingThere {
        /// The path.
        path: String,
    },
    /// An archive instead of a folder.
    #[error("{path} is an archive, not a folder with an OCI layout")]
    #[hint(
        "unpack it: `mkdir layout && tar -xf {path} -C layout`, then give `./layout`; where that has no `oci-layout`: `skopeo copy docker-archive:{path} oci:layout`"
    )]
    Archive {
        /// The archive.
        path: String,
    },
    /// Something else instead of a folder.
    #[error("{path} is no folder")]
    #[hint("give the folder that holds `oci-layout` and `index.json`")]
    NoFolder {
        /// What it is.
        path: String,
    },
    /// An unpacked archive of an older `docker save`.
    #[error("{path} is what `docker save` writes, and no OCI layout")]
    #[hint("make a layout of the archive: `skopeo copy docker-archive:IMAGE.tar oci:layout`, then give `./layout`")]
    DockerArchive {
        /// The folder.
        path: String,
    },
    /// A folder or a device instead of a blob.
    #[error("{path} is no file")]
    #[hint("the layout is damaged; copy it again")]
    NoFile {
        /// Where the blob should be.
        path: String,
    },
    /// A file of the layout.
    #[error(transparent)]
    File(#[from] FileError),
}
