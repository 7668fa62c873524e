use sage_oci_wanted::{Wanted, WantedError};
use std::path::{Path, PathBuf};

/// Parses what a person typed, looking at what exists ([`Wanted::parse`]). A `~/` at its beginning, which a shell leaves alone
/// behind `=`, is the home folder.
///
/// # Errors
/// [`WantedError`]: the text can be none of the kinds.
pub fn parse(text: &str) -> Result<Wanted, WantedError> {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let expanded = match (text.strip_prefix("~/"), home.as_deref().and_then(Path::to_str)) {
        (Some(rest), Some(home)) => format!("{}/{rest}", home.trim_end_matches('/')),
        _ => text.to_owned(),
    };
    // What cannot be looked at is named by whoever opens it.
    Wanted::parse(&expanded, |path| sage_oci_files::metadata(path).is_ok())
}
