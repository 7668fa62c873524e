use crate::FlatError;
use crate::read::read_layer;
use sage_oci_delta::{FlatTree, Layer, What, stack};
use sage_oci_image::{Image, ImageSource};
use sage_oci_tree::{Entry, ImagePath};
use std::collections::BTreeSet;
use std::io::Read;

/// Reads an image from its top and gives what a container sees of it.
///
/// `visit` gets each regular file that can be seen, once for each content (of a hard link the first name), with its body; what it
/// leaves is passed over. Its error ends the walk. Files come in the order of the layers, the highest first, and inside each in that of
/// its archive. What upper layers hide is neither digested nor visited.
///
/// # Errors
///
/// A layer is not what the image's documents promise, or is no layer; or `visit` says so.
pub fn walk<E: From<FlatError>>(
    source: &dyn ImageSource,
    image: &Image,
    mut visit: impl FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<FlatTree, E> {
    let mut shadow = Shadow::default();
    let mut layers: Vec<Layer> = Vec::new();
    for layer in image.layers.iter().rev() {
        let read = read_layer(source, layer, &|path| !shadow.hides(path), &mut visit)?;
        shadow.fall(&read.layer);
        layers.push(read.layer);
    }
    Ok(stack(layers.iter().rev().map(Some)))
}

/// What lies under the layers that were read.
#[derive(Default)]
struct Shadow {
    taken: BTreeSet<ImagePath>,
    below: BTreeSet<ImagePath>,
}

impl Shadow {
    fn hides(&self, path: &ImagePath) -> bool {
        self.taken.contains(path)
            || self.below.contains("")
            || (!self.below.is_empty() && path.ancestors().any(|above| self.below.contains(&above)))
    }

    fn fall(&mut self, layer: &Layer) {
        for (path, facts) in layer.puts.iter().filter(|(_, facts)| facts.what != What::Implied) {
            self.taken.insert(path.clone());
            if !facts.what.is_directory() {
                self.below.insert(path.clone());
            }
        }
        self.taken.extend(layer.whiteouts.iter().cloned());
        self.below.extend(layer.whiteouts.iter().chain(&layer.opaques).cloned());
    }
}
