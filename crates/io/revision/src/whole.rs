use crate::{Project, Revision, RevisionError, links};
use sage_oci_source::FileKind;
use sage_oci_wanted::stated_version;
use std::collections::BTreeMap;

/// Holds a revision to what the project is, and reads its version.
///
/// # Errors
/// It is another project, lacks a file, states no version, or has a link that leads out.
pub(crate) fn complete(revision: &mut Revision, place: &str, project: &Project) -> Result<(), RevisionError> {
    let Project { name, source, needed, versions, .. } = project;
    if revision.tree.below(source).files.is_empty() {
        let (project, missing) = (name.clone(), source.clone());
        return Err(RevisionError::OtherProject { place: place.to_owned(), project, missing });
    }
    if let Some(needed) = needed.iter().find(|needed| revision.tree.id(&needed.path).is_none()) {
        let (path, hint) = (needed.path.clone(), needed.hint.clone());
        return Err(RevisionError::MissingFile { place: place.to_owned(), path, hint });
    }
    links::check(&targets(revision)?, source)?;
    for file in versions {
        let text = revision.file(file)?.unwrap_or_default();
        if let Some(version) = std::str::from_utf8(&text).ok().and_then(stated_version) {
            revision.identity.version = version.to_owned();
            return Ok(());
        }
    }
    Err(RevisionError::NoVersion { place: place.to_owned(), files: versions.clone() })
}

/// All links and what they hold.
fn targets(revision: &mut Revision) -> Result<BTreeMap<String, String>, RevisionError> {
    let links = revision.tree.files.iter().filter(|(_, file)| file.kind == FileKind::Symlink);
    let (paths, ids): (Vec<String>, Vec<_>) = links.map(|(path, file)| (path.clone(), file.id)).unzip();
    let contents = revision.read_all(&ids)?;
    let text = |(path, content): (String, Vec<u8>)| match String::from_utf8(content) {
        Ok(target) => Ok((path, target)),
        Err(error) => Err(RevisionError::NotUtf8 { name: String::from_utf8_lossy(error.as_bytes()).into_owned() }),
    };
    paths.into_iter().zip(contents).map(text).collect()
}
