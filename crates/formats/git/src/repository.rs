use crate::index::index;
use crate::pack::PackWriter;
use crate::tree::trees;
use crate::{Files, GitError, ObjectId, ObjectKind};
use data_encoding::HEXLOWER;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The branch that the commit is on.
const BRANCH: &str = "main";

/// The one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Author and committer, as `Name <address>`.
    pub person: String,
    /// Its date in seconds since 1970, UTC.
    pub date: u64,
    /// The message.
    pub message: String,
    /// A tag that names it.
    pub tag: Option<String>,
}

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

/// A file below `.git`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Its path below `.git`.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

impl Repository {
    /// Writes the pack of `files` to `pack`, and gives the rest. `read` gives the content of a file by its path.
    ///
    /// # Errors
    /// [`GitError`]: a path or a text that git does not take, or `read` or `pack` failed.
    pub fn write(
        files: &Files,
        commit: &Commit,
        pack: impl Write,
        mut read: impl FnMut(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Self, GitError> {
        let trees = trees(files)?;
        let root = trees.last().map(|(id, _)| *id).ok_or(GitError::TooLarge)?;
        let text = commit.text(root)?;
        let head = ObjectId::of(ObjectKind::Commit, &text);
        let different: BTreeSet<ObjectId> =
            trees.iter().map(|(id, _)| *id).chain(files.values().map(|file| file.id)).chain([head]).collect();
        let mut writer = PackWriter::new(pack, different.len())?;
        let mut written = BTreeSet::new();
        writer.add(ObjectKind::Commit, head, &text)?;
        // The root first, as git would need them.
        for (id, content) in trees.iter().rev() {
            if written.insert(*id) {
                writer.add(ObjectKind::Tree, *id, content)?;
            }
        }
        for (path, file) in files {
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
        let mut all = vec![
            file("HEAD", format!("ref: refs/heads/{BRANCH}\n")),
            file("config", CONFIG),
            file("description", "Unnamed repository; edit this file 'description' to name the repository.\n"),
            file("index", index(files, commit.date)?),
            file(&format!("{stem}.idx"), pack_index),
            file(&format!("refs/heads/{BRANCH}"), format!("{head}\n")),
        ];
        all.extend(commit.tag.iter().map(|tag| file(&format!("refs/tags/{tag}"), format!("{head}\n"))));
        all.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { head, files: all, pack: format!("{stem}.pack") })
    }
}

/// As `git init` writes it.
const CONFIG: &str =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n";

fn file(path: &str, content: impl Into<Vec<u8>>) -> RepositoryFile {
    RepositoryFile { path: path.to_owned(), content: content.into() }
}

impl Commit {
    fn text(&self, tree: ObjectId) -> Result<Vec<u8>, GitError> {
        let refused = |text: &str, why| Err(GitError::Commit { text: text.to_owned(), why });
        let person = self.person.as_str();
        let is_person = person.ends_with('>') && person.matches(['<', '>']).count() == 2 && person.contains(" <");
        if !is_person || person.contains(['\n', '\0']) {
            return refused(person, "a person is written as `Name <address>`");
        }
        if self.message.contains('\0') {
            return refused(&self.message, "it has a NUL");
        }
        if let Some(tag) = self.tag.as_deref().filter(|tag| !is_tag(tag)) {
            return refused(tag, "a tag has letters, digits, `.`, `-` and `_` only, and no dot at an end");
        }
        let (date, message) = (self.date, self.message.trim_end());
        Ok(format!("tree {tree}\nauthor {person} {date} +0000\ncommitter {person} {date} +0000\n\n{message}\n").into())
    }
}

/// Stricter than git-check-ref-format(1).
fn is_tag(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty()
        && text.chars().all(plain)
        && !text.starts_with(['.', '-'])
        && !text.ends_with('.')
        && !text.ends_with(".lock")
        && !text.contains("..")
}
