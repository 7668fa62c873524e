use crate::{ReproduceError, Request};
use sage_oci_flat::{FlatError, Side, compare, compare_settings};
use sage_oci_image::Image;
use sage_oci_layout::LayoutDir;
use sage_oci_names::{BlobDigest, DiffId};
use sage_oci_verify::{Sameness, Verdict};
use std::path::Path;

/// More threads than that wait for each other while images are read.
const MOST_THREADS: usize = 4;

/// The image that was built again.
pub(crate) struct Rebuilt {
    layout: LayoutDir,
    image: Image,
}

impl Rebuilt {
    pub(crate) fn open(request: &Request<'_>, layout: &Path) -> Result<Self, ReproduceError> {
        let failed = |why: String| ReproduceError::NoLayer { name: "the image".to_owned(), why };
        let layout = LayoutDir::open(layout).map_err(|error| failed(error.to_string()))?;
        let architecture = &request.image.config.architecture;
        let architecture = architecture.parse().map_err(|_| failed(format!("its architecture is {architecture}")))?;
        let image = Image::open(&layout, architecture).map_err(Box::new)?;
        Ok(Self { layout, image })
    }

    pub(crate) fn digest(&self) -> BlobDigest {
        self.image.descriptor.digest
    }

    /// Whether the published image says that it has the same layers, in the same order.
    pub(crate) fn has_the_layers_of(&self, request: &Request<'_>) -> bool {
        layers(request.image) == layers(&self.image)
    }

    /// Whether the published image shows a container the same files, in whatever layers they are. One that no engine would take does
    /// not; of one that cannot be read it is not known.
    pub(crate) fn has_the_files_of(&self, request: &Request<'_>) -> Result<bool, ReproduceError> {
        let sides =
            [Side { source: request.source, image: request.image }, Side { source: &self.layout, image: &self.image }];
        let threads = request.here.processors.min(MOST_THREADS);
        match compare(sides, 1, threads) {
            Ok(compared) => Ok(compared.delta.changes.is_empty()),
            Err(FlatError::Image(error)) if error.is_of_the_place() => Err(Box::new(error).into()),
            Err(FlatError::Layer { layer, source }) => {
                Err(ReproduceError::Foreign { name: layer.to_string(), why: source.to_string() })
            }
            Err(FlatError::Body { layer, source, .. }) => {
                Err(ReproduceError::Foreign { name: layer.to_string(), why: source.to_string() })
            }
            Err(_) => Ok(false),
        }
    }

    /// The verdict on the whole, and where the documents differ.
    pub(crate) fn verdict(
        &self,
        request: &Request<'_>,
        of_layers: impl Iterator<Item = Verdict>,
        same_files: bool,
    ) -> (Verdict, Vec<String>) {
        let settings = compare_settings(request.image, &self.image, request.keeps_blobs);
        let documents: Vec<String> = settings.into_iter().map(|setting| setting.key).collect();
        let other_layers = !self.has_the_layers_of(request);
        let of_layers = of_layers.filter(|verdict| !(same_files && *verdict == Verdict::Different));
        let whole = match (same_files, other_layers) {
            (true, true) => Some(Verdict::SameContent { differ: vec![Sameness::Layers] }),
            (true, false) => None,
            (false, _) => Some(Verdict::Different),
        };
        let of_documents = (!documents.is_empty()).then_some(Verdict::Different);
        let verdict = Verdict::of_all(of_layers.chain(whole).chain(of_documents));
        // Not in any way that was looked at, and yet other bytes: a digest is not argued with.
        let other_digest = request.keeps_blobs && self.digest() != request.image.descriptor.digest;
        match verdict {
            Verdict::SameBytes if other_digest => (Verdict::Different, vec!["the manifest, in its form".to_owned()]),
            verdict => (verdict, documents),
        }
    }
}

fn layers(image: &Image) -> Vec<DiffId> {
    image.layers.iter().map(|layer| layer.diff_id).collect()
}
