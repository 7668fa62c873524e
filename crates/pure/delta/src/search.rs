use crate::{Alignment, Layer, Place};
use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};

/// What a run of layers says of a path, for comparing two runs.
#[derive(PartialEq, Eq)]
enum Word<'a> {
    Removes,
    Empties,
    Puts(&'a crate::Facts),
}

/// Which of the layers that two images share must be read.
///
/// Two images can only differ at paths of which the layers that they do not share say different things at the same place among the
/// shared ones. Shared layers matter as far as they have something at such a path that no layer above them hides.
#[derive(Debug, Default)]
pub struct Search {
    /// Paths of which something must be known.
    paths: BTreeSet<ImagePath>,
    /// What lies above these: where it is no directory, it hides them.
    above: BTreeSet<ImagePath>,
    /// Those below which everything must be known.
    below: BTreeSet<ImagePath>,
}

impl Search {
    /// Compares what the layers say that are not shared; `layers` has those of each image at their indexes, none for shared ones.
    pub fn of(alignment: &Alignment, layers: [&[Option<&Layer>]; 2]) -> Self {
        let said = [0, 1].map(|side| words(&alignment.places[side], layers[side]));
        let hiding = [0, 1].map(|side| hidings(&alignment.places[side], layers[side]));
        let mut search = Self::default();
        let all: BTreeSet<&ImagePath> = said[0].keys().chain(said[1].keys()).copied().collect();
        for path in all {
            if said[0].get(path) == said[1].get(path) {
                continue;
            }
            search.add(path.clone());
            if hiding[0].get(path) != hiding[1].get(path) {
                search.below.insert(path.clone());
            }
        }
        // Names that share their content in one of the images alone.
        let groups = [0, 1].map(|side| groups(&alignment.places[side], layers[side]));
        for names in groups[0].symmetric_difference(&groups[1]) {
            names.1.iter().for_each(|name| search.add((*name).clone()));
        }
        // A file with several names differs as soon as one of them does.
        for layer in layers.into_iter().flatten().copied().flatten() {
            search.learn(layer);
        }
        search
    }

    /// Takes in the other names that a layer gives to what is looked for.
    pub fn learn(&mut self, layer: &Layer) {
        for (first, others) in &layer.links {
            let names = || std::iter::once(first).chain(others);
            if names().any(|name| self.wants(name)) {
                names().for_each(|name| self.add(name.clone()));
            }
        }
    }

    /// Adds a path, whatever the layers say of it.
    pub fn add(&mut self, path: ImagePath) {
        self.above.extend(path.ancestors());
        self.paths.insert(path);
    }

    /// Whether nothing is looked for: the images are the same.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Whether something must be known of a path.
    pub fn wants(&self, path: &ImagePath) -> bool {
        self.paths.contains(path)
            || self.above.contains(path)
            || (!self.below.is_empty()
                && (self.below.contains("") || path.ancestors().any(|above| self.below.contains(&above))))
    }

    /// The shared layers that must be read next, at most `most` of them, the highest first; none when all is known. `layers` has
    /// those of each image that were read.
    pub fn next(&self, alignment: &Alignment, layers: [&[Option<&Layer>]; 2], most: usize) -> Vec<usize> {
        let mut open: Vec<(&ImagePath, bool)> =
            self.paths.iter().map(|path| (path, self.below.contains(path))).collect();
        let unread = |shared: usize| layers[0][alignment.shared[shared].0].is_none();
        let mut next = Vec::new();
        // From the top: what is settled above a shared layer in both images needs no look at it.
        let mut above = [layers[0].len(), layers[1].len()];
        let mut settled: [BTreeSet<&ImagePath>; 2] = Default::default();
        for shared in (0..alignment.shared.len()).rev() {
            let at = [alignment.shared[shared].0, alignment.shared[shared].1];
            for side in [0, 1] {
                for layer in layers[side][at[side] + 1..above[side]].iter().rev().flatten() {
                    settle(&open, layer, &mut settled[side]);
                }
                above[side] = at[side] + 1;
            }
            open.retain(|(path, _)| !settled.iter().all(|settled| settled.contains(path)));
            if open.is_empty() || next.len() == most {
                break;
            }
            if unread(shared) {
                next.push(shared);
            }
        }
        next
    }
}

fn settle<'a>(open: &[(&'a ImagePath, bool)], layer: &Layer, settled: &mut BTreeSet<&'a ImagePath>) {
    for (path, below) in open {
        if !settled.contains(path) && if *below { layer.settles_below(path) } else { layer.settles(path) } {
            settled.insert(path);
        }
    }
}

fn own<'a>(places: &[Place], layers: &[Option<&'a Layer>]) -> Vec<(Place, &'a Layer)> {
    let own = |(place, layer): (&Place, &Option<&'a Layer>)| match place {
        Place::Own(..) => layer.map(|layer| (*place, layer)),
        Place::Shared(_) => None,
    };
    places.iter().zip(layers).filter_map(own).collect()
}

fn words<'a>(places: &[Place], layers: &[Option<&'a Layer>]) -> BTreeMap<&'a ImagePath, Vec<(Place, Word<'a>)>> {
    let mut all: BTreeMap<&ImagePath, Vec<(Place, Word<'a>)>> = BTreeMap::new();
    for (at, layer) in own(places, layers) {
        layer.whiteouts.iter().for_each(|path| all.entry(path).or_default().push((at, Word::Removes)));
        layer.opaques.iter().for_each(|path| all.entry(path).or_default().push((at, Word::Empties)));
        layer.puts.iter().for_each(|(path, facts)| all.entry(path).or_default().push((at, Word::Puts(facts))));
    }
    all
}

/// The names of each file that has several, whatever its layer calls its content.
fn groups<'a>(places: &[Place], layers: &[Option<&'a Layer>]) -> BTreeSet<(Place, BTreeSet<&'a ImagePath>)> {
    let of = |(at, layer): (Place, &'a Layer)| {
        layer.links.iter().map(move |(first, others)| (at, others.iter().chain([first]).collect()))
    };
    own(places, layers).into_iter().flat_map(of).collect()
}

/// At which places each path's lower content is hidden.
fn hidings<'a>(places: &[Place], layers: &[Option<&'a Layer>]) -> BTreeMap<&'a ImagePath, BTreeSet<Place>> {
    let mut all: BTreeMap<&ImagePath, BTreeSet<Place>> = BTreeMap::new();
    for (at, layer) in own(places, layers) {
        let files = layer.puts.iter().filter(|(_, facts)| !facts.what.is_directory()).map(|(path, _)| path);
        for path in layer.whiteouts.iter().chain(&layer.opaques).chain(files) {
            all.entry(path).or_default().insert(at);
        }
    }
    all
}
