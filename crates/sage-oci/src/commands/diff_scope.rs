//! diffoscope, for what this program knows nothing of, where it is installed.

use crate::Failure;
use sage_oci_delta::Inside;
use sage_oci_tree::ImagePath;
use std::io::ErrorKind;

/// The longest answer that is taken, in bytes.
const LONGEST: &str = "20000";
/// How long it may take over one file, in seconds.
const SECONDS: &str = "60";

/// What diffoscope says of two versions of a file; none where it is not installed or fails.
pub fn look(path: &ImagePath, old: &[u8], new: &[u8]) -> Result<Option<Inside>, Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new(format_args!("cannot create a folder for diffoscope: {error}"), None))?;
    for (side, bytes) in [("old", old), ("new", new)] {
        let folder = folder.path().join(side);
        sage_oci_files::create_dir_all(&folder)?;
        sage_oci_files::write_new(folder.join(path.name()), bytes)?;
    }
    let output = sage_oci_child::command("diffoscope")
        .args(["--no-progress", "--timeout", SECONDS, "--max-text-report-size", LONGEST, "--text", "-"])
        .args(["old", "new"].map(|side| folder.path().join(side).join(path.name())))
        .output();
    match output {
        // It exits with 1 where the two differ.
        Ok(output) if output.status.code() == Some(1) && !output.stdout.is_empty() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let place = folder.path().display().to_string();
            let diff = Some(text.replace(&place, ""));
            Ok(Some(Inside { format: "diffoscope", diff, ..Inside::default() }))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(format_args!("cannot start diffoscope: {error}"), None)),
    }
}
