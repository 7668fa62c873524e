use crate::{Engine, EngineError};
use bollard::query_parameters::{ListContainersOptions, RemoveContainerOptionsBuilder};
use std::hash::{BuildHasher, RandomState};

/// The label that marks the containers of this program; its value is the run they belong to.
pub const RUN_LABEL: &str = "org.sage-oci.run";

/// Which run a container belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// An id no other run has: process id and random bits. It never reaches bytes that are hashed.
    pub fn unique() -> Self {
        let random = RandomState::new().hash_one(std::process::id());
        Self(format!("{}-{random:016x}", std::process::id()))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Engine {
    /// Removes every container of one run, running or not, and no other; gives how many there were.
    ///
    /// For a Ctrl-C handler: the futures that would have removed them are gone by then.
    pub async fn remove_leftovers(&self, run: &RunId) -> Result<usize, EngineError> {
        let filters = [("label".to_owned(), vec![format!("{RUN_LABEL}={}", run.as_str())])];
        let options =
            ListContainersOptions { all: true, filters: Some(filters.into_iter().collect()), ..Default::default() };
        let listed = self.docker.list_containers(Some(options)).await;
        let listed = listed.map_err(|error| self.error("listing its containers", error))?;
        let mut removed = 0;
        for id in listed.into_iter().filter_map(|container| container.id) {
            self.remove(&id).await?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Removes a container with its anonymous volumes, whatever it does. One that is gone already is fine.
    pub(crate) async fn remove(&self, id: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match self.docker.remove_container(id, Some(options)).await {
            Err(error) if !gone_or_going(&error) => Err(self.error(format!("removing container {id}"), error)),
            _ => Ok(()),
        }
    }
}

/// 404: removed already; 409: a removal is in progress.
fn gone_or_going(error: &bollard::errors::Error) -> bool {
    matches!(error, bollard::errors::Error::DockerResponseServerError { status_code: 404 | 409, .. })
}
