use crate::{Opening, Pin, Revision, RevisionError, archive_tree, folder, local, remote};
use sage_oci_fetch::{FetchError, Wanted as File, fetch_all};
use sage_oci_tags::ImageVersion;
use sage_oci_wanted::Wanted;
use std::path::{Path, PathBuf};

/// Opens the revision that a person asks for.
///
/// # Errors
/// Any [`RevisionError`]; each says what to do.
pub fn open(wanted: &Wanted, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    let clean = |revision| match opening.dirty {
        true => Err(RevisionError::NotDirty { wanted: wanted.to_string() }),
        false => Ok(revision),
    };
    match wanted {
        Wanted::Folder { path, revision } => at_path(path, revision.as_deref(), opening),
        Wanted::Remote { url, reference } => {
            clean(())?;
            remote::repository(url, reference, opening)
        }
        Wanted::Version(version) => {
            clean(())?;
            pinned(version, opening)
        }
        Wanted::Archive(path) => {
            clean(())?;
            archive(path, opening)
        }
    }
}

fn archive(path: &Path, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    match sage_oci_files::exists(path)? {
        true => archive_tree(path, opening),
        false => Err(RevisionError::NoSuchPath { path: path.to_owned() }),
    }
}

fn at_path(path: &Path, revision: Option<&str>, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    let there = |name: &str| sage_oci_files::exists(path.join(name));
    if !sage_oci_files::exists(path)? {
        return Err(RevisionError::NoSuchPath { path: path.to_owned() });
    }
    // Behind a link, too.
    if !sage_oci_files::metadata(sage_oci_files::real_path(path)?)?.is_dir() {
        return archive_tree(path, opening);
    }
    let is_bare = there("HEAD")? && there("objects")? && there("refs")?;
    if there(".git")? || is_bare {
        return local::repository(path, revision, opening);
    }
    let source = &opening.project.source;
    if there(source)? {
        if revision.is_some() {
            return Err(RevisionError::NoRevisions { path: path.to_owned() });
        }
        return match opening.dirty {
            true => Err(RevisionError::NotDirty { wanted: path.display().to_string() }),
            false => folder::unpacked(path, opening),
        };
    }
    // A folder of a work tree means the work tree, as with git itself.
    match local::top_of(path, opening)? {
        Some(top) => local::repository(&top, revision, opening),
        None => {
            let (project, missing) = (opening.project.name.clone(), source.clone());
            Err(RevisionError::NoSource { path: path.to_owned(), project, missing })
        }
    }
}

fn pinned(version: &ImageVersion, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    let Some(pin) = opening.pins.get(version) else {
        return Err(RevisionError::NotPinned {
            project: opening.project.name.clone(),
            version: version.to_string(),
            pinned: opening.pins.keys().map(ToString::to_string).collect(),
            pin: opening.project.pin.clone(),
        });
    };
    let revision = archive_tree(&download(pin, opening)?, opening)?;
    let stated = &revision.identity.version;
    match ImageVersion::parse(stated).as_ref() == Ok(version) {
        true => Ok(revision),
        false => Err(RevisionError::OtherVersion { wanted: version.to_string(), stated: stated.clone() }),
    }
}

/// Brings an archive to where all archives are kept by their digests.
fn download(pin: &Pin, opening: &Opening<'_>) -> Result<PathBuf, RevisionError> {
    let target = opening.cache.join("debs").join(format!("{}.deb", pin.sha256.hex()));
    let mut last = FetchError::NoMirror;
    for url in &pin.urls {
        // An address is a mirror of one file.
        let (mirror, path) = url.rsplit_once('/').unwrap_or((url, ""));
        let file = File { path: path.to_owned(), sha256: pin.sha256, size: pin.size, target: target.clone() };
        match fetch_all(&[file], &[mirror.to_owned()], &opening.fetch, opening.progress) {
            Ok(_) => return Ok(target),
            Err(FetchError::Cancelled) => return Err(RevisionError::Stopped),
            Err(error) => last = error,
        }
    }
    Err(last.into())
}
