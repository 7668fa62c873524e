use crate::{CommitObject, GitError, RepositoryFile};

/// Where HEAD stands in a repository of a commit that has a history elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The commit.
    pub commit: CommitObject,
    /// The branch that is checked out; none for a detached HEAD.
    pub branch: Option<String>,
    /// The remote `origin`.
    pub origin: Option<Origin>,
}

/// The repository that a commit comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its address, as `git fetch` takes it.
    pub url: String,
    /// The reference there that was found to be the commit, as `refs/heads/develop` or `refs/pull/1/head`: what `git pull`
    /// asks for.
    pub reference: Option<String>,
}

/// References of branches, and what they are called here when they are a remote's.
const HEADS: &str = "refs/heads/";

/// The reference that stays at the commit wherever branches go: what was built beside the tree was built of this one.
pub const BUILT: &str = "refs/sage-oci/built";

impl Checkout {
    /// The files of `.git` that say where HEAD is and where the history.
    ///
    /// # Errors
    /// [`GitError::Reference`] or [`GitError::Url`]: a name that git does not take.
    pub(crate) fn files(&self) -> Result<Vec<RepositoryFile>, GitError> {
        let id = format!("{}\n", self.commit.id());
        let mut files = vec![RepositoryFile::new("config", self.config()?), RepositoryFile::new(BUILT, id.clone())];
        match &self.branch {
            Some(branch) => {
                let reference = format!("{HEADS}{branch}");
                check_reference(&reference)?;
                files.push(RepositoryFile::new("HEAD", format!("ref: {reference}\n")));
                files.push(RepositoryFile::new(&reference, id.clone()));
            }
            None => files.push(RepositoryFile::new("HEAD", id.clone())),
        }
        if let Some(branch) = self.reference().and_then(|reference| reference.strip_prefix(HEADS)) {
            files.push(RepositoryFile::new(&format!("refs/remotes/origin/{branch}"), id.clone()));
        }
        // Git does not look for the parents of what is listed here (gitformat-shallow: `shallow`), and tells servers so.
        if !self.commit.parents().is_empty() {
            files.push(RepositoryFile::new("shallow", id));
        }
        Ok(files)
    }

    fn reference(&self) -> Option<&str> {
        self.origin.as_ref()?.reference.as_deref()
    }

    /// As `git clone` writes it.
    fn config(&self) -> Result<String, GitError> {
        let mut text = CONFIG.to_owned();
        if let Some(origin) = &self.origin {
            if let Some(host) = password(&origin.url) {
                return Err(GitError::Password { host: host.to_owned() });
            }
            let url = quoted(&origin.url)?;
            text += &format!("[remote \"origin\"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
        }
        if let Some(reference) = self.reference() {
            check_reference(reference)?;
            if let Some(branch) = &self.branch {
                let (branch, reference) = (escaped(branch), quoted(reference)?);
                text += &format!("[branch \"{branch}\"]\n\tremote = origin\n\tmerge = {reference}\n");
            }
        }
        Ok(text)
    }
}

/// As `git init` writes it.
pub(crate) const CONFIG: &str =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n";

/// The host of an address that has a password.
fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (user, host) = rest.split('/').next()?.rsplit_once('@')?;
    user.contains(':').then_some(host)
}

/// A value of git's configuration, in quotes so that no space or comment sign counts.
fn quoted(text: &str) -> Result<String, GitError> {
    if text.is_empty() || text.starts_with('-') || text.contains(char::is_control) {
        return Err(GitError::Url { url: text.escape_default().to_string() });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:.@_-+~*%?=&".contains(c);
    Ok(if text.chars().all(plain) { text.to_owned() } else { format!("\"{}\"", escaped(text)) })
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The rules of git-check-ref-format(1) for a full name.
fn check_reference(name: &str) -> Result<(), GitError> {
    let component = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let fine = name.starts_with("refs/")
        && name.matches('/').count() >= 2
        && name.split('/').all(component)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(|c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c))
        && !name.ends_with('.')
        // A branch that looks like an option, or is called as the place itself is.
        && !name.strip_prefix(HEADS).is_some_and(|branch| branch.starts_with('-') || branch == "HEAD");
    if fine { Ok(()) } else { Err(GitError::Reference { name: name.escape_default().to_string() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        assert_eq!(password("https://me:secret@example.org/a"), Some("example.org"));
        assert_eq!(password("https://me:se@cret@example.org:8080"), Some("example.org:8080"));
        for none in [
            "https://example.org/a:b@c",
            "ssh://git@example.org/a",
            "git@example.org:a",
            "/srv/a",
            "https://example.org:80/",
        ] {
            assert_eq!(password(none), None, "{none}");
        }
    }

    #[test]
    fn values_of_the_configuration() {
        assert_eq!(quoted("https://example.org/a?b=c").unwrap(), "https://example.org/a?b=c");
        assert_eq!(quoted("/my folder/#1;\\\"").unwrap(), "\"/my folder/#1;\\\\\\\"\"");
        for bad in ["", "a\nb", "-u", "a\tb", "a\0"] {
            quoted(bad).unwrap_err();
        }
    }

    #[test]
    fn names_of_references() {
        for good in
            ["refs/heads/develop", "refs/pull/1/head", "refs/heads/u/me/x.y", "refs/heads/\"é#;", "refs/tags/11.0"]
        {
            check_reference(good).unwrap();
        }
        for bad in [
            "",
            "develop",
            "refs/x",
            "refs/heads/",
            "refs/heads//a",
            "refs/heads/a..b",
            "refs/heads/.a",
            "refs/heads/a/.b",
        ] {
            check_reference(bad).unwrap_err();
        }
        for bad in
            ["a.lock", "a b", "a~1", "a^", "a:b", "a\n", "a\\b", "a*", "a[", "a?", "a.", "a@{1", "-a", "HEAD", "a/"]
        {
            check_reference(&format!("refs/heads/{bad}")).unwrap_err();
        }
    }
}
