use crate::expect::{expect, expect_version};
use crate::manifest::is_artifact;
use crate::source::{find_document, has_size};
use crate::{Descriptor, Image, ImageError, ImageSource, Kind, Manifest};

/// What an index names by one of its entries, with the documents behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// An image.
    Image(Box<Image>),
    /// Something else: an attestation, a signature, an artifact, a type that nobody here knows.
    Other(Other),
    /// Something that the source has not got, as after a pull of one platform.
    Absent(Descriptor),
}

/// A member of an index that is no image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its descriptor in the index.
    pub descriptor: Descriptor,
    /// The blobs that its manifest names, its config's first; none where it has no manifest that this program knows.
    pub blobs: Vec<Descriptor>,
}

impl Member {
    /// Reads what is behind an entry of an index: the one place that decides what is an image.
    ///
    /// An image is a manifest with an image configuration, and with layers that are layers. What it is called beside (an `artifactType`,
    /// an annotation, the platform `unknown/unknown`) makes it nothing else, or a word would hide its content from every
    /// check. Only a manifest without layers may be either, and has nothing to hide: there the words count.
    /// cosign's signatures and in-toto's statements have an image configuration, and layers that are none.
    ///
    /// # Errors
    ///
    /// The documents are damaged or do not fit each other.
    pub fn read(source: &dyn ImageSource, descriptor: &Descriptor) -> Result<Self, ImageError> {
        let absent = || Self::Absent(descriptor.clone());
        let other = |blobs| Self::Other(Other { descriptor: descriptor.clone(), blobs });
        if descriptor.media_type.kind() != Kind::Manifest {
            return Ok(if has_size(source, "blob", descriptor)? { other(Vec::new()) } else { absent() });
        }
        let Some((manifest, bytes)) = find_document::<Manifest>(source, "manifest", descriptor)? else {
            return Ok(absent());
        };
        expect_version("the manifest", manifest.schema_version)?;
        expect("the manifest", &manifest.media_type, Kind::Manifest)?;
        if !is_image(descriptor, &manifest) {
            return Ok(other(std::iter::once(manifest.config).chain(manifest.layers).collect()));
        }
        Ok(Self::Image(Box::new(Image::of(source, descriptor, manifest, bytes)?)))
    }
}

fn is_image(descriptor: &Descriptor, manifest: &Manifest) -> bool {
    let is_layer = |layer: &Descriptor| matches!(layer.media_type.kind(), Kind::Layer(_) | Kind::EncryptedLayer);
    let has_layers = match manifest.layers[..] {
        [] => !descriptor.is_called_otherwise() && !is_artifact(&manifest.rest),
        // One that is none beside others is a mistake, which reading the image names.
        ref layers => layers.iter().any(is_layer),
    };
    manifest.config.media_type.kind() == Kind::Config && has_layers
}
