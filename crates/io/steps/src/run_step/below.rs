use crate::StepError;
use sage_oci_root::RootError;
use sage_oci_tree::ImagePath;

/// A path of the step below its folder; an empty one is the folder itself.
pub(super) fn below(path: &str) -> Result<ImagePath, StepError> {
    if path.is_empty() {
        return Ok(ImagePath::root());
    }
    let failed = |error: sage_oci_tree::PathError| RootError::Path { path: path.to_owned(), why: error.why() };
    Ok(ImagePath::relative(path).map_err(failed)?)
}
