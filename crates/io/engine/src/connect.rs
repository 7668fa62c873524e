use crate::{Engine, EngineError, Host, StoreKind};
use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker};
use sage_oci_names::Architecture;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

/// How long a plain request may take, in seconds. Creating a container on a busy disk is the slowest of them.
const REQUEST_SECONDS: u64 = 120;
/// How long an engine may take to answer for the first time; socket activation on a busy machine takes its time.
const CONNECT: Duration = Duration::from_secs(30);
/// The API of Docker 20.10.
const OLDEST_API: (usize, usize) = (1, 41);

impl Engine {
    /// Finds the engine: at `DOCKER_HOST` where it is set, else at the first default socket that answers.
    ///
    /// # Errors
    ///
    /// Nothing answers, the socket must not be opened, or the engine is too old. Where several sockets exist and none
    /// can be used, the error is about the first.
    pub async fn connect() -> Result<Self, EngineError> {
        let candidates = Host::candidates(|name| std::env::var(name).ok())?;
        let mut first = None;
        for host in &candidates {
            match Self::connect_to(host).await {
                Ok(engine) => return Ok(engine),
                Err(EngineError::Absent { .. }) => {}
                Err(error) => first = first.or(Some(error)),
            }
        }
        let tried = candidates.iter().map(Host::to_string).collect::<Vec<_>>().join(", ");
        Err(first.unwrap_or(EngineError::Absent { tried }))
    }

    /// Talks to the engine at one address.
    pub async fn connect_to(host: &Host) -> Result<Self, EngineError> {
        let docker = match host {
            Host::Unix(path) => {
                Docker::connect_with_unix(&path.display().to_string(), REQUEST_SECONDS, API_DEFAULT_VERSION)
            }
            Host::Tcp(address) => Docker::connect_with_http(address, REQUEST_SECONDS, API_DEFAULT_VERSION),
        };
        let docker = docker.map_err(|error| refused(host, error))?;
        let answer = tokio::time::timeout(CONNECT, learn(docker, host)).await;
        answer.unwrap_or_else(|_| {
            let (host, during) = (host.to_string(), "answering for the first time".to_owned());
            Err(EngineError::Silent { host, during, seconds: CONNECT.as_secs() })
        })
    }
}

/// Agrees on the API version and asks the engine what it is.
async fn learn(docker: Docker, host: &Host) -> Result<Engine, EngineError> {
    let fail = |error| refused(host, error);
    let docker = docker.negotiate_version().await.map_err(fail)?;
    let answer = docker.version().await.map_err(fail)?;
    let version = answer.version.unwrap_or_else(|| "unknown".to_owned());
    let api_text = answer.api_version.unwrap_or_default();
    let api = parse_api(&api_text);
    if api.is_none_or(|api| api < OLDEST_API) {
        return Err(EngineError::TooOld { host: host.to_string(), version, api: api_text });
    }
    let machine = answer.arch.as_deref().and_then(|name| Architecture::parse(name).ok());
    let agreed = docker.client_version();
    let api = (agreed.major_version, agreed.minor_version);
    let podman = answer.components.iter().flatten().any(|component| component.name.contains("Podman"));
    let kind = if podman {
        StoreKind::Podman
    } else {
        let info = docker.info().await.map_err(fail)?;
        store_kind(info.driver_status.as_deref().unwrap_or_default())
    };
    Ok(Engine { docker, host: host.clone(), kind, version, machine, api, creations: Arc::default() })
}

/// Docker says `driver-type: io.containerd.snapshotter.v1` where its images lie in containerd's store.
fn store_kind(driver_status: &[Vec<String>]) -> StoreKind {
    let containerd = driver_status.iter().any(|row| match row.as_slice() {
        [key, value] => key == "driver-type" && value.starts_with("io.containerd.snapshotter"),
        _ => false,
    });
    if containerd { StoreKind::Containerd } else { StoreKind::GraphDriver }
}

fn parse_api(text: &str) -> Option<(usize, usize)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The error of a first contact.
fn refused(host: &Host, error: Error) -> EngineError {
    if let Error::SocketNotFoundError(_) = error {
        return EngineError::Absent { tried: host.to_string() };
    }
    match io_kind(&error) {
        Some(ErrorKind::PermissionDenied) => EngineError::Permission { host: host.to_string() },
        Some(ErrorKind::NotFound | ErrorKind::ConnectionRefused) => EngineError::Absent { tried: host.to_string() },
        _ => EngineError::Api { during: format!("asking {host} for its version"), source: Box::new(error) },
    }
}

/// The kind of the I/O error at the root of an error, if there is one.
fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.filter_map(|error| error.downcast_ref::<std::io::Error>()).map(std::io::Error::kind).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_is_told_apart() {
        let rows = |rows: &[[&str; 2]]| rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect::<Vec<_>>();
        assert_eq!(store_kind(&rows(&[["Backing Filesystem", "extfs"]])), StoreKind::GraphDriver);
        assert_eq!(store_kind(&rows(&[["driver-type", "io.containerd.snapshotter.v1"]])), StoreKind::Containerd);
    }

    #[test]
    fn api_versions_compare_as_numbers() {
        assert!(parse_api("1.9") < Some(OLDEST_API));
        assert!(parse_api("1.41") >= Some(OLDEST_API));
        assert_eq!(parse_api("x"), None);
    }

    #[tokio::test]
    async fn a_missing_socket_is_absent_and_a_dead_one_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let host = Host::Unix(path.clone());
        assert!(matches!(Engine::connect_to(&host).await, Err(EngineError::Absent { .. })));
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let error = Engine::connect_to(&host).await.unwrap_err();
        assert!(matches!(error, EngineError::Absent { .. }), "{error:?}");
    }
}
