use crate::exchange::Ask;
use crate::manifests::ACCEPT;
use crate::registry::Registry;
use crate::{Document, RegistryError};
use sage_oci_http::header;
use sage_oci_names::BlobDigest;
use serde::Deserialize;
use std::collections::BTreeSet;
use ureq::http::Method;

/// How many tags a page is asked to have.
const PAGE: usize = 1000;
/// More pages of tags than any repository has that we would go through.
const PAGES: usize = 200;

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

/// How the writing of a tag ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tagged {
    /// The tag is where it should be.
    Moved,
    /// A rule of the registry keeps the tag where it is, for ever.
    Immutable,
}

impl Registry {
    /// All tags of the repository, sorted; none where there is no such repository yet.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached.
    pub fn tags(&self) -> Result<Vec<String>, RegistryError> {
        let what = "the list of tags";
        let mut place = self.place("tags/list");
        place.url.set_query(Some(&format!("n={PAGE}")));
        let mut asked = vec![place.clone()];
        let mut all = BTreeSet::new();
        loop {
            let Some(found) = self.fetch(&Ask::new(what, Method::GET, place.clone()))? else { break };
            let list: List =
                serde_json::from_slice(&found.bytes).map_err(|error| self.nonsense(what, error.to_string()))?;
            let tags = list.tags.unwrap_or_default();
            let (known, full, last) = (all.len(), tags.len() >= PAGE, tags.last().cloned());
            all.extend(tags);
            let next = match (found.header("link").and_then(next), last) {
                (Some(link), _) => self.resolve(&place, link)?,
                // Some cut the list and name no next page; others send all of it, whatever was asked for.
                (None, Some(last)) if full && all.len() > known => {
                    let mut next = self.place("tags/list");
                    next.url.query_pairs_mut().append_pair("n", &PAGE.to_string()).append_pair("last", &last);
                    next
                }
                (None, _) => break,
            };
            if asked.contains(&next) {
                return Err(self.nonsense(what, "its pages go round in a circle".to_owned()));
            }
            // Half a list would be taken for all of it.
            if asked.len() >= PAGES {
                return Err(self.nonsense(what, format!("it has more than {PAGES} pages")));
            }
            asked.push(next.clone());
            place = next;
        }
        Ok(all.into_iter().collect())
    }

    /// Where a tag leads, as the registry says it; none where it is not there.
    ///
    /// This is no pull, of which some registries give so many a day only; where it says no digest, the tag is read after all.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached.
    pub fn digest(&self, tag: &str) -> Result<Option<BlobDigest>, RegistryError> {
        let what = format!("a look for tag {tag}");
        let ask = Ask::new(&what, Method::HEAD, self.place(&format!("manifests/{tag}"))).header("Accept", ACCEPT);
        let answer = self.send(&ask)?;
        match answer.status().as_u16() {
            200 => match header(&answer, "docker-content-digest").and_then(|text| BlobDigest::parse(text).ok()) {
                Some(digest) => Ok(Some(digest)),
                None => Ok(self.document(tag)?.map(|document| document.digest)),
            },
            404 => Ok(None),
            405 => Ok(self.document(tag)?.map(|document| document.digest)),
            _ => Err(self.refusal(&what, answer)),
        }
    }

    /// Lets a tag lead to a manifest or index that is there.
    ///
    /// A tag that is there already, and a registry whose rules say that it must not move, is told apart from a refusal.
    ///
    /// # Errors
    /// The registry refuses.
    pub fn tag(&self, tag: &str, document: &Document) -> Result<Tagged, RegistryError> {
        match self.put_document(tag, &document.media_type, &document.bytes) {
            Ok(()) => Ok(Tagged::Moved),
            // Docker Hub's answer for an immutable tag, ECR's, Harbor's.
            Err(RegistryError::Refused { status: 400 | 403 | 409 | 412, said, .. }) if is_immutable(&said) => {
                Ok(Tagged::Immutable)
            }
            Err(error) => Err(error),
        }
    }
}

fn is_immutable(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    said.contains("immutable") || said.contains("already exists")
}

/// The next page of a list (RFC 8288): `</v2/a/tags/list?last=x&n=1000>; rel="next"`.
fn next(link: &str) -> Option<&str> {
    let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    let rel = rest.split(';').map(str::trim);
    rel.clone().any(|part| matches!(part, "rel=\"next\"" | "rel=next")).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_rules_are_recognised() {
        assert_eq!(next("</v2/a/tags/list?last=b&n=2>; rel=\"next\""), Some("/v2/a/tags/list?last=b&n=2"));
        assert_eq!(next("</x>; rel=\"prev\""), None);
        assert_eq!(next("x"), None);
        assert!(is_immutable("DENIED: tag 10.10-1 is immutable") && !is_immutable("DENIED: requested access"));
    }
}
