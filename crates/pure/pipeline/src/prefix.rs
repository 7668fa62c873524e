use crate::PipelineError;
use sage_oci_names::Reference;

/// Refuses a place below which no image can have a name.
pub(crate) fn checked(prefix: &str) -> Result<(), PipelineError> {
    let bad = |why: String| PipelineError::BadPrefix { prefix: prefix.to_owned(), why };
    let reference = Reference::parse(&format!("{prefix}/x")).map_err(|error| bad(error.to_string()))?;
    // A tag or digest before the last slash would have been taken for a part of the name.
    if reference.tag().is_some() || reference.digest().is_some() {
        return Err(bad("it has a tag or digest".to_owned()));
    }
    Ok(())
}
