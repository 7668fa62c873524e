use crate::engine::is_missing;
use crate::leftovers::Guard;
use crate::{Engine, EngineError, RunId};
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, ImageInspect};
use bollard::query_parameters::RemoveImageOptionsBuilder;
use sage_oci_image::Image;
use sage_oci_names::{EngineId, EngineImage, Reference};

/// An image that stays; it is let go when this goes.
pub struct Hold(Guard);

impl Hold {
    /// Lets the image go now.
    ///
    /// # Errors
    /// The engine does not remove the container.
    pub async fn release(self) -> Result<(), EngineError> {
        self.0.remove().await
    }
}

impl Engine {
    /// What the engine says of an image, or `None` where it has no such image.
    pub(crate) async fn inspect(&self, image: &EngineImage) -> Result<Option<ImageInspect>, EngineError> {
        match self.docker.inspect_image(&image.to_string()).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_missing(&error) => Ok(None),
            // A half imported image in containerd's store: it is there, and it will not pass for a sound one.
            Err(Error::JsonDataError { .. }) => Ok(Some(ImageInspect::default())),
            Err(error) => Err(self.error(format!("inspecting image {image}"), error)),
        }
    }

    /// What the engine calls the image that has a name, or `None` where none has it.
    pub(crate) async fn id(&self, name: &Reference) -> Result<Option<EngineId>, EngineError> {
        let image = EngineImage::from(name.clone());
        let id = self.inspect(&image).await?.and_then(|answer| answer.id);
        id.map(|id| EngineId::parse(&id)).transpose().map_err(|source| EngineError::Id { image, source })
    }

    /// Believes that the engine has the image: Id and layers are those of the config, and a container can be made of it.
    ///
    /// Making a container is what finds layers that were recorded but never unpacked.
    pub(crate) async fn verify(&self, image: &Image, run: &RunId) -> Result<(), EngineError> {
        let id = self.id_of(image);
        let doubt = |what: String| EngineError::NotBelieved { id, what };
        let Some(answer) = self.inspect(&id.into()).await? else {
            return Err(doubt("the engine reported success but has no such image".to_owned()));
        };
        if answer.id.as_deref().and_then(|id| EngineId::parse(id).ok()) != Some(id) {
            return Err(doubt(format!("the engine calls it {}", answer.id.unwrap_or_default())));
        }
        let have = answer.root_fs.and_then(|root| root.layers).unwrap_or_default();
        let want: Vec<_> = image.layers.iter().map(|layer| layer.diff_id.to_string()).collect();
        if let Some(place) = (0..have.len().max(want.len())).find(|place| have.get(*place) != want.get(*place)) {
            let text = |ids: &[String]| ids.get(place).cloned().unwrap_or_else(|| "nothing".to_owned());
            return Err(doubt(format!("layer {place} is {}, expected {}", text(&have), text(&want))));
        }
        if !self.has_content(image).await? {
            return Err(doubt("some of its blobs are missing from the engine's store".to_owned()));
        }
        self.try_container(id, run).await
    }

    /// Makes a container of the image, does not start it, and removes it.
    async fn try_container(&self, id: EngineId, run: &RunId) -> Result<(), EngineError> {
        self.hold(&id.into(), run).await?.release().await
    }

    /// Keeps an image that has no name: by a container of the run that is never started.
    ///
    /// An engine that removes an image also removes those below it which have neither name nor container, and so does a
    /// `prune`.
    ///
    /// # Errors
    /// The engine makes no container of the image.
    pub async fn hold(&self, image: &EngineImage, run: &RunId) -> Result<Hold, EngineError> {
        let body = ContainerCreateBody {
            image: Some(image.to_string()),
            cmd: Some(vec!["true".to_owned()]),
            labels: Some(self.labels(run, false)),
            host_config: Some(self.host_config()),
            ..Default::default()
        };
        Ok(Hold(self.make(format!("image {image}"), body).await?))
    }

    /// Removes what a failed load left behind: the image, if it has no name. Its failure would hide the load's own.
    pub(crate) async fn discard(&self, id: EngineId) {
        let named = |answer: &ImageInspect| answer.repo_tags.as_ref().is_some_and(|tags| !tags.is_empty());
        if let Ok(Some(answer)) = self.inspect(&id.into()).await
            && !named(&answer)
        {
            let options = RemoveImageOptionsBuilder::default().build();
            let _ = self.docker.remove_image(&id.to_string(), Some(options), None).await;
        }
    }
}
