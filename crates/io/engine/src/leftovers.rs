use crate::engine::is_missing;
use crate::owner::{KEEP_LABEL, OWNER_LABEL, Owner};
use crate::{Engine, EngineError, RunId};
use bollard::errors::Error;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptions, ListContainersOptions, ListImagesOptions, RemoveContainerOptionsBuilder,
    RemoveImageOptionsBuilder,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The label that marks the containers of this program, and the images it makes for tests; its value is their run.
pub const RUN_LABEL: &str = "org.sage-oci.run";

impl Engine {
    /// Removes every container of one run, running or not, and every image made for it, and no other; gives how many
    /// there were. What may be kept for a look goes, too: ask before the end of a run that kept something.
    ///
    /// For a Ctrl-C handler: the futures that would have removed them are gone by then. Requests to make one outlive
    /// their futures, so it waits a moment for those that are under way, and looks until none is left.
    pub async fn remove_leftovers(&self, run: &RunId) -> Result<usize, EngineError> {
        let began = Instant::now();
        let mut removed = BTreeSet::new();
        loop {
            // Asked before the list: a container made in between is in it.
            let settled = self.creations.load(Ordering::Acquire) == 0 || began.elapsed() >= CREATION;
            let listed = self.containers_of(run).await?;
            if listed.is_empty() && settled {
                return Ok(removed.len() + self.remove_images_of(run).await?);
            }
            for id in listed {
                self.remove(&id).await?;
                removed.insert(id);
            }
            if !settled {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Removes the images made for one run: those that the engine's builder made with its label.
    async fn remove_images_of(&self, run: &RunId) -> Result<usize, EngineError> {
        let mut options = ListImagesOptions { all: false, ..Default::default() };
        options.filters =
            Some([("label".to_owned(), vec![format!("{RUN_LABEL}={}", run.as_str())])].into_iter().collect());
        let listed = self.docker.list_images(Some(options)).await;
        let listed = listed.map_err(|error| self.error("listing its images", error))?;
        for image in &listed {
            let options = RemoveImageOptionsBuilder::default().force(true).build();
            match self.docker.remove_image(&image.id, Some(options), None).await {
                Err(error) if !is_missing(&error) => {
                    return Err(self.error(format!("removing image {}", image.id), error));
                }
                _ => {}
            }
        }
        Ok(listed.len())
    }

    /// The runs that have left something and whose process is gone.
    pub(crate) async fn dead_runs(&self) -> Result<Vec<String>, EngineError> {
        let filters = || Some([("label".to_owned(), vec![OWNER_LABEL.to_owned()])].into_iter().collect());
        let options = ListContainersOptions { all: true, filters: filters(), ..Default::default() };
        let containers = match self.docker.list_containers(Some(options)).await {
            // Podman's state `stopped`, as above; what is left can wait for the next time.
            Err(Error::JsonDataError { .. }) => Vec::new(),
            listed => listed.map_err(|error| self.error("listing its containers", error))?,
        };
        let options = ListImagesOptions { filters: filters(), ..Default::default() };
        let images = self.docker.list_images(Some(options)).await;
        let images = images.map_err(|error| self.error("listing its images", error))?;
        let labels = containers.into_iter().filter_map(|container| container.labels);
        let labels = labels.chain(images.into_iter().map(|image| image.labels));
        let dead = labels.filter(|labels| {
            let owner = labels.get(OWNER_LABEL).and_then(|text| Owner::parse(text));
            !labels.contains_key(KEEP_LABEL) && owner.is_some_and(|owner| owner.is_gone())
        });
        let mut runs: Vec<_> = dead.filter_map(|labels| labels.get(RUN_LABEL).cloned()).collect();
        runs.sort();
        runs.dedup();
        Ok(runs)
    }

    /// Makes a container that is removed when the guard goes.
    ///
    /// The request is carried through even when this future is dropped in the middle: what the engine makes of it is
    /// then removed at once, and [`Engine::remove_leftovers`] can wait for it.
    pub(crate) async fn make(&self, what: String, body: ContainerCreateBody) -> Result<Guard, EngineError> {
        let (engine, under_way) = (self.clone(), UnderWay::new(&self.creations));
        let request = tokio::spawn(async move {
            let made = engine.docker.create_container(None::<CreateContainerOptions>, body).await;
            let made = made.map_err(|error| match is_missing(&error) {
                true => EngineError::NoImage { name: what.clone() },
                false => engine.error(format!("making a container of {what}"), error),
            })?;
            drop(under_way);
            Ok(Guard { engine, id: Some(made.id) })
        });
        request.await.map_err(|_| EngineError::Interrupted)?
    }

    /// The ids of the containers of one run, running or not.
    pub async fn containers_of(&self, run: &RunId) -> Result<Vec<String>, EngineError> {
        let began = Instant::now();
        loop {
            let filters = [("label".to_owned(), vec![format!("{RUN_LABEL}={}", run.as_str())])];
            let filters = Some(filters.into_iter().collect());
            let options = ListContainersOptions { all: true, filters, ..Default::default() };
            match self.docker.list_containers(Some(options)).await {
                // Podman has a state `stopped` on the way to `exited`, which the client cannot read.
                Err(Error::JsonDataError { .. }) if began.elapsed() < MOST => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(self.error("listing its containers", error)),
                Ok(listed) => return Ok(listed.into_iter().filter_map(|container| container.id).collect()),
            }
        }
    }

    /// Removes a container with its anonymous volumes, whatever it does, and makes sure. One that is gone already is fine.
    ///
    /// A container that starts in this very moment may survive: Docker 20.10 then answers with a conflict, or even with
    /// success. So it is removed until the engine does not know it any more.
    pub(crate) async fn remove(&self, id: &str) -> Result<(), EngineError> {
        let began = Instant::now();
        loop {
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            match self.docker.remove_container(id, Some(options)).await {
                Err(error) if is_missing(&error) => return Ok(()),
                Ok(()) if began.elapsed() < MOST => {}
                Err(error) if is_conflict(&error) && began.elapsed() < MOST => tokio::time::sleep(PAUSE).await,
                removed => return removed.map_err(|error| self.error(format!("removing container {id}"), error)),
            }
        }
    }
}

/// How long a container may resist.
const MOST: Duration = Duration::from_secs(60);
/// How long the engine may take to answer a request whose sender is gone.
const CREATION: Duration = Duration::from_secs(5);
/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(100);

fn is_conflict(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 409, .. })
}

/// Counts a request as long as it is under way.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(count))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Removes its container when it goes out of scope without [`Guard::remove`], as it does when a future is dropped.
pub(crate) struct Guard {
    engine: Engine,
    id: Option<String>,
}

impl Guard {
    /// The container.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// Lets the container stay; gives its id.
    pub fn keep(mut self) -> String {
        self.id.take().unwrap_or_default()
    }

    /// Removes the container now, and says whether that worked.
    pub async fn remove(mut self) -> Result<(), EngineError> {
        let Some(id) = self.id.clone() else { return Ok(()) };
        let removed = self.engine.remove(&id).await;
        self.id = None;
        removed
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) {
            let engine = self.engine.clone();
            runtime.spawn(async move { engine.remove(&id).await });
        }
    }
}
