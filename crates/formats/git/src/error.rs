use crate::ObjectId;
use std::io;

/// Why no repository was written.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum GitError {
    /// The writer refused.
    #[error("the pack cannot be written")]
    Write(#[source] io::Error),
    /// A file's content could not be read, or is not what it was.
    #[error("`{path}` cannot be read for the pack")]
    Read {
        /// The file.
        path: String,
        /// What the reader said.
        source: io::Error,
    },
    /// A path that git refuses, or that is a file and a folder at once.
    #[error("git cannot hold the path `{path}`: {why}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A person's name or a message that would end a header early.
    #[error("`{text}` cannot stand in a commit: {why}")]
    Commit {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Bytes that should be a commit and are none.
    #[error("this is no commit of git: {why}")]
    CommitObject {
        /// What is wrong with it.
        why: String,
    },
    /// The files are not those of the commit: something was lost or changed on the way.
    #[error("the files make the tree {found}, but commit {commit} holds the tree {expected}")]
    #[hint(
        "look at `git fsck` in the repository that the commit comes from; a tree written by another program than git may have modes or empty folders that cannot be kept"
    )]
    OtherTree {
        /// The commit.
        commit: ObjectId,
        /// The tree that it names.
        expected: ObjectId,
        /// The tree of the files.
        found: ObjectId,
    },
    /// A branch's or reference's name that git refuses.
    #[error("git takes no reference with the name `{name}`")]
    #[hint("see `git help check-ref-format`")]
    Reference {
        /// The name.
        name: String,
    },
    /// An address that cannot stand in git's configuration.
    #[error("git takes no repository at the address `{url}`")]
    Url {
        /// The address.
        url: String,
    },
    /// An address with a password, which everybody could read in what is written.
    #[error("the address of the repository at {host} has a password in it")]
    #[hint("take it out of the address; git asks for it, or finds it with a credential helper")]
    Password {
        /// The host.
        host: String,
    },
    /// More than the formats' 32-bit numbers can count.
    #[error("the tree is too large for one pack of 2 GiB")]
    TooLarge,
}

/// Why a patch does not apply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum PatchError {
    /// Not a unified diff.
    #[error("line {line} of the patch: {why}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// A file that the patch changes is not there, or one that it makes is there.
    #[error("the patch wants `{path}` to {}", if *present { "be there" } else { "be new" })]
    Presence {
        /// The file.
        path: String,
        /// Whether the patch wants it to be there.
        present: bool,
    },
    /// A line is another one than the patch says.
    #[error("`{path}`, line {line}: the patch expects `{expected}`, the file has `{found}`")]
    Mismatch {
        /// The file.
        path: String,
        /// The line of the file, from 1.
        line: usize,
        /// What should stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
}
