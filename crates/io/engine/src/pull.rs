use crate::{Engine, EngineError};
use bollard::auth::DockerCredentials;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;
use sage_oci_credentials::Credential;
use sage_oci_names::{EngineId, EngineImage, Reference};
use std::time::Duration;

/// How long an engine may say nothing while it pulls: it unpacks a layer of half a gigabyte without a word.
const SILENCE: Duration = Duration::from_secs(600);

impl Engine {
    /// Lets the engine itself pull an image by digest, as its users do, and gives the Id that it has then.
    ///
    /// # Errors
    ///
    /// The reference has no digest, the registry refuses the engine, or the engine falls silent.
    pub async fn pull(&self, reference: &Reference, credential: Option<&Credential>) -> Result<EngineId, EngineError> {
        let Some(digest) = reference.digest() else {
            return Err(EngineError::NoImage { name: format!("{reference}, without a digest") });
        };
        let name = format!("{}@{digest}", reference.name());
        let during = format!("pulling {name}");
        let options =
            CreateImageOptionsBuilder::default().from_image(&reference.name()).tag(&digest.to_string()).build();
        let docker = self.patient();
        let mut answers =
            docker.create_image(Some(options), None, credential.map(|credential| auth(reference, credential)));
        loop {
            match tokio::time::timeout(SILENCE, answers.next()).await {
                Ok(None) => break,
                Ok(Some(Ok(said))) => {
                    if let Some(message) = said.error_detail.and_then(|detail| detail.message) {
                        return Err(EngineError::PullRefused { name, message });
                    }
                }
                // What the engine says of a refusal is the registry's own answer.
                Ok(Some(Err(bollard::errors::Error::DockerStreamError { error }))) => {
                    return Err(EngineError::PullRefused { name, message: error });
                }
                Ok(Some(Err(error))) => return Err(self.error(during, error)),
                Err(_) => {
                    let host = self.host.to_string();
                    return Err(EngineError::Silent { host, during, seconds: SILENCE.as_secs() });
                }
            }
        }
        let image = EngineImage::parse(&name).map_err(|_| EngineError::NoImage { name: name.clone() })?;
        let id = self.image(&image).await?.id.unwrap_or_default();
        EngineId::parse(&id).map_err(|_| EngineError::NoImage { name })
    }
}

fn auth(reference: &Reference, credential: &Credential) -> DockerCredentials {
    let serveraddress = Some(match reference.registry() {
        Some(registry) => registry.to_owned(),
        None => "https://index.docker.io/v1/".to_owned(),
    });
    let empty = DockerCredentials { serveraddress, ..DockerCredentials::default() };
    match credential {
        Credential::Basic { user, password } => {
            let (username, password) = (Some(user.clone()), Some(password.expose().to_owned()));
            DockerCredentials { username, password, ..empty }
        }
        Credential::IdentityToken { token } => {
            DockerCredentials { identitytoken: Some(token.expose().to_owned()), ..empty }
        }
        Credential::RegistryToken { token } => {
            DockerCredentials { registrytoken: Some(token.expose().to_owned()), ..empty }
        }
    }
}
