/// Why a report could not be written down.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum SmokeError {
    /// The report does not fit into JUnit's XML.
    #[error("the report cannot be written as JUnit XML")]
    #[hint("use the JSON report instead")]
    Junit(#[from] quick_junit::SerializeError),
}
