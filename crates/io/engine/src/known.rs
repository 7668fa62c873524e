use crate::{Engine, EngineError, StoreKind};
use bollard::query_parameters::{ListImagesOptions, ListImagesOptionsBuilder};
use futures_util::{StreamExt, stream};
use sage_oci_image::Image;
use sage_oci_names::{EngineId, Reference};

/// How many questions are asked at once.
const AT_ONCE: usize = 8;

impl Engine {
    /// The Id the engine gives an image.
    pub(crate) fn id_of(&self, image: &Image) -> EngineId {
        match self.kind {
            StoreKind::GraphDriver | StoreKind::Podman => image.manifest.config.digest.into(),
            StoreKind::Containerd => image.descriptor.digest.into(),
        }
    }

    /// How many of the image's lowest layers the engine has already, as far as its images tell.
    ///
    /// Docker's own store knows a layer by the chain of diff ids up to it, so a common beginning with any image is enough.
    /// In containerd's store it is a guess: the blobs could be compressed otherwise; [`Engine::has_content`] proves it
    /// afterwards. Podman gets whole archives.
    pub(crate) async fn known_layers(&self, image: &Image, references: &[Reference]) -> Result<usize, EngineError> {
        if self.kind == StoreKind::Podman || (self.kind == StoreKind::Containerd && !self.lists_content()) {
            return Ok(0);
        }
        let fail = |error| self.error("listing its images", error);
        let mut images = self.docker.list_images(None::<ListImagesOptions>).await.map_err(fail)?;
        // Images of the same name are the most alike, so the search usually ends with the first answers.
        let names: Vec<_> = references.iter().map(Reference::name).collect();
        let alike = |tag: &String| Reference::parse(tag).is_ok_and(|reference| names.contains(&reference.name()));
        images.sort_by_key(|summary| !summary.repo_tags.iter().any(alike));
        let wanted: Vec<_> = image.layers.iter().map(|layer| layer.diff_id.to_string()).collect();
        let mut answers = stream::iter(images)
            .map(|summary| async move { self.docker.inspect_image(&summary.id).await })
            .buffered(AT_ONCE);
        let mut best = 0;
        while let Some(answer) = answers.next().await {
            // Another image may be gone by now, or be half imported and beyond description. That is no reason to fail; an
            // engine that is gone is noticed by what follows.
            let Ok(answer) = answer else { continue };
            let layers = answer.root_fs.and_then(|root| root.layers).unwrap_or_default();
            best = best.max(layers.iter().zip(&wanted).take_while(|(have, want)| have == want).count());
            if best == wanted.len() {
                break;
            }
        }
        Ok(best)
    }

    /// Whether the engine can say that an image's blobs are all there (API 1.47).
    fn lists_content(&self) -> bool {
        self.api >= (1, 47)
    }

    /// Whether the containerd store has every blob of the image; always true elsewhere.
    pub(crate) async fn has_content(&self, image: &Image) -> Result<bool, EngineError> {
        if self.kind != StoreKind::Containerd || !self.lists_content() {
            return Ok(true);
        }
        let options = ListImagesOptionsBuilder::default().all(true).manifests(true).build();
        let images = self.docker.list_images(Some(options)).await;
        let images = images.map_err(|error| self.error("listing its images", error))?;
        let digest = image.descriptor.digest.to_string();
        let mut manifests = images.into_iter().flat_map(|summary| summary.manifests.unwrap_or_default());
        Ok(manifests.any(|manifest| manifest.id == digest && manifest.available))
    }
}
