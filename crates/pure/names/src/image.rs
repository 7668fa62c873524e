use crate::NameError;
use crate::error::text_name;

fn word(kind: &'static str, text: &str, extra: &[u8]) -> Result<Box<str>, NameError> {
    if !text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return Err(NameError::new(kind, text, "it must begin with a lower-case letter or a digit"));
    }
    if text.len() > 100 {
        return Err(NameError::new(kind, text, "it must be at most 100 characters long"));
    }
    if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || extra.contains(&b)) {
        return Err(NameError::new(kind, text, "only lower-case letters, digits and `-` are allowed"));
    }
    Ok(text.into())
}

/// The name of an image, such as `sagemath-dev`; a path component of the OCI distribution spec's `<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageName(Box<str>);

impl ImageName {
    /// Parses an image name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        word("image name", text, b"").map(Self)
    }

    /// What its name says beside that of the image that it extends: `dev` for `sagemath-dev` above `sagemath`.
    pub fn above(&self, base: &Self) -> &str {
        self.0
            .strip_prefix(&*base.0)
            .and_then(|rest| rest.strip_prefix('-'))
            .filter(|rest| !rest.is_empty())
            .unwrap_or(&self.0)
    }
}

text_name!(ImageName);

/// The name of a channel: a Debian suite with its mirrors and keys, such as `sid`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChannelName(Box<str>);

impl ChannelName {
    /// Parses a channel name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        word("channel name", text, b"").map(Self)
    }
}

text_name!(ChannelName);

/// The name of a layer in the plan; also part of a Nix derivation name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LayerName(Box<str>);

impl LayerName {
    /// Parses a layer name: like an image name, and `+` and `.` as in Debian source package names.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        word("layer name", text, b"+.").map(Self)
    }
}

text_name!(LayerName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_image_is_called_above_another() {
        let above =
            |text: &str| ImageName::parse(text).unwrap().above(&ImageName::parse("sagemath").unwrap()).to_owned();
        for (image, short) in
            [("sagemath-dev", "dev"), ("sagemathdev", "sagemathdev"), ("fat", "fat"), ("sagemath", "sagemath")]
        {
            assert_eq!(above(image), short);
        }
    }
}
