/// A version of Nix, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NixVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl NixVersion {
    /// The oldest one that is taken: earlier ones print no machine-readable log.
    pub const OLDEST: Self = Self { major: 2, minor: 4 };

    /// Reads the output of `nix-store --version`, as `nix-store (Nix) 2.34.8`; relatives of Nix print another word before the number.
    pub fn parse(output: &str) -> Option<Self> {
        let mut numbers = output.lines().next()?.split_whitespace().last()?.split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?;
        let digits = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
        Some(Self { major, minor: minor[..digits].parse().ok()? })
    }
}

impl std::fmt::Display for NixVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let parse = |text| NixVersion::parse(text).map(|version| version.to_string());
        assert_eq!(parse("nix-store (Nix) 2.8.0\n").as_deref(), Some("2.8"));
        assert_eq!(parse("nix-store (Nix) 2.34.8").as_deref(), Some("2.34"));
        assert_eq!(parse("nix-store (Nix) 2.20pre20240101_abc").as_deref(), Some("2.20"));
        assert_eq!(parse("nix-store (Lix, like Nix) 2.91.1").as_deref(), Some("2.91"));
        for bad in ["", "nix-store", "nix-store (Nix) two", "nix-store (Nix) 2"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert!(NixVersion { major: 2, minor: 10 } > NixVersion::OLDEST);
    }
}
