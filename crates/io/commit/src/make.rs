use crate::checkout::checkout;
use crate::look::{Looked, look, put};
use crate::release::Release;
use crate::texts::Reader;
use crate::{CommitError, Report, Request, Workshop};
use sage_oci_definition::Adjustment;
use sage_oci_names::StorePath;
use sage_oci_rebuild::{Change, Commit, Descriptions, Packaged, Question, Rebuild, Shape, decide};
use sage_oci_recipe::{BUILD, PLACE};
use sage_oci_revision::Revision;
use sage_oci_source::{BlobId, FileKind, Merge, SourceFile, SourceTree, merge};
use sage_oci_store::Nix;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A commit, ready to be an image's.
#[derive(Debug, Clone)]
pub struct Made {
    /// For the recipe.
    pub commit: sage_oci_recipe::Commit,
    /// For people.
    pub report: Report,
}

/// Tells what a commit changes in an image, and puts into the store what its builders will read.
///
/// # Errors
/// [`CommitError`].
pub fn make(
    nix: &Nix,
    request: &Request<'_>,
    revision: &mut Revision,
    workshop: &mut Workshop<'_>,
) -> Result<Made, CommitError> {
    let upstream = request.upstream()?;
    let shape = Shape {
        folder: upstream.folder.clone(),
        top: upstream.top.clone(),
        generators: upstream.generators.clone(),
        places: sage_oci_meson::Places { source: PLACE.to_owned(), build: format!("{PLACE}/{BUILD}") },
        cross: request.tools.cross(request.lock.architecture),
    };
    let mut release =
        Release::open(request, &shape, workshop.downloads, workshop.observer.fetching(), workshop.opening)?;
    let commit = merged(revision, &mut release, &upstream.adjust)?;
    let packaged = release.packaged.clone();
    let question = Question { shape: &shape, packaged: &packaged, commit: &commit, everything: request.everything };
    let theirs = revision.tree.files.values().map(|file| file.id).collect();
    let mut reader = Reader { revision, theirs, release: &mut release, commit: &commit };
    let (rebuild, looked) = if question.needs_meson() {
        let looked = look(nix, request, &question, &mut reader, workshop)?;
        let texts = reader.scanned(&shape)?;
        let both = Descriptions { now: &looked.now, before: &looked.before };
        (decide(question, &texts, Some(both))?, Some(looked))
    } else {
        (decide(question, &Default::default(), None)?, None)
    };
    let configured = match &looked {
        Some(looked) => configured(nix, &rebuild, &packaged, looked, &mut reader)?,
        None => BTreeMap::new(),
    };
    let contents = put(nix, &read_by_builders(&rebuild), &mut reader)?;
    let changed = question.differing().into_iter().map(ToOwned::to_owned).collect();
    let report = Report::new(&rebuild, changed, commit.notes.clone());
    let checkout = match request.image.sources.is_empty() {
        true => None,
        false => checkout(nix, request, reader.revision, &packaged.release)?,
    };
    let replaced = if request.replace { replaced(&rebuild, &configured, &packaged) } else { BTreeSet::new() };
    let annotations = BTreeMap::new();
    let commit = sage_oci_recipe::Commit { rebuild, contents, configured, replaced, annotations, checkout };
    Ok(Made { commit, report })
}

/// The commit merged with what the distribution has changed, and adjusted to its libraries.
fn merged(revision: &mut Revision, release: &mut Release, adjustments: &[Adjustment]) -> Result<Commit, CommitError> {
    let packaged = release.packaged.clone();
    let theirs = revision.tree.clone();
    let known: BTreeSet<BlobId> = theirs.files.values().map(|file| file.id).collect();
    let trees = Merge { base: &packaged.release, ours: &packaged.changed, theirs: &theirs };
    let mut read =
        |id| -> Result<_, CommitError> { if known.contains(&id) { Ok(revision.read(id)?) } else { release.read(id) } };
    let mut commit = Commit::new(merge(trees, &mut read)?, &theirs, &packaged);
    for Adjustment { file, from, to, .. } in adjustments {
        let Some(id) = commit.tree.id(file) else { continue };
        let text = match commit.texts.get(&id) {
            Some(text) => text.clone(),
            None => read(id)?,
        };
        // What is no text has none of it.
        if let Some(adjusted) = String::from_utf8(text).ok().filter(|text| text.contains(from.as_str())) {
            commit.put(file, adjusted.replace(from.as_str(), to).into_bytes());
        }
    }
    Ok(commit)
}

/// The packaged files that the commit takes the place of, or away.
fn replaced(rebuild: &Rebuild, configured: &BTreeMap<String, StorePath>, packaged: &Packaged) -> BTreeSet<String> {
    let all = rebuild.installed().chain(configured.keys());
    all.filter(|installed| packaged.installed.files.contains_key(*installed)).cloned().collect()
}

/// Every content that a builder reads.
fn read_by_builders(rebuild: &Rebuild) -> BTreeSet<BlobId> {
    let modules = rebuild.modules.iter().flat_map(|module| module.files.values().copied());
    let files = rebuild.files.values().filter_map(|change| match change {
        Change::File { id, .. } => Some(*id),
        Change::Removed => None,
    });
    modules.chain(files).collect()
}

/// Files that meson writes, merged with what the distribution made of them: their places in the store, where they differ from the
/// installed ones.
fn configured(
    nix: &Nix,
    rebuild: &Rebuild,
    packaged: &Packaged,
    looked: &Looked,
    reader: &mut Reader<'_>,
) -> Result<BTreeMap<String, StorePath>, CommitError> {
    let mut places = BTreeMap::new();
    for (installed, from) in &rebuild.configured {
        let read = |folder: &Path| -> Result<Option<Vec<u8>>, CommitError> {
            let path = folder.join(from);
            Ok(if sage_oci_files::exists(&path)? { Some(sage_oci_files::read(&path)?) } else { None })
        };
        let (Some(now), Some(before)) = (read(&looked.now_files)?, read(&looked.before_files)?) else { continue };
        let Some(ours) = packaged.installed.id(installed) else { continue };
        let tree = |id| SourceTree { files: [(installed.clone(), SourceFile { id, kind: FileKind::Regular })].into() };
        let (base, theirs) = (BlobId::of(&before), BlobId::of(&now));
        let contents = BTreeMap::from([(theirs, now), (base, before)]);
        let trees = Merge { base: &tree(base), ours: &tree(ours), theirs: &tree(theirs) };
        let merged = merge(trees, |id| match contents.get(&id) {
            Some(content) => Ok(content.clone()),
            None => reader.release.read(id),
        })?;
        let Some(id) = merged.tree.id(installed).filter(|id| *id != ours) else { continue };
        let Some(content) = merged.texts.get(&id).or_else(|| contents.get(&id)) else { continue };
        let path = nix.file_path("source", content)?;
        nix.add_files(&BTreeMap::from([(path.clone(), content.clone())]))?;
        places.insert(installed.clone(), path);
    }
    Ok(places)
}
