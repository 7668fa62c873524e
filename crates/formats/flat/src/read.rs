use crate::FlatError;
use crate::dpkg::DpkgFiles;
use sage_oci_delta::{Facts, Layer, What};
use sage_oci_image::{HashingReader, ImageError, ImageLayer, ImageSource, check_layer, open_blob};
use sage_oci_layer::{LayerError, read_foreign_layer};
use sage_oci_names::Sha256;
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// A layer that was read.
#[derive(Debug, Clone, Default)]
pub struct LayerRead {
    /// What it says of paths.
    pub layer: Layer,
    /// What it has of dpkg's database.
    pub dpkg: DpkgFiles,
    /// What it has that is no directory and was not wanted.
    pub(crate) others: BTreeSet<ImagePath>,
}

/// Reads a layer and holds it against its digests.
///
/// Of the paths that `wants` names everything is learned, and the content of each file goes through `visit`, which may leave what it
/// does not need. Of all others only removals and hard links are kept, and dpkg's database, which is always wanted. A hard link is
/// visited by its own name if the file's is not wanted; files that share their content with one that is wanted are wanted, too.
///
/// # Errors
///
/// The blob is not there, is not what its digests promise, or is no layer; or `visit` says so.
pub fn read_layer<E: From<FlatError>>(
    source: &dyn ImageSource,
    layer: &ImageLayer,
    wants: &(dyn Fn(&ImagePath) -> bool + '_),
    mut visit: impl FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<LayerRead, E> {
    let mut reading = Reading { first_pass: true, ..Reading::default() };
    let known = |path: &ImagePath| wants(path) || DpkgFiles::wants(path);
    pass(source, layer, &mut reading, &known, &mut visit)?;
    let names = reading.others(layer)?;
    if !names.is_empty() {
        reading.first_pass = false;
        let links: BTreeMap<ImagePath, ImagePath> = reading.unvisited.clone();
        pass(
            source,
            layer,
            &mut reading,
            &|path| names.contains(path),
            &mut |entry, body| match links.get(&entry.path) {
                Some(link) => visit(&Entry { path: link.clone(), ..entry.clone() }, body),
                None => Ok(()),
            },
        )?;
    }
    Ok(reading.finish())
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    read: LayerRead,
    /// Hard links, and the name that the content has in the layer.
    first: BTreeMap<ImagePath, ImagePath>,
    /// Links that are wanted of files that are not: the file and the link.
    unvisited: BTreeMap<ImagePath, ImagePath>,
    wanted_links: BTreeSet<ImagePath>,
    dangling: Option<(ImagePath, ImagePath)>,
    first_pass: bool,
}

impl Reading {
    fn link(&mut self, path: &ImagePath, target: &ImagePath, wanted: bool) {
        let target = self.first.get(target).unwrap_or(target).clone();
        let known = self.read.layer.puts.get(&target).filter(|facts| facts.sha256().is_some()).cloned();
        if known.is_none() && !self.read.others.contains(&target) {
            self.dangling.get_or_insert_with(|| (path.clone(), target.clone()));
            return;
        }
        self.first.insert(path.clone(), target.clone());
        self.read.layer.links.entry(target.clone()).or_default().insert(path.clone());
        match known {
            Some(facts) if wanted => self.read.layer.put(path.clone(), facts),
            None if wanted => {
                self.unvisited.insert(target, path.clone());
            }
            _ => {}
        }
        if wanted {
            self.wanted_links.insert(path.clone());
        }
    }

    /// Names that have their content in common with one that is wanted, and of which nothing is known yet.
    fn others<E: From<FlatError>>(&self, layer: &ImageLayer) -> Result<BTreeSet<ImagePath>, E> {
        if let Some((path, target)) = &self.dangling {
            let (path, target) = (path.to_string(), target.to_string());
            return Err(FlatError::HardLink { layer: layer.descriptor.digest, path, target }.into());
        }
        let mut names = BTreeSet::new();
        for (first, links) in &self.read.layer.links {
            let all = || std::iter::once(first).chain(links);
            let known = |name: &ImagePath| self.read.layer.puts.contains_key(name);
            if all().any(|name| known(name) || self.wanted_links.contains(name)) {
                names.extend(all().filter(|name| !known(name)).cloned());
            }
        }
        Ok(names)
    }

    fn finish(mut self) -> LayerRead {
        // What comes last in a layer holds: a name that became something else shares nothing any more.
        let puts = &self.read.layer.puts;
        let same = |first: &ImagePath, name: &ImagePath| match (puts.get(first), puts.get(name)) {
            (Some(first), Some(name)) => first.sha256() == name.sha256(),
            _ => true,
        };
        for (first, links) in &mut self.read.layer.links {
            links.retain(|name| same(first, name));
        }
        self.read
    }
}

/// Either end of a pass that does not come to its end.
enum Stop<E> {
    Layer(LayerError),
    Visit(E),
    Body(String, io::Error),
}

impl<E> From<LayerError> for Stop<E> {
    fn from(error: LayerError) -> Self {
        Self::Layer(error)
    }
}

fn pass<E: From<FlatError>>(
    source: &dyn ImageSource,
    layer: &ImageLayer,
    reading: &mut Reading,
    wants: &dyn Fn(&ImagePath) -> bool,
    visit: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let digest = layer.descriptor.digest;
    let blob = open_blob(source, "layer", &digest).map_err(FlatError::from)?;
    let info = read_foreign_layer(blob, |entry, body| take(reading, entry, body, wants, visit));
    let info = match info {
        Ok(info) => info,
        Err(stop) => {
            // That the bytes are not those that were promised is the better news, also where it was the visitor who met them.
            check_size(source, layer).map_err(FlatError::from)?;
            check_layer(source, layer).map_err(FlatError::from)?;
            return Err(match stop {
                Stop::Layer(source) => FlatError::Layer { layer: digest, source }.into(),
                Stop::Body(path, source) => FlatError::Body { layer: digest, path, source }.into(),
                Stop::Visit(error) => error,
            });
        }
    };
    let (expected, actual) = (layer.descriptor.size, info.size);
    if actual != expected {
        return Err(FlatError::from(ImageError::SizeMismatch { digest, expected, actual }).into());
    }
    if info.blob != digest {
        return Err(FlatError::from(ImageError::DigestMismatch { expected: digest, actual: info.blob }).into());
    }
    if info.diff_id != layer.diff_id {
        let (expected, actual) = (layer.diff_id, info.diff_id);
        return Err(FlatError::from(ImageError::DiffIdMismatch { blob: digest, expected, actual }).into());
    }
    Ok(())
}

fn check_size(source: &dyn ImageSource, layer: &ImageLayer) -> Result<(), ImageError> {
    let (digest, expected) = (layer.descriptor.digest, layer.descriptor.size);
    let failed = |source| ImageError::Source { what: format!("layer {digest}"), source };
    match source.blob_size(&digest).map_err(failed)? {
        Some(actual) if actual != expected => Err(ImageError::SizeMismatch { digest, expected, actual }),
        _ => Ok(()),
    }
}

fn take<E>(
    reading: &mut Reading,
    entry: &Entry,
    body: &mut dyn Read,
    wants: &dyn Fn(&ImagePath) -> bool,
    visit: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let path = &entry.path;
    let what = match &entry.kind {
        EntryKind::Whiteout => {
            reading.read.layer.whiteouts.insert(path.clone());
            return Ok(());
        }
        EntryKind::Opaque => {
            reading.read.layer.opaques.insert(path.clone());
            return Ok(());
        }
        EntryKind::HardLink { target } => {
            for above in path.ancestors().filter(|above| wants(above)) {
                reading.read.layer.puts.entry(above).or_insert_with(Facts::implied);
            }
            let wanted = wants(path);
            reading.link(path, target, wanted);
            if reading.first_pass && !wanted {
                reading.read.others.insert(path.clone());
            }
            return Ok(());
        }
        kind => kind,
    };
    if !wants(path) {
        // What lies above it is there for that, whatever the layer says of it.
        for above in path.ancestors().filter(|above| wants(above)) {
            reading.read.layer.puts.entry(above).or_insert_with(Facts::implied);
        }
        if reading.first_pass && *what != EntryKind::Directory {
            reading.read.others.insert(path.clone());
        }
        return Ok(());
    }
    let what = match what {
        EntryKind::File { size } => {
            let failed = |source| Stop::Body(path.to_string(), source);
            let mut body = HashingReader::new(body);
            if DpkgFiles::wants(path) {
                let kept = reading.read.dpkg.keep(path, &mut body).map_err(failed)?;
                visit(entry, &mut &kept[..]).map_err(Stop::Visit)?;
            } else {
                visit(entry, &mut body).map_err(Stop::Visit)?;
            }
            io::copy(&mut body, &mut io::sink()).map_err(failed)?;
            What::File { size: *size, sha256: Sha256::new(*body.finish().as_bytes()) }
        }
        EntryKind::Symlink { target } => What::Symlink(target.as_str().into()),
        _ => What::Directory,
    };
    let xattrs = (!entry.xattrs.is_empty()).then(|| Box::new(entry.xattrs.clone()));
    // Engines give a symbolic link all bits, whatever its layer says.
    let mode = if matches!(what, What::Symlink(_)) { 0o777 } else { u16::try_from(entry.mode).unwrap_or_default() };
    let facts = Facts { what, mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, xattrs, linked: None };
    reading.read.layer.put(path.clone(), facts);
    Ok(())
}
