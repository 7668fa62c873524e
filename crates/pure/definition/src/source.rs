use sage_oci_names::Sha256;
use serde::Deserialize;

/// A source tree that the image has as a git work tree with one commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name; part of its layer's name.
    pub name: String,
    /// Its version; the commit's tag.
    pub version: String,
    /// Where the `.tar.gz` is, tried in order; all end in the same file name.
    pub urls: Vec<String>,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The archive's size in bytes.
    pub size: u64,
    /// Where the tree lies, absolute; it belongs to the image's user.
    pub path: String,
    /// Author and committer, as `Name <address>`.
    pub author: String,
    /// Patches below `nix/images/files`, in the order in which they are applied.
    #[serde(default)]
    pub patches: Vec<String>,
}

impl Source {
    /// The archive's file name.
    pub fn file_name(&self) -> &str {
        self.urls.first().and_then(|url| split(url)).map_or("", |(_, name)| name)
    }

    /// What stands before the file name in each URL.
    pub fn roots(&self) -> Vec<String> {
        self.urls.iter().filter_map(|url| split(url)).map(|(root, _)| root.to_owned()).collect()
    }

    /// What is wrong with the entry.
    pub(crate) fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_word = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain);
        for (key, text) in [("name", &self.name), ("version", &self.version)] {
            if !is_word(text) || (key == "name" && text.chars().any(|c| c.is_ascii_uppercase())) {
                return Err(format!("`{key} = \"{text}\"` must be one word"));
            }
        }
        let is_url = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        let same = |url: &String| split(url).is_some_and(|(_, name)| name == self.file_name() && is_word(name));
        if self.urls.is_empty() || !self.urls.iter().all(|url| is_url(url) && same(url)) {
            return Err("`urls` must be web addresses that all end in one file name".to_owned());
        }
        if !self.path.starts_with('/') || self.path.ends_with('/') || self.path.split('/').any(|part| part == "..") {
            return Err(format!("`path = \"{}\"` must be absolute, without `..` and a slash at the end", self.path));
        }
        match self.patches.iter().find(|patch| patch.contains('/')) {
            Some(patch) => Err(format!("`{patch}` must be a file name below nix/images/files")),
            None => Ok(()),
        }
    }
}

fn split(url: &str) -> Option<(&str, &str)> {
    url.rsplit_once('/')
}
