use crate::commit::without_tag;
use crate::fetching::fetch;
use crate::git::Git;
use crate::{Opening, Revision, RevisionError, commit, whole};
use sage_oci_files::{AtomicDir, FileLock};
use sage_oci_wanted::{Reference, without_password};
use std::io::ErrorKind;
use std::path::Path;

/// Where a fetch puts what it brings, before it is known to be a commit.
const INCOMING: &str = "refs/incoming/wanted";
/// What a fetch that was killed leaves; whoever holds the lock knows that nobody uses them.
const LEFT: [&str; 6] = [
    "shallow.lock",
    "packed-refs.lock",
    "config.lock",
    "HEAD.lock",
    "refs/incoming/wanted.lock",
    "objects/info/commit-graphs/commit-graph-chain.lock",
];

/// Opens a commit of a repository elsewhere.
///
/// All such repositories share one bare one of the cache, so that of a fork or a pull request only what differs is fetched. Commits are
/// kept under `refs/fetched`.
pub(crate) fn repository(url: &str, reference: &Reference, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    let shown = without_password(url);
    sage_oci_files::create_dir_all(&opening.cache)?;
    let folder = opening.cache.join("commits.git");
    let git = Git::bare(&folder, opening);
    let hash = {
        let lock = FileLock::acquire_unless(opening.cache.join("commits.lock"), |_| (), opening.stop);
        let _lock = lock.map_err(|error| match error.kind() {
            ErrorKind::Interrupted => RevisionError::Stopped,
            _ => error.into(),
        })?;
        prepare(&git, opening)?;
        match kept(&git, reference)? {
            Some(hash) => hash,
            None => match bring(&git, url, reference, opening) {
                // What is made again is not mended.
                Err(RevisionError::Fetch { said, .. }) if is_damage(&said) => {
                    sage_oci_files::remove_dir_all(&folder)?;
                    prepare(&git, opening)?;
                    bring(&git, url, reference, opening)?
                }
                other => other?,
            },
        }
    };
    let mut found = commit::read(&git, &hash, opening.project)?;
    whole::complete(&mut found, &format!("commit {hash} of {shown}"), opening.project)?;
    found.identity.describe = Some(without_tag(&found.identity.version, &hash));
    found.identity.branch = reference.branch();
    found.identity.origin = Some(shown);
    Ok(found)
}

/// Makes the repository where there is none, whole or not at all, and takes away what a killed fetch has left.
fn prepare(git: &Git<'_>, opening: &Opening<'_>) -> Result<(), RevisionError> {
    let folder = &git.folder;
    if sage_oci_files::exists(folder.join("config"))? && sage_oci_files::exists(folder.join("HEAD"))? {
        for left in LEFT {
            sage_oci_files::remove_file(folder.join(left))?;
        }
        return remove_half_packs(folder);
    }
    sage_oci_files::remove_dir_all(folder)?;
    let new = AtomicDir::beside(folder)?;
    let init = ["init", "--quiet", "--bare", "--template=", "--object-format=sha1"];
    Git::bare(new.path(), opening).output(&init)?;
    Ok(new.commit(folder)?)
}

fn remove_half_packs(folder: &Path) -> Result<(), RevisionError> {
    let packs = folder.join("objects/pack");
    if sage_oci_files::exists(&packs)? {
        for file in sage_oci_files::list(&packs)? {
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tmp_")) {
                sage_oci_files::remove_file(&file)?;
            }
        }
    }
    Ok(())
}

/// The commit of a whole hash that was fetched before.
fn kept(git: &Git<'_>, reference: &Reference) -> Result<Option<String>, RevisionError> {
    if !reference.is_hash() {
        return Ok(None);
    }
    let name = format!("refs/fetched/{reference}^{{commit}}");
    git.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name])
}

fn bring(git: &Git<'_>, url: &str, reference: &Reference, opening: &Opening<'_>) -> Result<String, RevisionError> {
    fetch(git, url, reference, INCOMING, opening.limits)?;
    let commit = git.line(&["rev-parse", "--verify", "--quiet", &format!("{INCOMING}^{{commit}}")])?;
    let kind = git.line(&["cat-file", "-t", INCOMING])?.unwrap_or_default();
    if let Some(hash) = &commit {
        git.output(&["update-ref", &format!("refs/fetched/{hash}"), hash])?;
    }
    git.output(&["update-ref", "-d", INCOMING])?;
    commit.ok_or_else(|| RevisionError::NotACommit { revision: reference.to_string(), kind })
}

/// Whether git's word is about our own repository, as a loss of power may leave it.
fn is_damage(said: &str) -> bool {
    ["bad object", "corrupt", "is empty", "unable to read", "invalid index-pack", "not a git repository", "bad config"]
        .iter()
        .any(|word| said.contains(word))
}
