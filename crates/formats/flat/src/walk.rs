use crate::read::read_layer;
use crate::{Dpkg, DpkgFiles, FlatError};
use sage_oci_delta::{FlatTree, Layer, What, stack};
use sage_oci_image::{Image, ImageSource};
use sage_oci_tree::{Entry, ImagePath};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// What a walk has learned of an image.
#[derive(Debug, Clone, Default)]
pub struct Walked {
    /// What a container sees.
    pub tree: FlatTree,
    /// What its package database says.
    pub dpkg: Dpkg,
}

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
) -> Result<Walked, E> {
    let mut shadow = Shadow::default();
    let (mut layers, mut files): (Vec<Layer>, Vec<DpkgFiles>) = (Vec::new(), Vec::new());
    for layer in image.layers.iter().rev() {
        let mut passed = BTreeSet::new();
        let read = read_layer(source, layer, &|path| !shadow.hides(path), |entry, body| {
            // Where something lies below it above, only a directory can be seen.
            if shadow.implied.contains(&entry.path) {
                passed.insert(entry.path.clone());
                return Ok(());
            }
            visit(entry, body)
        })?;
        // Such a file may be seen by another name.
        let mut others = BTreeMap::new();
        for (first, names) in read.layer.links.iter().filter(|(first, _)| passed.contains(*first)) {
            let seen = names.iter().find(|name| !shadow.hides(name) && !shadow.implied.contains(*name));
            others.extend(seen.map(|name| (first.clone(), name.clone())));
        }
        if !others.is_empty() {
            read_layer(source, layer, &|path| others.contains_key(path), |entry, body| {
                match others.get(&entry.path) {
                    Some(name) => visit(&Entry { path: name.clone(), ..entry.clone() }, body),
                    None => Ok(()),
                }
            })?;
        }
        shadow.fall(&read.layer);
        // What cannot be seen may hide, too.
        shadow.below.extend(read.others);
        layers.push(read.layer);
        files.push(read.dpkg);
    }
    let tree = stack(layers.iter().rev().map(Some));
    drop(layers);
    let dpkg = Dpkg::of(&tree, files.iter().rev().map(Some))?;
    Ok(Walked { tree, dpkg })
}

/// What lies under the layers that were read.
#[derive(Default)]
struct Shadow {
    taken: BTreeSet<ImagePath>,
    implied: BTreeSet<ImagePath>,
    below: BTreeSet<ImagePath>,
}

impl Shadow {
    fn hides(&self, path: &ImagePath) -> bool {
        self.taken.contains(path)
            || self.below.contains("")
            || (!self.below.is_empty() && path.ancestors().any(|above| self.below.contains(&above)))
    }

    fn fall(&mut self, layer: &Layer) {
        for (path, facts) in &layer.puts {
            if facts.what == What::Implied {
                self.implied.insert(path.clone());
                continue;
            }
            self.taken.insert(path.clone());
            if !facts.what.is_directory() {
                self.below.insert(path.clone());
            }
        }
        self.taken.extend(layer.whiteouts.iter().cloned());
        self.below.extend(layer.whiteouts.iter().chain(&layer.opaques).cloned());
    }
}
