use crate::Project;
use std::path::Path;

/// A version of a file in the project's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The commit's short digest.
    pub commit: String,
    /// The day of the commit, as `2026-11-22`.
    pub date: String,
}

/// A commit and when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The whole digest.
    pub digest: String,
    /// The committer's date in seconds since 1970: of two commits of a branch the later one has the later date, as a rule.
    pub seconds: i64,
}

impl Project {
    /// The commit that is checked out; none where the project is no git checkout, or git is not installed.
    pub fn commit(&self) -> Option<Commit> {
        let arguments = ["-C", self.root().to_str()?, "log", "-1", "--format=%H %ct"];
        let text = sage_oci_child::expression("git", arguments).stdin_null().stderr_null().read().ok()?;
        let (digest, seconds) = text.trim().split_once(' ')?;
        Some(Commit { digest: digest.to_owned(), seconds: seconds.parse().ok()? })
    }

    /// The oldest commit since when a file has held what `holds` looks for, without a break up to now.
    ///
    /// None where the project is not a git checkout, git is not installed, the file has not been committed, or its newest
    /// committed text does not hold it.
    pub fn since(&self, file: &Path, holds: impl Fn(&str) -> bool) -> Option<Revision> {
        let file = file.strip_prefix(self.root()).ok()?.to_str()?;
        let git = |arguments: &[&str]| String::from_utf8(self.git(arguments)?).ok();
        let log = git(&["log", "--format=%h %cs", "--", file])?;
        let mut since = None;
        for line in log.lines() {
            let (commit, date) = line.split_once(' ')?;
            // `./`: the path is that of the project's folder, which need not be the repository's.
            match git(&["show", &format!("{commit}:./{file}")]) {
                Some(text) if holds(&text) => {
                    since = Some(Revision { commit: commit.to_owned(), date: date.to_owned() });
                }
                _ => break,
            }
        }
        since
    }

    /// The newest commit in whose revision a file has the bytes that `is` looks for, and these bytes.
    ///
    /// None where there is none, the project is not a git checkout, or git is not installed.
    pub fn committed(&self, file: &Path, is: impl Fn(&[u8]) -> bool) -> Option<(Revision, Vec<u8>)> {
        let file = file.strip_prefix(self.root()).ok()?.to_str()?;
        let log = self.git(&["log", "--format=%h %cs", "--", file])?;
        for line in String::from_utf8(log).ok()?.lines() {
            let (commit, date) = line.split_once(' ')?;
            if let Some(bytes) = self.git(&["show", &format!("{commit}:./{file}")]).filter(|bytes| is(bytes)) {
                return Some((Revision { commit: commit.to_owned(), date: date.to_owned() }, bytes));
            }
        }
        None
    }

    /// What git writes, byte for byte.
    fn git(&self, arguments: &[&str]) -> Option<Vec<u8>> {
        let all = ["-C", self.root().to_str()?].into_iter().chain(arguments.iter().copied());
        let done = sage_oci_child::expression("git", all).stdin_null().stderr_null().stdout_capture().run().ok()?;
        Some(done.stdout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_unbroken_commit() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        sage_oci_files::create_dir_all(root.join("nix/images")).unwrap();
        let file = root.join("nix/x");
        let git = |arguments: &[&str]| {
            let identity = ["-C", root.to_str().unwrap(), "-c", "user.name=t", "-c", "user.email=t@localhost"];
            duct::cmd("git", identity.iter().chain(arguments)).stdout_null().run().expect("this test needs git");
        };
        git(&["init", "-q"]);
        let project = Project::discover(root).unwrap();
        assert_eq!(project.since(&file, |_| true), None);
        for (text, day) in [("a", "01"), ("b\n", "02"), ("a", "03"), ("a ", "04")] {
            sage_oci_files::write_atomic(&file, text.as_bytes()).unwrap();
            git(&["add", "-A"]);
            let date = format!("2026-01-{day}T12:00:00Z");
            let arguments = [
                "-C",
                root.to_str().unwrap(),
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@localhost",
                "commit",
                "-qm",
                "x",
            ];
            duct::cmd("git", arguments).env("GIT_COMMITTER_DATE", date).run().unwrap();
        }
        assert_eq!(project.since(&file, |text| text.starts_with('a')).unwrap().date, "2026-01-03");
        assert_eq!(project.since(&file, |text| text == "b\n"), None);
        let (revision, bytes) = project.committed(&file, |bytes| bytes.starts_with(b"b")).unwrap();
        assert_eq!((revision.date.as_str(), bytes.as_slice()), ("2026-01-02", &b"b\n"[..]), "byte for byte");
        assert_eq!(project.committed(&file, |bytes| bytes == b"b"), None);
    }
}
