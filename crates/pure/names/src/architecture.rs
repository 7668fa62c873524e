use crate::NameError;

/// A machine architecture the project builds images for.
///
/// Debian, OCI, GNU and Nix each have a name of their own for it; the methods translate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Architecture {
    /// 64-bit x86.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

impl Architecture {
    /// Parses Debian's name of the architecture (`amd64`, `arm64`).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text {
            "amd64" => Ok(Self::Amd64),
            "arm64" => Ok(Self::Arm64),
            _ => Err(NameError::new("supported architecture", text, "only amd64 and arm64 are supported")),
        }
    }

    /// Debian's name, which is also OCI's (`GOARCH`).
    pub fn debian(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The multi-arch triplet of library folders.
    pub fn triplet(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-linux-gnu",
            Self::Arm64 => "aarch64-linux-gnu",
        }
    }

    /// Nix's system double.
    pub fn nix_system(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-linux",
            Self::Arm64 => "aarch64-linux",
        }
    }

    /// The architecture this program runs on, if it is one we support.
    pub fn host() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::Amd64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }
}

impl std::fmt::Display for Architecture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.debian())
    }
}

impl std::str::FromStr for Architecture {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Architecture {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Architecture> for String {
    fn from(architecture: Architecture) -> String {
        architecture.debian().to_owned()
    }
}
