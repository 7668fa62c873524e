use crate::checkout::CONFIG;
use crate::index::index;
use crate::pack::PackWriter;
use crate::tree::trees;
use crate::{Checkout, Commit, FileMode, Files, GitError, ObjectId, ObjectKind, RepositoryFile};
use data_encoding::HEXLOWER;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The branch that a commit made here is on.
const BRANCH: &str = "main";

/// A repository of one commit that holds a tree, which is checked out beside it.
#[derive(Debug)]
pub struct Repository {
    /// The commit's name.
    pub head: ObjectId,
    /// The small files below `.git`, folders being those that the paths name.
    pub files: Vec<RepositoryFile>,
    /// Where the pack goes, below `.git`.
    pub pack: String,
}

impl Repository {
    /// Writes the pack of `files` to `pack`, and gives the rest: a repository of a commit that is made here, on `main`. `read`
    /// gives the content of a file by its path.
    ///
    /// # Errors
    /// [`GitError`]: a path or a text that git does not take, or `read` or `pack` failed.
    pub fn write(
        files: &Files,
        commit: &Commit,
        pack: impl Write,
        read: impl FnMut(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Self, GitError> {
        let trees = trees(files)?;
        let root = trees.last().map(|(id, _)| *id).ok_or(GitError::TooLarge)?;
        let text = commit.text(root)?;
        let head = ObjectId::of(ObjectKind::Commit, &text);
        let mut own = vec![
            RepositoryFile::new("HEAD", format!("ref: refs/heads/{BRANCH}\n")),
            RepositoryFile::new("config", CONFIG),
            RepositoryFile::new(&format!("refs/heads/{BRANCH}"), format!("{head}\n")),
        ];
        own.extend(commit.tag.iter().map(|tag| RepositoryFile::new(&format!("refs/tags/{tag}"), format!("{head}\n"))));
        Self::assemble(files, &trees, &text, commit.date, own, pack, read)
    }

    /// The same for a commit that stands elsewhere, too, and keeps its name; the history behind it is left out (git's
    /// "shallow"). All files have the time `epoch`, in seconds since 1970.
    ///
    /// # Errors
    /// [`GitError::OtherTree`]: the files are not all of the commit's, or others than its; and what [`Repository::write`] says.
    pub fn check_out(
        files: &Files,
        checkout: &Checkout,
        epoch: u64,
        pack: impl Write,
        read: impl FnMut(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Self, GitError> {
        let trees = trees(files)?;
        let root = trees.last().map(|(id, _)| *id).ok_or(GitError::TooLarge)?;
        let commit = &checkout.commit;
        if root != commit.tree() {
            return Err(GitError::OtherTree { commit: commit.id(), expected: commit.tree(), found: root });
        }
        Self::assemble(files, &trees, commit.bytes(), epoch, checkout.files()?, pack, read)
    }

    fn assemble(
        files: &Files,
        trees: &[(ObjectId, Vec<u8>)],
        commit: &[u8],
        epoch: u64,
        mut own: Vec<RepositoryFile>,
        pack: impl Write,
        mut read: impl FnMut(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Self, GitError> {
        let head = ObjectId::of(ObjectKind::Commit, commit);
        // What a submodule names is an object of another repository.
        let contents = || files.iter().filter(|(_, file)| file.mode != FileMode::Submodule);
        let different: BTreeSet<ObjectId> =
            trees.iter().map(|(id, _)| *id).chain(contents().map(|(_, file)| file.id)).chain([head]).collect();
        let mut writer = PackWriter::new(pack, different.len())?;
        let mut written = BTreeSet::new();
        writer.add(ObjectKind::Commit, head, commit)?;
        // The root first, as git would need them.
        for (id, content) in trees.iter().rev() {
            if written.insert(*id) {
                writer.add(ObjectKind::Tree, *id, content)?;
            }
        }
        for (path, file) in contents() {
            if written.insert(file.id) {
                let failed = |source| GitError::Read { path: path.clone(), source };
                let content = read(path).map_err(failed)?;
                if ObjectId::of(ObjectKind::Blob, &content) != file.id {
                    return Err(failed(io::Error::other("it changed in the meantime")));
                }
                writer.add(ObjectKind::Blob, file.id, &content)?;
            }
        }
        let (checksum, pack_index) = writer.finish()?;
        let stem = format!("objects/pack/pack-{}", HEXLOWER.encode(&checksum));
        own.push(RepositoryFile::new(
            "description",
            "Unnamed repository; edit this file 'description' to name the repository.\n",
        ));
        own.push(RepositoryFile::new("index", index(files, epoch)?));
        own.push(RepositoryFile::new(&format!("{stem}.idx"), pack_index));
        own.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { head, files: own, pack: format!("{stem}.pack") })
    }
}
