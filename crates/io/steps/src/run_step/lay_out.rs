use super::below::below;
use crate::StepError;
use sage_oci_files::FileError;
use sage_oci_step::RunStep;
use sage_oci_tree::ImagePath;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The one time of all files that commands find, in seconds since 1970: nothing shall depend on when they were laid out.
const TIME: u64 = 1;

/// Lays out the files of a step in an empty folder.
pub(super) fn lay_out(step: &RunStep, directory: &ImagePath, to: &Path) -> Result<(), StepError> {
    sage_oci_files::create_dir_all(to.join(directory))?;
    for folder in &step.folders {
        sage_oci_files::create_dir_all(to.join(below(folder)?))?;
    }
    for (path, source) in &step.files {
        let at = to.join(below(path)?);
        make_parent(&at)?;
        date(&sage_oci_files::copy_new(source, &at)?, &at)?;
    }
    for path in &step.empty {
        let at = to.join(below(path)?);
        make_parent(&at)?;
        match sage_oci_files::create_new(&at, false)? {
            Some(file) => date(&file, &at)?,
            None => return Err(StepError::Spec { why: format!("`{path}` is laid out twice") }),
        }
    }
    Ok(())
}

fn make_parent(path: &Path) -> Result<(), FileError> {
    path.parent().map_or(Ok(()), sage_oci_files::create_dir_all)
}

/// Gives a file the one time.
pub(crate) fn date(file: &File, path: &Path) -> Result<(), FileError> {
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(TIME)).map_err(FileError::at("date", path))
}
