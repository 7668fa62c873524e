/// Why a text is not the name it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("`{text}` is not a valid {kind}: {why}")]
pub struct NameError {
    /// What the text was taken for, as a person would say it.
    pub kind: &'static str,
    /// The text itself.
    pub text: String,
    /// The rule it breaks.
    pub why: &'static str,
}

impl NameError {
    pub(crate) fn new(kind: &'static str, text: &str, why: &'static str) -> Self {
        Self { kind, text: text.to_owned(), why }
    }
}

/// Gives a validated text newtype its conversions and its serde form (a plain string, checked on the way in).
macro_rules! text_name {
    ($type:ident) => {
        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl std::str::FromStr for $type {
            type Err = $crate::NameError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $type {
            type Error = $crate::NameError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.into()
            }
        }
    };
}
pub(crate) use text_name;
