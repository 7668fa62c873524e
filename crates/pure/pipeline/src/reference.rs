use crate::PipelineError;
use crate::variables::unreadable;

/// A branch's or tag's name, by git-check-ref-format(1) as far as it matters to whoever builds names of it.
pub(crate) fn name(variable: &'static str, name: &str) -> Result<String, PipelineError> {
    let why = if name.is_empty() || name.starts_with('/') || name.ends_with('/') || name.contains("//") {
        "a part of its name is empty"
    } else if name.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) || name.contains("..") || name.contains("@{") {
        "git has no such name"
    } else if name.starts_with('-') || name.ends_with('.') {
        "git has no name that begins with `-` or ends with `.`"
    } else {
        return Ok(name.to_owned());
    };
    Err(unreadable(variable, name, why))
}
