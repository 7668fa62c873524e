use crate::FlatError;
use crate::dpkg::{Dpkg, DpkgFiles};
use crate::read::{LayerRead, read_layer};
use crate::work::parallel;
use sage_oci_delta::{Alignment, Change, Delta, Facts, FlatTree, Layer, Place, Search, stack};
use sage_oci_image::{Image, ImageLayer, ImageSource};
use sage_oci_names::DiffId;
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;

/// One of the images that are compared.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The place it lives in.
    pub source: &'a dyn ImageSource,
    /// Its documents.
    pub image: &'a Image,
}

/// What a comparison has found.
#[derive(Debug)]
pub struct Compared {
    /// What differs.
    pub delta: Delta,
    /// dpkg's database in each image, as far as it was needed.
    pub dpkg: [Dpkg; 2],
    /// The layer, in each image, of files that have other content: where their bytes are.
    pub(crate) places: [BTreeMap<ImagePath, u16>; 2],
    /// Names of files by the layer, and what the layer calls their content.
    pub(crate) links: BTreeMap<DiffId, BTreeMap<ImagePath, ImagePath>>,
    /// The layers that were read, by the bytes of their blobs.
    pub read: u64,
}

/// Layers that were read, by their content.
type Known = BTreeMap<DiffId, LayerRead>;

/// Compares two images, reading as little of what they share as an answer that holds needs, on so many threads. Where both have a
/// layer, it is read from the image of that number, `prefer`.
///
/// # Errors
///
/// A layer that must be read is not what the images' documents promise, or is no layer.
pub fn compare(sides: [Side<'_>; 2], prefer: usize, threads: usize) -> Result<Compared, FlatError> {
    let ids = sides.map(|side| side.image.layers.iter().map(|layer| layer.diff_id).collect::<Vec<_>>());
    let alignment = Alignment::of(&ids[0], &ids[1]);
    let mut places = BTreeMap::new();
    for side in [1 - prefer.min(1), prefer.min(1)] {
        places.extend(sides[side].image.layers.iter().map(|layer| (layer.diff_id, (side, layer))));
    }
    let comparison = Comparison { sides, places, threads };
    let shared: Vec<DiffId> = alignment.shared.iter().map(|(first, _)| ids[0][*first]).collect();
    let mut own: Vec<DiffId> = Vec::new();
    for (side, places) in alignment.places.iter().enumerate() {
        let layers = places.iter().zip(&ids[side]);
        own.extend(layers.filter(|(place, _)| matches!(place, Place::Own(..))).map(|(_, id)| *id));
    }
    own.sort();
    own.dedup();
    let mut known = Known::new();
    let mut read = 0;
    comparison.read(&own, &|_| true, &mut known, &mut read)?;

    let mut search = {
        let layers = [0, 1].map(|side| layers(&known, &ids[side]));
        Search::of(&alignment, [&layers[0], &layers[1]])
    };
    if let Some(status) = DpkgFiles::status().filter(|_| !search.is_empty()) {
        search.add(status);
    }
    loop {
        let next: Vec<DiffId> = {
            let layers = [0, 1].map(|side| layers(&known, &ids[side]));
            let next = search.next(&alignment, [&layers[0], &layers[1]], threads.max(1));
            next.into_iter().filter_map(|at| shared.get(at).copied()).collect()
        };
        if next.is_empty() {
            break;
        }
        comparison.read(&next, &|path| search.wants(path), &mut known, &mut read)?;
        for id in &next {
            if let Some(layer) = known.get(id) {
                search.learn(&layer.layer);
            }
        }
    }
    let trees = [0, 1].map(|side| stack(layers(&known, &ids[side])));
    let slots = sides.map(|side| side.image.layers.iter().map(|layer| layer.name.clone()).collect::<Vec<_>>());
    let same = |first: u16, second: u16| {
        let (first, second) = (usize::from(first), usize::from(second));
        match (slots[0].get(first), slots[1].get(second)) {
            (Some(Some(first)), Some(Some(second))) => first == second,
            _ => alignment.places[0].get(first) == alignment.places[1].get(second),
        }
    };
    let delta = Delta::between(&trees[0], &trees[1], same);
    let of = |side: usize| Dpkg::of(&trees[side], ids[side].iter().map(|id| known.get(id).map(|read| &read.dpkg)));
    let dpkg = [of(0)?, of(1)?];
    let names = |read: &LayerRead| {
        let all = read.layer.links.iter();
        all.flat_map(|(first, names)| names.iter().map(|name| (name.clone(), first.clone()))).collect()
    };
    let links = known.iter().map(|(id, read)| (*id, names(read))).collect();
    let places = places_of(&delta, &trees);
    Ok(Compared { delta, dpkg, places, links, read })
}

/// Of whole trees nothing else is needed any more, and they are large.
fn places_of(delta: &Delta, trees: &[FlatTree; 2]) -> [BTreeMap<ImagePath, u16>; 2] {
    let digest = |facts: &Option<Facts>| facts.as_ref().and_then(Facts::sha256);
    let other = |change: &&Change| match (digest(&change.old), digest(&change.new)) {
        (Some(old), Some(new)) => old != new,
        _ => false,
    };
    let of = |tree: &FlatTree| {
        let paths = delta.changes.iter().filter(other).map(|change| &change.path);
        paths.filter_map(|path| Some((path.clone(), tree.nodes.get(path)?.layer))).collect()
    };
    [of(&trees[0]), of(&trees[1])]
}

/// The layers of an image that were read, at their places.
fn layers<'a>(known: &'a Known, ids: &[DiffId]) -> Vec<Option<&'a Layer>> {
    ids.iter().map(|id| known.get(id).map(|read| &read.layer)).collect()
}

struct Comparison<'a> {
    sides: [Side<'a>; 2],
    places: BTreeMap<DiffId, (usize, &'a ImageLayer)>,
    threads: usize,
}

impl Comparison<'_> {
    fn read(
        &self,
        ids: &[DiffId],
        wants: &(dyn Fn(&ImagePath) -> bool + Sync),
        known: &mut Known,
        read: &mut u64,
    ) -> Result<(), FlatError> {
        let mut pieces: Vec<(usize, &ImageLayer)> = ids.iter().filter_map(|id| self.places.get(id).copied()).collect();
        // The largest first: then no thread is left alone with it at the end.
        pieces.sort_by_key(|(_, layer)| (std::cmp::Reverse(layer.descriptor.size), layer.diff_id));
        let answers = parallel(&pieces, self.threads, |(side, layer)| {
            read_layer::<FlatError>(self.sides[*side].source, layer, wants, |_, _| Ok(()))
        })?;
        for ((_, layer), mut answer) in pieces.into_iter().zip(answers) {
            answer.others.clear();
            *read += layer.descriptor.size;
            known.insert(layer.diff_id, answer);
        }
        Ok(())
    }
}
