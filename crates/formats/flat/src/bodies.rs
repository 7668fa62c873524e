use crate::FlatError;
use crate::compare::{Compared, Side};
use crate::read::read_layer;
use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// The bytes of some files of one image, read in a second pass over the layers that hold them.
#[derive(Debug, Default)]
pub struct Bodies(BTreeMap<ImagePath, Vec<u8>>);

impl Bodies {
    /// Reads files of the image `side` of a comparison that have other content in the other one. Memory is that of the files, whose sizes
    /// the comparison tells: choose few.
    ///
    /// # Errors
    ///
    /// As of the comparison.
    pub fn read(
        compared: &Compared,
        side: usize,
        place: Side<'_>,
        paths: impl IntoIterator<Item = ImagePath>,
    ) -> Result<Self, FlatError> {
        let mut by_layer: BTreeMap<u16, BTreeMap<ImagePath, Vec<ImagePath>>> = BTreeMap::new();
        for path in paths {
            let Some(number) = compared.places[side].get(&path) else { continue };
            let Some(layer) = place.image.layers.get(usize::from(*number)) else { continue };
            let first = compared.links.get(&layer.diff_id).and_then(|links| links.get(&path)).unwrap_or(&path).clone();
            by_layer.entry(*number).or_default().entry(first).or_default().push(path);
        }
        let mut bodies = Self::default();
        for (layer, names) in by_layer {
            let Some(layer) = place.image.layers.get(usize::from(layer)) else { continue };
            let wanted: BTreeSet<&ImagePath> = names.keys().collect();
            read_layer(place.source, layer, &|path| wanted.contains(path), |entry, body: &mut dyn Read| {
                let Some(paths) = names.get(&entry.path) else { return Ok::<(), FlatError>(()) };
                let mut bytes = Vec::new();
                body.read_to_end(&mut bytes).map_err(|source| FlatError::Body {
                    layer: layer.descriptor.digest,
                    path: entry.path.to_string(),
                    source,
                })?;
                for path in paths {
                    bodies.0.insert(path.clone(), bytes.clone());
                }
                Ok(())
            })?;
        }
        Ok(bodies)
    }

    /// The bytes of a file.
    pub fn get(&self, path: &ImagePath) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }
}
