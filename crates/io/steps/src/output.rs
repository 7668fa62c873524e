use crate::layer::{Body, Event};
use crate::{Outputs, StepError};
use sage_oci_files::FileError;
use sage_oci_layer::{ContentEntry, ContentKind, Contents, LayerInfo, LayerWriter, Library, Options, PackageRecord};
use sage_oci_names::{LayerName, PackageName, Sha256};
use sage_oci_root::{Installed, Item, NodeKind, RootError};
use sage_oci_step::Sealing;
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read};

/// More compressing threads than this cost memory and gain nothing: one hash of the whole stream sets the pace.
const MOST_THREADS: usize = 6;
/// Blobs are written in pieces of this size.
const BUFFER: usize = 1 << 20;

/// The outputs of a layer-like step while they are written: `blob`, `layer.json` and the list of contents.
pub(crate) struct LayerOutput<'a> {
    name: &'a LayerName,
    outputs: &'a Outputs,
    writer: LayerWriter<BufWriter<File>>,
    contents: Contents,
    /// Where each path stands in the list of contents.
    known: BTreeMap<ImagePath, usize>,
    /// What lies below this layer; missing parents take their metadata from it.
    below: Option<&'a Installed>,
}

impl<'a> LayerOutput<'a> {
    pub(crate) fn create(
        name: &'a LayerName,
        sealing: &Sealing,
        outputs: &'a Outputs,
        threads: usize,
        below: Option<&'a Installed>,
    ) -> Result<Self, StepError> {
        sage_oci_files::create_dir_all(&outputs.out)?;
        let file = sage_oci_files::create(outputs.out.join("blob"))?;
        let options =
            Options { epoch: sealing.epoch, compression: sealing.compression, threads: threads.min(MOST_THREADS) };
        let writer = LayerWriter::new(BufWriter::with_capacity(BUFFER, file), options)
            .map_err(|source| StepError::Layer { layer: name.clone(), source: Box::new(source) })?;
        Ok(Self { name, outputs, writer, contents: Contents::new(), known: BTreeMap::new(), below })
    }

    /// What the layer has at a path so far.
    pub(crate) fn get(&self, path: &(impl AsRef<str> + ?Sized)) -> Option<&ContentEntry> {
        self.known.get(path.as_ref()).and_then(|index| self.contents.entries.get(*index))
    }

    /// Adds a directory, link or hard link. One that is there already and says the same is left out; of directories the
    /// first one's metadata stays, as dpkg never touches a directory that exists.
    pub(crate) fn add(&mut self, entry: &Entry, package: Option<&PackageName>) -> Result<(), StepError> {
        let described = describe(entry, package, None)?;
        if let Some(known) = self.get(&entry.path) {
            let same = known.kind == described.kind && known.target == described.target;
            return if same { Ok(()) } else { Err(conflict(known, &described)) };
        }
        self.parents(&entry.path, package)?;
        self.write(entry, &mut std::io::empty())?;
        self.note(described);
        Ok(())
    }

    /// Adds a file whose content another thread unpacks. A path that is there already must have the same content.
    pub(crate) fn add_unpacked(
        &mut self,
        entry: &Entry,
        package: &PackageName,
        mut body: Body<'_>,
    ) -> Result<(), StepError> {
        if let Some(known) = self.get(&entry.path).cloned() {
            let (sha256, _) = body.finish()?;
            let described = describe(entry, Some(package), Some(sha256))?;
            let same = ContentEntry { package: known.package.clone(), ..described.clone() } == known;
            return if same { Ok(()) } else { Err(conflict(&known, &described)) };
        }
        self.parents(&entry.path, Some(package))?;
        let written = self.write(entry, &mut body);
        if let (Err(_), Some(error)) = (&written, body.take_error()) {
            return Err(error);
        }
        written?;
        let (sha256, facts) = body.finish()?;
        self.note(describe(entry, Some(package), Some(sha256))?);
        if let Some(facts) = facts {
            self.contents.libraries.push(Library { path: entry.path.clone(), facts });
        }
        Ok(())
    }

    /// Adds something that was made here. A path that is there already is an error, but for equal directories.
    pub(crate) fn add_item(&mut self, item: &Item, package: Option<&PackageName>) -> Result<(), StepError> {
        let (entry, bytes) = Event::info_entry(item);
        if !matches!(entry.kind, EntryKind::File { .. }) {
            return self.add(&entry, package);
        }
        let described = describe(&entry, package, Some(crate::layer::sha256(bytes)))?;
        if let Some(known) = self.get(&entry.path) {
            return Err(conflict(known, &described));
        }
        self.parents(&entry.path, package)?;
        self.write(&entry, &mut &*bytes)?;
        self.note(described);
        Ok(())
    }

    /// Takes away what a layer below has at a path.
    pub(crate) fn remove(&mut self, path: ImagePath) -> Result<(), StepError> {
        self.add(&Entry::new(path, EntryKind::Whiteout), None)
    }

    pub(crate) fn add_record(&mut self, record: PackageRecord) {
        self.contents.stanzas.push(record);
    }

    /// Ends the layer and writes all outputs.
    pub(crate) fn finish(self) -> Result<LayerInfo, StepError> {
        let failed = |source| StepError::Layer { layer: self.name.clone(), source: Box::new(source) };
        let (file, info) = self.writer.finish().map_err(failed)?;
        let blob = self.outputs.out.join("blob");
        file.into_inner().map_err(|error| FileError::at("write", &blob)(error.into_error()))?;
        crate::sealing::write_layer_document(self.name, &info, &self.outputs.out)?;
        if let Some(path) = &self.outputs.contents {
            let file = BufWriter::new(sage_oci_files::create(path)?);
            self.contents
                .write(file)
                .map_err(|source| StepError::Contents { path: path.clone(), source: Box::new(source) })?;
        }
        Ok(info)
    }

    /// Adds the directories above a path that are not there yet, as they are below this layer, else root's with 0755.
    fn parents(&mut self, path: &ImagePath, package: Option<&PackageName>) -> Result<(), StepError> {
        for parent in path.ancestors() {
            if let Some(known) = self.get(&parent) {
                if known.kind == ContentKind::Dir {
                    continue;
                }
                return Err(below_link(path, &parent));
            }
            let mut entry = Entry::directory(parent.clone());
            if let Some(node) = self.below.and_then(|below| below.get(&parent)) {
                if node.kind != NodeKind::Directory {
                    return Err(below_link(path, &parent));
                }
                (entry.mode, entry.uid, entry.gid) = (node.mode, node.uid, node.gid);
            }
            self.write(&entry, &mut std::io::empty())?;
            self.note(describe(&entry, package, None)?);
        }
        Ok(())
    }

    fn write(&mut self, entry: &Entry, body: &mut dyn Read) -> Result<(), StepError> {
        self.writer
            .append(entry, body)
            .map_err(|source| StepError::Layer { layer: self.name.clone(), source: Box::new(source) })
    }

    fn note(&mut self, described: ContentEntry) {
        self.known.insert(described.path.clone(), self.contents.entries.len());
        self.contents.entries.push(described);
    }
}

fn below_link(path: &ImagePath, ancestor: &ImagePath) -> StepError {
    RootError::BelowLink { path: path.to_string(), ancestor: ancestor.to_string() }.into()
}

fn conflict(known: &ContentEntry, new: &ContentEntry) -> StepError {
    let (first, second) = (crate::conflict::origin(known), crate::conflict::origin(new));
    RootError::Conflict { path: new.path.to_string(), first, second }.into()
}

fn describe(entry: &Entry, package: Option<&PackageName>, sha256: Option<Sha256>) -> Result<ContentEntry, StepError> {
    let (kind, size, target) = match &entry.kind {
        EntryKind::File { size } => (ContentKind::File, *size, None),
        EntryKind::Directory => (ContentKind::Dir, 0, None),
        EntryKind::Symlink { target } => (ContentKind::Symlink, 0, Some(target.clone())),
        EntryKind::HardLink { target } => (ContentKind::Hardlink, 0, Some(target.to_string())),
        EntryKind::Whiteout => (ContentKind::Whiteout, 0, None),
        EntryKind::Opaque => {
            let why = "a list of contents has no word for a directory that is emptied".to_owned();
            return Err(RootError::Malformed { what: entry.path.absolute(), why }.into());
        }
    };
    let Entry { path, mode, uid, gid, .. } = entry;
    let package = package.cloned();
    Ok(ContentEntry { path: path.clone(), kind, mode: *mode, uid: *uid, gid: *gid, size, sha256, target, package })
}
