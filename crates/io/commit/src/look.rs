//! What meson makes of the commit and of the release.

use crate::report::is_conflict;
use crate::texts::Reader;
use crate::{CommitError, Request, Workshop};
use sage_oci_emit::Emitted;
use sage_oci_meson::{Description, Written};
use sage_oci_names::StorePath;
use sage_oci_produce::ProduceError;
use sage_oci_rebuild::{Question, Shape, Skeleton};
use sage_oci_recipe::{Graph, NOT_FOUND_LOG, configure, toolchain};
use sage_oci_source::BlobId;
use sage_oci_store::{Nix, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What meson says of the commit and of the release, and where its files are.
pub(crate) struct Looked {
    pub(crate) now: Description,
    pub(crate) before: Description,
    pub(crate) now_files: PathBuf,
    pub(crate) before_files: PathBuf,
}

/// Lets meson look at both trees; a derivation each, so that a tree of the same skeleton has been looked at already.
pub(crate) fn look(
    nix: &Nix,
    request: &Request<'_>,
    question: &Question<'_>,
    reader: &mut Reader<'_>,
    workshop: &mut Workshop<'_>,
) -> Result<Looked, CommitError> {
    let upstream = request.upstream()?;
    let (now, before) = (question.skeleton(), question.skeleton_before());
    let ids = now.texts.values().chain(before.texts.values()).copied().collect();
    let contents = put(nix, &ids, reader)?;
    let mut graph = Graph::default();
    let toolchain = toolchain(&mut graph, request.lock, request.tools, upstream)?;
    let mut node = |skeleton: &Skeleton| configure(&mut graph, &toolchain, upstream, skeleton, &contents);
    let nodes = [node(&now)?, node(&before)?];
    let emitted =
        Emitted::new(&graph, request.builder, request.tools.machine.architecture).map_err(ProduceError::from)?;
    let handles = nodes.each_ref().map(|node| emitted.handle(node));
    let outputs = handles.map(|handle| handle.out.clone());
    if !nix.is_valid(&outputs)?.into_iter().all(|valid| valid) {
        let targets = handles.map(|handle| Target { derivation: handle.derivation.clone(), output: None });
        let Workshop { downloads, observer, .. } = workshop;
        sage_oci_produce::realise(nix, &emitted, &toolchain.fetches, &targets, downloads, *observer)
            .map_err(|source| not_configured(question, &now, source))?;
    }
    let [now_files, before_files] = outputs.map(|path| nix.real_path(&path));
    Ok(Looked {
        now: read(&now_files, question.shape)?,
        before: read(&before_files, question.shape)?,
        now_files,
        before_files,
    })
}

/// The error, with the files that meson read as the commit has them although the distribution had changed them.
fn not_configured(question: &Question<'_>, skeleton: &Skeleton, source: ProduceError) -> CommitError {
    let conflicts = question.commit.notes.iter().filter(|note| is_conflict(note)).map(|note| note.path.clone());
    let files: Vec<_> = conflicts.filter(|path| skeleton.texts.contains_key(path)).collect();
    if files.is_empty() { source.into() } else { CommitError::Configure { files, source } }
}

fn read(folder: &std::path::Path, shape: &Shape) -> Result<Description, CommitError> {
    let ninja = sage_oci_files::read_to_string(folder.join("build.ninja"))?;
    let install = sage_oci_files::read_to_string(folder.join("meson-info/intro-install_plan.json"))?;
    let log = sage_oci_files::read_to_string(folder.join(NOT_FOUND_LOG))?;
    Ok(shape.describe(Written { ninja: &ninja, install_plan: &install, log: &log })?)
}

/// Puts contents into the store.
pub(crate) fn put(
    nix: &Nix,
    ids: &BTreeSet<BlobId>,
    reader: &mut Reader<'_>,
) -> Result<BTreeMap<BlobId, StorePath>, CommitError> {
    let (mut places, mut files) = (BTreeMap::new(), BTreeMap::new());
    for (id, content) in reader.read_all(ids)? {
        // One name for all: a content has one place, whatever files have it.
        let path = nix.file_path("source", &content)?;
        places.insert(id, path.clone());
        files.insert(path, content);
    }
    nix.add_files(&files)?;
    Ok(places)
}
