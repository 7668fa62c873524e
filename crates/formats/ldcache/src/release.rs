use sage_oci_names::DebVersion;
use std::cmp::Ordering;

/// Which `ldconfig` to equal: the version of Debian's `libc-bin`.
#[derive(Debug, Clone)]
pub struct Release {
    package: DebVersion,
}

impl Release {
    /// The `ldconfig` of this version of `libc-bin`, such as `2.36-9+deb12u14`.
    pub fn debian(package: DebVersion) -> Self {
        Self { package }
    }

    /// What the cache says it was made by.
    pub(crate) fn generator(&self) -> String {
        let upstream = self.package.upstream();
        format!("ldconfig (Debian GLIBC {}) stable release version {upstream}", self.package)
    }

    /// Directories for special hardware outside of `glibc-hwcaps` that this version gives a meaning; 2.37 dropped them all.
    pub(crate) fn legacy_hardware(&self) -> &'static [&'static str] {
        match DebVersion::parse("2.37~") {
            Ok(dropped) if self.package.cmp(&dropped) == Ordering::Less => {
                &["atomics", "avx512_1", "haswell", "tls", "x86_64", "xeon_phi"]
            }
            _ => &[],
        }
    }

    /// The version, for messages.
    pub(crate) fn version(&self) -> String {
        self.package.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_of_two_suites() {
        let release = |text| Release::debian(DebVersion::parse(text).unwrap());
        let bookworm = release("2.36-9+deb12u14");
        assert_eq!(bookworm.generator(), "ldconfig (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36");
        assert!(!bookworm.legacy_hardware().is_empty());
        assert!(release("2.37-1").legacy_hardware().is_empty());
    }
}
