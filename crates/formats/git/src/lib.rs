//! A git repository of one commit, and strict patches, without git.
//!
//! [`Repository`] writes the files of a `.git` folder for a tree of files: one pack with its index, the staging index,
//! references and configuration. The commit is made here ([`Commit`]) or one that stands elsewhere, too ([`Checkout`]);
//! [`write_files`] carries the files of such a one to where they are laid out. Its bytes depend on the tree and the commit's fields alone. The formats are those of git's
//! own documentation (gitformat-pack(5), gitformat-index(5)); `tests/real_git.rs` holds them to git itself.
//!
//! [`apply`] applies a unified diff as `patch` would with no fuzz: every line must stand where the diff says.
//!
//! The gix crates could write these formats too, but bring a hundred more crates for what is three hundred lines here.

mod archive;
mod checkout;
mod commit;
mod error;
mod file;
mod index;
mod made;
mod object;
mod pack;
mod patch;
mod repository;
mod tree;

pub use archive::write_files;
pub use checkout::{BUILT, Checkout, Origin};
pub use commit::{Commit, CommitObject};
pub use error::{GitError, PatchError};
pub use file::RepositoryFile;
pub use object::{NoObjectId, ObjectId, ObjectKind};
pub use patch::{FilePatch, apply, parse_patch};
pub use repository::Repository;
pub use tree::{File, FileMode, Files};
