use crate::RegistryError;
use sage_oci_names::Reference;
use std::net::IpAddr;

/// What engines mean where a name has no registry.
const DOCKER: &str = "docker.io";
/// Where Docker Hub's API answers.
const DOCKER_API: &str = "registry-1.docker.io";

/// A repository of a registry: `ghcr.io/sagemath/sagemath`, or `sagemath/sagemath` of Docker Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    registry: String,
    path: String,
    plain: bool,
}

impl Repository {
    /// The repository that a reference is in, whatever its tag and digest.
    ///
    /// HTTP without TLS is for registries on this machine's loopback addresses, and for others only where `plain` says so:
    /// whoever is on the way can read the password.
    pub fn of(reference: &Reference, plain: bool) -> Self {
        let registry = reference.registry().unwrap_or(DOCKER).to_owned();
        let single = registry == DOCKER && !reference.repository().contains('/');
        let path =
            if single { format!("library/{}", reference.repository()) } else { reference.repository().to_owned() };
        let plain = plain || is_loopback(&registry);
        Self { registry, path, plain }
    }

    /// Parses a repository's name: no tag, no digest.
    ///
    /// # Errors
    /// It is no such name.
    pub fn parse(text: &str, plain: bool) -> Result<Self, RegistryError> {
        let reference = Reference::parse(text)?;
        match reference.tag().is_some() || reference.digest().is_some() {
            true => Err(RegistryError::NoRepository { text: text.to_owned(), name: reference.name() }),
            false => Ok(Self::of(&reference, plain)),
        }
    }

    /// The registry's host and port, as people write it: `docker.io` for Docker Hub.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository in its registry, as `sagemath/sagemath`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is reached without TLS.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether the registry is on this machine.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.registry)
    }

    /// The address of the API: `https://registry-1.docker.io/v2/`.
    pub(crate) fn api(&self) -> String {
        let host = if self.registry == DOCKER { DOCKER_API } else { &self.registry };
        format!("{}://{host}/v2/", if self.plain { "http" } else { "https" })
    }
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// Whether a host is this machine itself, by its name or address alone.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hub_is_what_is_meant_without_a_registry() {
        let of = |text: &str| Repository::parse(text, false).unwrap();
        for (text, name, api) in [
            ("sagemath/sagemath", "docker.io/sagemath/sagemath", "https://registry-1.docker.io/v2/"),
            ("debian", "docker.io/library/debian", "https://registry-1.docker.io/v2/"),
            ("ghcr.io/a/b", "ghcr.io/a/b", "https://ghcr.io/v2/"),
            ("localhost:5000/a", "localhost:5000/a", "http://localhost:5000/v2/"),
            ("[::1]:5000/a", "[::1]:5000/a", "http://[::1]:5000/v2/"),
            ("127.0.0.1/a", "127.0.0.1/a", "http://127.0.0.1/v2/"),
        ] {
            assert_eq!((of(text).to_string(), of(text).api()), (name.to_owned(), api.to_owned()), "{text}");
        }
        assert!(Repository::parse("registry.example/a", true).unwrap().is_plain());
        assert!(!of("127.0.0.1.example/a").is_plain());
    }

    #[test]
    fn a_tag_has_no_place_there() {
        let error = Repository::parse("ghcr.io/a/b:1", false).unwrap_err();
        assert_eq!(error.to_string(), "`ghcr.io/a/b:1` is the name of an image, and a repository is wanted");
        assert!(Repository::parse("ghcr.io/A/b", false).unwrap_err().to_string().contains("has upper-case letters"));
    }
}
