use crate::commit::without_tag;
use crate::dirty::{changes, take};
use crate::git::{Git, last_word};
use crate::near::near;
use crate::{Opening, Revision, RevisionError, commit, whole};
use sage_oci_wanted::{Reference, is_remote, without_password};
use std::path::{Path, PathBuf};

/// Opens a repository of this machine, a work tree or a bare one.
pub(crate) fn repository(
    folder: &Path,
    revision: Option<&str>,
    opening: &Opening<'_>,
) -> Result<Revision, RevisionError> {
    if let Some(revision) = revision.filter(|text| text.starts_with('-')) {
        return Err(RevisionError::Option { revision: revision.to_owned() });
    }
    let git = Git::inside(folder, opening);
    let facts =
        git.output(&["rev-parse", "--is-bare-repository", "--is-shallow-repository", "--show-object-format"])?;
    let facts = String::from_utf8_lossy(&facts).into_owned();
    let mut facts = facts.lines();
    let mut is = || facts.next() == Some("true");
    let (bare, shallow) = (is(), is());
    if let Some(format) = facts.next().filter(|format| *format != "sha1") {
        return Err(RevisionError::ObjectFormat { path: folder.to_owned(), format: format.to_owned() });
    }
    let checked_out = matches!(revision, None | Some("HEAD" | "@"));
    if opening.dirty && (bare || !checked_out) {
        let wanted = format!("{}{}", folder.display(), revision.map(|text| format!("@{text}")).unwrap_or_default());
        return Err(RevisionError::NotDirty { wanted });
    }
    let name = revision.unwrap_or("HEAD");
    let hash = resolve(&git, name, shallow)?;
    let mut found = commit::read(&git, &hash, opening.project)?;
    if checked_out && !bare {
        let mut changed = changes(&git)?;
        if opening.dirty {
            found.changed = take(&mut found.tree, &top(&git)?, &mut changed)?;
            found.identity.takes_dirty = true;
        }
        found.identity.dirty = changed.into_keys().collect();
    }
    whole::complete(&mut found, &format!("commit {hash} of `{}`", folder.display()), opening.project)?;
    let identity = &mut found.identity;
    // As many digits as in other clones, however many objects this one has.
    let described = git.line(&["describe", "--tags", "--abbrev=10", &hash])?;
    identity.describe = Some(described.unwrap_or_else(|| without_tag(&identity.version, &hash)));
    let full = git.line(&["rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", name])?;
    identity.branch = full.and_then(|full| Reference::parse(&full).ok()?.branch());
    // A path of this machine would mean nothing elsewhere.
    let origin = git.line(&["config", "--get", "remote.origin.url"])?;
    identity.origin = origin.filter(|origin| is_remote(origin)).map(|origin| without_password(&origin));
    Ok(found)
}

/// The top of the work tree that a folder lies in, if it lies in one.
pub(crate) fn top_of(folder: &Path, opening: &Opening<'_>) -> Result<Option<PathBuf>, RevisionError> {
    Ok(Git::inside(folder, opening).line(&["rev-parse", "--show-toplevel"])?.map(PathBuf::from))
}

fn top(git: &Git<'_>) -> Result<PathBuf, RevisionError> {
    let text = git.output(&["rev-parse", "--show-toplevel"])?;
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    std::str::from_utf8(text)
        .map(PathBuf::from)
        .map_err(|_| RevisionError::NotUtf8 { name: String::from_utf8_lossy(text).into_owned() })
}

/// The commit that a revision names.
fn resolve(git: &Git<'_>, name: &str, shallow: bool) -> Result<String, RevisionError> {
    let verify = |text: &str| git.run(["rev-parse", "--verify", "--end-of-options", text]);
    let hash = |stdout: &[u8]| {
        let text = String::from_utf8_lossy(stdout).trim_end().to_owned();
        Reference::parse(&text).is_ok_and(|reference| reference.is_hash()).then_some(text)
    };
    let commit = verify(&format!("{name}^{{commit}}"))?;
    if commit.status.success()
        && let Some(hash) = hash(&commit.stdout)
    {
        return Ok(hash);
    }
    let path = git.folder.clone();
    if let Some(object) = hash(&verify(name)?.stdout)
        && let Some(kind) = git.line(&["cat-file", "-t", &object])?
        && kind != "commit"
    {
        return Err(RevisionError::NotACommit { revision: name.to_owned(), kind });
    }
    // A promise of an object that cannot be had says so itself.
    if commit.stderr.contains("promisor") {
        return Err(RevisionError::Git { command: "rev-parse".to_owned(), said: last_word(&commit.stderr) });
    }
    let format = "--format=%(refname:short)";
    let names = git.output(&["for-each-ref", format, "refs/heads", "refs/remotes", "refs/tags"])?;
    let names = String::from_utf8_lossy(&names).into_owned();
    if name == "HEAD" && names.is_empty() {
        return Err(RevisionError::Empty { path });
    }
    let near = near(name, names.lines());
    Err(RevisionError::UnknownRevision { path, revision: name.to_owned(), near, shallow })
}
