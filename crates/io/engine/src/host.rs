use crate::EngineError;
use std::net::IpAddr;
use std::path::PathBuf;

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A Unix socket.
    Unix(PathBuf),
    /// `host:port` without encryption.
    Tcp(String),
}

impl Host {
    /// Parses an address as `DOCKER_HOST` has it: `unix:///run/docker.sock` or `tcp://127.0.0.1:2375`.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        let refuse = || Err(EngineError::UnsupportedHost { host: redacted(text) });
        if let Some(path) = text.strip_prefix("unix://") {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { refuse() };
        }
        match text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://")) {
            Some(address) if !address.is_empty() && !address.contains('@') => {
                Ok(Self::Tcp(address.trim_end_matches('/').to_owned()))
            }
            _ => refuse(),
        }
    }

    /// Whether the engine is on this machine, so that it sees this machine's files.
    pub fn is_here(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp(address) => {
                let name = address.rsplit_once(':').map_or(address.as_str(), |(name, _)| name);
                let number = name.trim_matches(['[', ']']).parse::<IpAddr>();
                name == "localhost" || number.is_ok_and(|number| number.is_loopback())
            }
        }
    }

    /// The addresses to try: `DOCKER_HOST` alone where it is set, else the sockets engines use by default, Docker's
    /// before podman's, the system's before the user's.
    ///
    /// `variable` reads the environment.
    pub fn candidates(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Self>, EngineError> {
        if let Some(host) = variable("DOCKER_HOST").filter(|host| !host.is_empty()) {
            return Ok(vec![Self::parse(&host)?]);
        }
        let mut paths = vec![PathBuf::from("/var/run/docker.sock")];
        let user = variable("XDG_RUNTIME_DIR").filter(|dir| dir.starts_with('/')).map(PathBuf::from);
        paths.extend(user.iter().map(|dir| dir.join("docker.sock")));
        paths.push("/run/podman/podman.sock".into());
        paths.extend(user.iter().map(|dir| dir.join("podman/podman.sock")));
        Ok(paths.into_iter().map(Self::Unix).collect())
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

/// An address without the user name and password it may carry.
fn redacted(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://***@{rest}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(Host::parse("unix:///run/x.sock").unwrap(), Host::Unix("/run/x.sock".into()));
        assert_eq!(Host::parse("tcp://127.0.0.1:2375").unwrap(), Host::Tcp("127.0.0.1:2375".into()));
        for bad in ["", "/run/x.sock", "unix://x", "ssh://me@host", "https://host", "tcp://"] {
            assert!(Host::parse(bad).is_err(), "{bad}");
        }
        let error = Host::parse("ssh://me:secret@host").unwrap_err().to_string();
        assert!(error.contains("ssh://***@host") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn an_engine_is_here_or_elsewhere() {
        for (text, here) in [
            ("unix:///run/x.sock", true),
            ("tcp://127.0.0.1:2375", true),
            ("tcp://localhost:2375", true),
            ("tcp://[::1]:2375", true),
            ("tcp://127.0.0.1.example.org:2375", false),
            ("tcp://10.0.0.1:2375", false),
        ] {
            assert_eq!(Host::parse(text).unwrap().is_here(), here, "{text}");
        }
    }

    #[test]
    fn the_environment_decides() {
        let of = |name: &str| (name == "DOCKER_HOST").then(|| "tcp://a:1".to_owned());
        assert_eq!(Host::candidates(of).unwrap(), [Host::Tcp("a:1".into())]);
        let of = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| "/run/user/7".to_owned());
        let texts: Vec<_> = Host::candidates(of).unwrap().iter().map(Host::to_string).collect();
        assert_eq!(texts[0], "unix:///var/run/docker.sock");
        assert_eq!(texts[3], "unix:///run/user/7/podman/podman.sock");
    }
}
