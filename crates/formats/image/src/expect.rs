use crate::{ImageError, Kind, MediaType};

/// Holds a document's media type to what its place asks for.
pub(crate) fn expect(what: &str, found: &MediaType, expected: Kind) -> Result<(), ImageError> {
    if found.kind() == expected {
        return Ok(());
    }
    Err(ImageError::WrongType { what: what.to_owned(), expected: expected.name(), found: found.clone() })
}

/// Holds a document to the one version of the schema that there is.
pub(crate) fn expect_version(what: &str, found: u32) -> Result<(), ImageError> {
    if found == 2 {
        return Ok(());
    }
    let what = what.to_owned();
    Err(ImageError::WrongValue { what, field: "schemaVersion", found: found.to_string(), expected: "2" })
}
