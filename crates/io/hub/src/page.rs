//! The text of a page: a README whose links lead somewhere from there, no longer than the Hub takes.

mod blocks;
mod links;

use blocks::Blocks;
use url::Url;

/// The longest page that the Hub takes, in bytes.
pub const LIMIT: usize = 25_000;

/// Where a README is read in full, and what its links are relative to.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The README itself, as people read it.
    pages: Url,
    /// The same place for what is shown inside a page.
    images: Url,
}

impl Origin {
    /// The origin of a file, as `README.md`, in the default branch of a repository, as `https://github.com/sagemath/sage-oci`;
    /// none where that is no address. GitHub's addresses are made; GitLab and Gitea take them, too.
    pub fn of(repository: &str, file: &str) -> Option<Self> {
        let base = repository.trim_end_matches('/').trim_end_matches(".git");
        let at = |kind: &str| {
            let url = Url::parse(&format!("{base}/{kind}/HEAD/{file}")).ok()?;
            (["http", "https"].contains(&url.scheme()) && url.has_host()).then_some(url)
        };
        Some(Self { pages: at("blob")?, images: at("raw")? })
    }

    /// The README itself.
    pub fn whole(&self) -> &str {
        self.pages.as_str()
    }

    /// The top of the repository for an address: what a leading slash means.
    fn top(url: &Url) -> Url {
        let mut top = url.clone();
        let kept: Vec<String> = url.path_segments().into_iter().flatten().map(str::to_owned).collect();
        let end = kept.iter().position(|part| part == "HEAD").map_or(0, |at| at + 1);
        if let Ok(mut path) = top.path_segments_mut() {
            path.clear().extend(&kept[..end]).push("");
        }
        top
    }

    /// An absolute address for one that is relative; none where it needs none.
    fn absolute(&self, address: &str, image: bool, anchors: bool) -> Option<String> {
        let base = if image { &self.images } else { &self.pages };
        let scheme = address.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        });
        if address.is_empty() || scheme || address.starts_with("//") || (address.starts_with('#') && !anchors) {
            return None;
        }
        let joined = match address.strip_prefix('/') {
            Some(path) => Self::top(base).join(path),
            None => base.join(address),
        };
        joined.ok().map(String::from)
    }
}

/// A page's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The text.
    pub text: String,
    /// Whether something is left out; the text ends with a link to the whole then.
    pub is_cut: bool,
}

/// Makes a page of a README, of at most `limit` bytes.
///
/// Relative links and images lead to the origin. A README that is too long ends before a heading or a paragraph, never inside a
/// block of code, a table, a list's item or an HTML element, and never just below a heading; it then says where the whole is, and
/// links to headings lead there, too.
pub fn page(readme: &str, origin: &Origin, limit: usize) -> Page {
    let text = links::absolute(readme, |address, image| origin.absolute(address, image, false));
    if text.len() <= limit {
        return Page { text, is_cut: false };
    }
    let text = links::absolute(readme, |address, image| origin.absolute(address, image, true));
    let blocks = Blocks::of(&text);
    let end = format!("*This page is cut here. [The whole text]({}) is longer.*\n", origin.whole());
    for cut in blocks.cuts().iter().rev().filter(|cut| text[..**cut].trim_end().len() <= limit) {
        let (kept, left_out) = text.split_at(*cut);
        let labels = links::definitions(left_out, kept);
        let parts = [kept.trim_end(), labels.trim_end(), end.as_str()];
        let page = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
        if page.len() <= limit {
            return Page { text: page, is_cut: true };
        }
    }
    Page { text: end, is_cut: true }
}

#[cfg(test)]
mod tests;
