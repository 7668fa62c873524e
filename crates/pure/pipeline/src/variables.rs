use crate::{PipelineError, Protection};
use std::collections::BTreeMap;

/// The longest value that is read, in bytes; names of refs have at most 255.
const LONGEST: usize = 4096;

/// A service's variables.
pub(crate) struct Variables<'a> {
    pub(crate) service: &'static str,
    pub(crate) all: &'a BTreeMap<String, String>,
}

impl<'a> Variables<'a> {
    /// A variable's value; an empty one is none, as services leave what does not apply empty.
    pub(crate) fn get(&self, variable: &'static str) -> Result<Option<&'a str>, PipelineError> {
        let Some(value) = self.all.get(variable).map(String::as_str).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        match value {
            _ if value.chars().any(char::is_control) => Err(unreadable(variable, value, "it has control characters")),
            _ if value.len() > LONGEST => {
                Err(unreadable(variable, &value[..value.floor_char_boundary(80)], "it is too long"))
            }
            _ => Ok(Some(value)),
        }
    }

    /// A variable that the service always sets.
    pub(crate) fn needed(&self, variable: &'static str) -> Result<&'a str, PipelineError> {
        self.get(variable)?.ok_or(PipelineError::Missing { service: self.service, variable })
    }

    /// A variable as a value of ours.
    pub(crate) fn owned(&self, variable: &'static str) -> Result<Option<String>, PipelineError> {
        Ok(self.get(variable)?.map(str::to_owned))
    }

    /// Whether the ref is protected.
    pub(crate) fn protection(&self, variable: &'static str) -> Result<Protection, PipelineError> {
        match self.get(variable)? {
            None => Ok(Protection::Untold),
            Some("true") => Ok(Protection::Protected),
            Some("false") => Ok(Protection::Unprotected),
            Some(other) => Err(unreadable(variable, other, "it must be `true` or `false`")),
        }
    }

    /// A commit.
    pub(crate) fn commit(&self, variable: &'static str) -> Result<Option<String>, PipelineError> {
        let Some(value) = self.get(variable)? else { return Ok(None) };
        let is_hash =
            matches!(value.len(), 40 | 64) && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hash { Ok(Some(value.to_owned())) } else { Err(unreadable(variable, value, "it is no commit")) }
    }

    /// A number.
    pub(crate) fn number(&self, variable: &'static str) -> Result<Option<u64>, PipelineError> {
        self.get(variable)?
            .map(|value| value.parse().map_err(|_| unreadable(variable, value, "it is no number")))
            .transpose()
    }
}

/// A variable that cannot be read.
pub(crate) fn unreadable(variable: &'static str, value: &str, why: &'static str) -> PipelineError {
    PipelineError::Unreadable { variable, value: value.to_owned(), why }
}
