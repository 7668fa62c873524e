use crate::NameError;
use crate::error::text_name;

fn package_text(kind: &'static str, text: &str) -> Result<Box<str>, NameError> {
    let fail = |why| Err(NameError::new(kind, text, why));
    if text.len() < 2 {
        return fail("it needs at least two characters");
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return fail("it must begin with a lower-case letter or a digit");
    }
    if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b)) {
        return fail("only lower-case letters, digits, `+`, `-` and `.` are allowed");
    }
    Ok(text.into())
}

/// The name of a binary package (Debian policy 5.6.7), such as `libgap11`, without an architecture qualifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageName(Box<str>);

impl PackageName {
    /// Parses a binary package name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        package_text("package name", text).map(Self)
    }
}

text_name!(PackageName);

/// The name of a source package (Debian policy 5.6.1), such as `sagemath`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceName(Box<str>);

impl SourceName {
    /// Parses a source package name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        package_text("source package name", text).map(Self)
    }
}

text_name!(SourceName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_names() {
        for good in ["libstdc++6", "0ad", "g++", "python3.14-minimal"] {
            assert_eq!(PackageName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a", "Libc6", "-dash", "a_b", "a/b", "a:any", "../x"] {
            assert!(PackageName::parse(bad).is_err(), "{bad}");
        }
    }
}
