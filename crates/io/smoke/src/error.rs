/// Why a report could not be written down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmokeError {
    /// The report does not fit into JUnit's XML.
    #[error("the report cannot be written as JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
}

impl SmokeError {
    /// What to do next, where there is something.
    pub fn hint(&self) -> Option<String> {
        Some("use the JSON report instead".to_owned())
    }
}
