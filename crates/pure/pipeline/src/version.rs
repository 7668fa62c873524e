use crate::PipelineError;

/// The variable in which a workflow's matrix may name the version that it expects.
pub const VERSION: &str = "SAGE_OCI_VERSION";

/// Takes a version that came out of a YAML file, or refuses what YAML has made a number: `10` of `10.0`, and `10.1` where the job's
/// tag says `10.10`.
///
/// What YAML has done to `10.10` cannot be seen where no tag is beside it.
///
/// # Errors
/// [`PipelineError::YamlNumber`] with what it should have been, where that is known.
pub fn checked_version<'a>(
    variable: &'static str,
    value: &'a str,
    tag: Option<&str>,
) -> Result<&'a str, PipelineError> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // Zeros at the end are what a number does not keep.
    let number = |text: &str| match text.split_once('.') {
        Some((whole, rest)) => (whole.to_owned(), rest.trim_end_matches('0').to_owned()),
        None => (text.to_owned(), String::new()),
    };
    let meant = tag.filter(|tag| *tag != value && is_number(tag) && is_number(value) && number(tag) == number(value));
    if meant.is_some() || !value.contains('.') && is_number(value) {
        return Err(PipelineError::YamlNumber { variable, value: value.to_owned(), meant: meant.map(str::to_owned) });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_yaml_made_a_number() {
        let check = |value, tag| checked_version(VERSION, value, tag).map_err(|error| error.to_string());
        assert_eq!(check("10.10", Some("10.10")), Ok("10.10"));
        assert_eq!(check("10.1", Some("10.1")), Ok("10.1"));
        assert_eq!(check("10.1", Some("10.2")), Ok("10.1"), "another question");
        assert_eq!(check("10.1", None), Ok("10.1"));
        assert_eq!(check("10.10.beta4", None), Ok("10.10.beta4"));
        let why = "YAML reads 10.0 as the number 10, and 10.10 as 10.1";
        assert_eq!(check("10", None), Err(format!("`SAGE_OCI_VERSION` is `10`: {why}")));
        assert_eq!(check("10", Some("10.0")), Err(format!("`SAGE_OCI_VERSION` is `10`, and the tag is `10.0`: {why}")));
        assert_eq!(
            check("10.1", Some("10.10")),
            Err(format!("`SAGE_OCI_VERSION` is `10.1`, and the tag is `10.10`: {why}"))
        );
    }
}
