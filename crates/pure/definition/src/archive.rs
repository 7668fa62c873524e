use sage_oci_names::{LayerName, Sha256};

/// What every archive has that a definition pins beside the packages: a source tree's, or a Python wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Archive<'a> {
    /// Its name, which no other archive of the image has.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Where it is, tried in order; all end in the same file name.
    pub urls: &'a [String],
    /// Its digest.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
}

/// Of addresses, what counts for an image: the one file name that they end in.
pub(crate) fn name_of<S: serde::Serializer>(urls: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(urls))
}

fn name(urls: &[String]) -> &str {
    urls.first().and_then(|url| split(url)).map_or("", |(_, name)| name)
}

impl<'a> Archive<'a> {
    /// The file name.
    pub fn file_name(&self) -> &'a str {
        name(self.urls)
    }

    /// What stands before the file name in each URL.
    pub fn roots(&self) -> Vec<String> {
        self.urls.iter().filter_map(|url| split(url)).map(|(root, _)| root.to_owned()).collect()
    }

    /// What is wrong with the name, the version or the addresses; `kind` stands before the name in that of its layer.
    pub(crate) fn check(&self, kind: &str) -> Result<(), String> {
        for (key, text) in [("name", self.name), ("version", self.version)] {
            if !is_word(text) || (key == "name" && text.chars().any(|c| c.is_ascii_uppercase())) {
                return Err(format!("`{key} = \"{text}\"` must be one word"));
            }
        }
        if let Err(error) = LayerName::parse(&format!("{kind}-{}", self.name)) {
            return Err(format!("`name = \"{}\"`: {error}", self.name));
        }
        let is_url = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        let same = |url: &String| split(url).is_some_and(|(_, name)| name == self.file_name() && is_word(name));
        if self.urls.is_empty() || !self.urls.iter().all(|url| is_url(url) && same(url)) {
            return Err("`urls` must be web addresses that all end in one file name".to_owned());
        }
        Ok(())
    }
}

fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain)
}

fn split(url: &str) -> Option<(&str, &str)> {
    url.rsplit_once('/')
}
