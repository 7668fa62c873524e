use crate::batch::Batch;
use crate::contents::Contents;
use crate::git::Git;
use crate::listing::listing;
use crate::{Project, Revision, RevisionError};
use sage_oci_wanted::Identity;
use std::collections::BTreeMap;

/// Reads a commit's files and its object. Whether it is the project's, is not looked at yet.
///
/// # Errors
/// A submodule is below the source folder, a name is not UTF-8, or git fails.
pub(crate) fn read(git: &Git<'_>, hash: &str, project: &Project) -> Result<Revision, RevisionError> {
    let listing = listing(&git.output(&["ls-tree", "-r", "-z", "--full-tree", hash])?)?;
    let source = format!("{}/", project.source);
    if let Some(path) = listing.submodules.iter().find(|path| path.starts_with(&source)) {
        return Err(RevisionError::Submodule { path: path.clone() });
    }
    let mut batch = Batch::start(git)?;
    let raw_commit = batch.commit(hash)?;
    let identity = Identity {
        commit: Some(hash.to_owned()),
        time: raw_commit.as_deref().and_then(time),
        raw_commit,
        ..Identity::default()
    };
    Ok(Revision {
        tree: listing.tree,
        identity,
        left_out: listing.submodules,
        changed: BTreeMap::new(),
        contents: Contents::Git(batch),
    })
}

/// What a commit is called where no tag is near: its version and ten digits of its hash.
pub(crate) fn without_tag(version: &str, hash: &str) -> String {
    format!("{version}-g{}", hash.chars().take(10).collect::<String>())
}

/// The committer's time of a commit object, in seconds since 1970.
fn time(commit: &[u8]) -> Option<i64> {
    let line = commit.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"committer "))?;
    // `NAME <ADDRESS> SECONDS ZONE`, and a name need not be UTF-8.
    let text = String::from_utf8_lossy(line);
    text.rsplit(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_commit() {
        let text = b"tree 00\nauthor A <a> 1 +0000\ncommitter B\xff C <b c> 1764000000 -0130\n\ncommitter x 3 4\n";
        assert_eq!(time(text), Some(1_764_000_000));
        assert_eq!(time(b"tree 00\n\nx"), None);
    }
}
