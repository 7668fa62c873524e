use crate::StepError;
use sage_oci_effects::Effect;
use sage_oci_names::PackageName;
use sage_oci_root::{Filter, Owners, image_path, is_merged_link, merged_usr};
use sage_oci_step::{LayerPackage, LayerStep};
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::{BTreeMap, BTreeSet};

/// Mode, owner and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// What a layer step says about single entries: where they go, whose they are, and which stay away.
pub(crate) struct Rules<'a> {
    filter: Filter,
    owners: Owners<'a>,
    metadata: BTreeMap<ImagePath, Metadata>,
    /// By path who diverts it, nobody for a local diversion, and where to.
    diversions: BTreeMap<ImagePath, (Option<&'a PackageName>, ImagePath)>,
    left_out: BTreeSet<ImagePath>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(step: &'a LayerStep) -> Result<Self, StepError> {
        let owners = Owners::new(&step.users, &step.groups);
        let (mut metadata, mut diversions) = (BTreeMap::new(), BTreeMap::new());
        for owned in &step.effects {
            match &owned.effect {
                Effect::Metadata { path, mode, owner, group } => {
                    let (uid, gid) = owners.of(owner, group, path)?;
                    metadata.insert(image_path(path)?, Metadata { mode: mode.bits(), uid, gid });
                }
                Effect::Diversion { from, to, local } => {
                    let by = (!local).then_some(&owned.package);
                    diversions.insert(image_path(from)?, (by, image_path(to)?));
                }
                _ => {}
            }
        }
        let left_out = step.left_out.iter().map(|path| image_path(path)).collect::<Result<_, _>>()?;
        Ok(Self { filter: Filter::new(&step.exclude, &step.include)?, owners, metadata, diversions, left_out })
    }

    /// The path in the image of an entry that the step leaves out by name.
    pub(crate) fn left_out(&self, package: &LayerPackage, entry: &Entry) -> Option<ImagePath> {
        if self.left_out.is_empty() || entry.kind == EntryKind::Directory || self.is_replaced(package, &entry.path) {
            return None;
        }
        Some(self.place(package, &entry.path)).filter(|path| self.left_out.contains(path))
    }

    /// All paths that the step leaves out by name.
    pub(crate) fn all_left_out(&self) -> &BTreeSet<ImagePath> {
        &self.left_out
    }

    /// Where an entry of a package goes, or `None` if it is not unpacked.
    pub(crate) fn destination(&self, package: &LayerPackage, entry: &Entry) -> Option<ImagePath> {
        let merged_directory = matches!(entry.kind, EntryKind::Directory) && is_merged_link(&entry.path);
        if entry.path.is_root()
            || merged_directory
            || self.is_replaced(package, &entry.path)
            || self.filter.leaves_out(entry)
        {
            return None;
        }
        Some(self.place(package, &entry.path))
    }

    /// A packaged path after the merged-/usr rewriting and diversions by other packages.
    pub(crate) fn place(&self, package: &LayerPackage, path: &ImagePath) -> ImagePath {
        let path = merged_usr(path);
        match self.diversions.get(path.as_ref()) {
            Some((by, to)) if *by != Some(&package.name) => to.clone(),
            _ => path.into_owned(),
        }
    }

    /// Whether another package replaces a path of this one.
    pub(crate) fn is_replaced(&self, package: &LayerPackage, path: &ImagePath) -> bool {
        // The lock writes paths as it found them: with or without the leading slash, before or after merging.
        let merged = merged_usr(path);
        [path, merged.as_ref()]
            .iter()
            .any(|path| package.replaced.contains_key(path.as_str()) || package.replaced.contains_key(&path.absolute()))
    }

    /// Mode and owner of an entry that goes to `path`.
    pub(crate) fn metadata(&self, path: &ImagePath, entry: &Entry) -> Metadata {
        if let (Some(metadata), false) = (self.metadata.get(path), matches!(entry.kind, EntryKind::Symlink { .. })) {
            return *metadata;
        }
        let (uid, gid) = self.owners.of_entry(entry);
        // The mode of a link says nothing, and tar writers differ in it.
        let mode = if matches!(entry.kind, EntryKind::Symlink { .. }) { 0o777 } else { entry.mode };
        Metadata { mode, uid, gid }
    }

    /// The paths whose metadata an effect declares, of those that are to be in the layer.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &ImagePath> {
        self.metadata.keys().filter(|path| !self.left_out.contains(*path))
    }
}
