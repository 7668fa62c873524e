use crate::{EngineError, Host, StoreKind};
use bollard::Docker;
use bollard::errors::Error;
use sage_oci_names::{Architecture, EngineImage};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// A container engine that answered.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
    pub(crate) host: Host,
    pub(crate) kind: StoreKind,
    pub(crate) version: String,
    /// The architecture of the machine that containers run on.
    pub(crate) machine: Option<Architecture>,
    /// Major and minor version of the API spoken.
    pub(crate) api: (usize, usize),
    /// How many containers are being made.
    pub(crate) creations: Arc<AtomicUsize>,
}

impl Engine {
    /// Where the engine listens.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// How it keeps images.
    pub fn kind(&self) -> StoreKind {
        self.kind
    }

    /// Its version, as `20.10.24`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The API client, for what this crate does not offer.
    pub fn client(&self) -> &Docker {
        &self.docker
    }

    /// The documents of an image.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoImage`], or the engine does not answer.
    pub async fn image(&self, image: &EngineImage) -> Result<bollard::models::ImageInspect, EngineError> {
        self.inspect(image).await?.ok_or_else(|| EngineError::NoImage { name: image.to_string() })
    }

    /// Whether it takes layers compressed with zstd: podman, and Docker since 23.0 (moby 41759).
    pub fn takes_zstd(&self) -> bool {
        let major = self.version.split('.').next().and_then(|text| text.parse::<u32>().ok());
        self.kind == StoreKind::Podman || major.is_none_or(|major| major >= 23)
    }

    /// Turns an error of the client into ours: a lost connection is told apart from an answer.
    pub(crate) fn error(&self, during: impl Into<String>, source: Error) -> EngineError {
        let (host, during) = (self.host.to_string(), during.into());
        match source {
            Error::DockerStreamError { error } => EngineError::LoadRefused { message: error, kind: self.kind },
            Error::RequestTimeoutError => {
                EngineError::Silent { host, during, seconds: self.docker.timeout().as_secs() }
            }
            lost @ (Error::HyperResponseError { .. } | Error::IOError { .. } | Error::HyperLegacyError { .. }) => {
                EngineError::Gone { host, during, source: Box::new(lost), kind: self.kind }
            }
            said => EngineError::Api { during, source: Box::new(said) },
        }
    }

    /// A client for requests that stream, whose silence is watched by the caller.
    pub(crate) fn patient(&self) -> Docker {
        self.docker.clone().with_timeout(Duration::from_secs(7 * 24 * 3600))
    }
}

/// Whether the engine answered that there is no such thing.
pub(crate) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404, .. })
}
