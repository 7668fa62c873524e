use crate::{GitError, ObjectId, ObjectKind};

/// A commit that is made here, of a release that has none.
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

impl Commit {
    pub(crate) fn text(&self, tree: ObjectId) -> Result<Vec<u8>, GitError> {
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

/// A commit of another repository, byte for byte as `git cat-file commit` gives it, so that it keeps its name.
///
/// Nothing but the tree and the parents is looked at: signatures, encodings and whatever else stands in the headers is the
/// commit's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitObject {
    bytes: Vec<u8>,
    tree: ObjectId,
    parents: Vec<ObjectId>,
}

impl CommitObject {
    /// Takes a commit's content, without git's own header of kind and length.
    ///
    /// # Errors
    /// [`GitError::CommitObject`]: it does not begin as a commit does, or names objects by another hash than SHA-1.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, GitError> {
        let refused = |why: &str| GitError::CommitObject { why: why.to_owned() };
        let named = |line: &[u8], word: &str| -> Option<Result<ObjectId, GitError>> {
            let id = line.strip_prefix(word.as_bytes())?.strip_prefix(b" ")?;
            let id = String::from_utf8_lossy(id);
            Some(id.parse().map_err(|_| refused(&format!("`{word} {id}` is no name of 40 hexadecimal digits"))))
        };
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let tree = named(first, "tree").ok_or_else(|| refused("its first line names no tree"))??;
        // The parents stand between the tree and the author, and nothing else does.
        let parents = lines.map_while(|line| named(line, "parent")).collect::<Result<_, _>>()?;
        if !bytes.windows(8).any(|window| window == b"\nauthor ") {
            return Err(refused("it has no author"));
        }
        Ok(Self { bytes, tree, parents })
    }

    /// Its name.
    pub fn id(&self) -> ObjectId {
        ObjectId::of(ObjectKind::Commit, &self.bytes)
    }

    /// Its content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tree that it holds.
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    /// The commits that it stands on: none for a repository's first, several for a merge.
    pub fn parents(&self) -> &[ObjectId] {
        &self.parents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn what_a_commit_stands_on() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let text = format!(
            "tree {TREE}\nparent {one}\nparent {two}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\nencoding latin-1\ngpgsig -----BEGIN\n x\n \n -----END\n\n\
             parent {one}\nauthor \n"
        );
        let mut bytes = text.clone().into_bytes();
        bytes.push(0xe9);
        let commit = CommitObject::parse(bytes.clone()).unwrap();
        assert_eq!(commit.tree().to_string(), TREE);
        assert_eq!(commit.parents().iter().map(ObjectId::to_string).collect::<Vec<_>>(), [one, two]);
        assert_eq!((commit.bytes(), commit.id()), (&*bytes, ObjectId::of(ObjectKind::Commit, &bytes)));
        let first = CommitObject::parse(format!("tree {TREE}\nauthor A <a> 1 +0000\n\nparent x\n").into()).unwrap();
        assert!(first.parents().is_empty(), "a message is no header");
    }

    #[test]
    fn what_is_no_commit_is_refused() {
        for (text, why) in [
            (String::new(), "its first line names no tree"),
            (format!("author A <a> 1 +0000\ntree {TREE}\n"), "its first line names no tree"),
            (format!("commit 12\0tree {TREE}\nauthor A"), "its first line names no tree"),
            (format!("tree {TREE}\nparent 12\nauthor A"), "`parent 12` is no name of 40 hexadecimal digits"),
            (format!("tree {}\nauthor A", "1".repeat(64)), "is no name of 40 hexadecimal digits"),
            (format!("tree {TREE}\n"), "it has no author"),
        ] {
            let error = CommitObject::parse(text.clone().into()).unwrap_err().to_string();
            assert!(error.starts_with("this is no commit of git: ") && error.contains(why), "{text}: {error}");
        }
    }
}
