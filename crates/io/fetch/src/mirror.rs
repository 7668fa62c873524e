use crate::FetchError;
use data_encoding::BASE64;
use sage_oci_http::percent_decoded;
use std::sync::atomic::{AtomicU32, Ordering};
use url::Url;

/// After so many files in a row that failed there, a mirror is asked only when the others have failed.
const PATIENCE: u32 = 3;

/// A place to fetch from: a URL taken apart so that its password goes into a header and nowhere else.
#[derive(Debug)]
pub(crate) struct Mirror {
    url: Url,
    /// The `Authorization` header, if the URL had a user.
    pub(crate) authorization: Option<String>,
    failures: AtomicU32,
}

impl Mirror {
    pub(crate) fn parse(text: &str) -> Result<Self, FetchError> {
        // A text that does not parse is not repeated whole: who knows where its password sits.
        let shown = text.rsplit('@').next().unwrap_or_default();
        let bad = |why: String| FetchError::BadUrl { url: shown.to_owned(), why };
        let mut url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad(format!("`{}` is neither http nor https", url.scheme())));
        }
        let mut authorization = None;
        if !url.username().is_empty() || url.password().is_some() {
            let pair =
                format!("{}:{}", percent_decoded(url.username()), percent_decoded(url.password().unwrap_or_default()));
            authorization = Some(format!("Basic {}", BASE64.encode(pair.as_bytes())));
            // Neither call can fail for a URL with a host, which http and https always have.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        url.set_fragment(None);
        Ok(Self { url, authorization, failures: AtomicU32::new(0) })
    }

    /// The URL itself, for a single download.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The URL of a file below the mirror. Characters that a URL cannot hold are escaped.
    pub(crate) fn join(&self, path: &str) -> String {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/').filter(|part| !part.is_empty()));
        }
        url.into()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// How people know it: the URL without user, password and final slash.
    pub(crate) fn name(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    pub(crate) fn succeeded(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}

/// The order in which to ask: as given, but those that keep failing last.
pub(crate) fn in_order(mirrors: &[Mirror]) -> Vec<&Mirror> {
    let mut order: Vec<_> = mirrors.iter().collect();
    order.sort_by_key(|mirror| mirror.failures.load(Ordering::Relaxed) >= PATIENCE);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_below_the_mirror() {
        for base in ["http://h/debian", "http://h/debian/"] {
            let mirror = Mirror::parse(base).unwrap();
            assert_eq!(mirror.join("pool/g/g++_1%3a2~x+b1.deb"), "http://h/debian/pool/g/g++_1%253a2~x+b1.deb");
            assert_eq!(mirror.name(), "http://h/debian");
        }
        assert_eq!(Mirror::parse("https://h").unwrap().join("/a b"), "https://h/a%20b");
    }

    #[test]
    fn passwords_go_into_the_header_alone() {
        let mirror = Mirror::parse("http://us%65r:p%40s+s@h/debian").unwrap();
        assert_eq!(mirror.authorization.as_deref(), Some("Basic dXNlcjpwQHMrcw=="));
        assert_eq!(mirror.join("a"), "http://h/debian/a");
        for bad in ["ftp://user:secret@h/", "http://user:secret@", "user:secret@h"] {
            let text = Mirror::parse(bad).unwrap_err().to_string();
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn mirrors_that_keep_failing_are_asked_last() {
        let mirrors = [Mirror::parse("http://a").unwrap(), Mirror::parse("http://b").unwrap()];
        let names = || in_order(&mirrors).iter().map(|mirror| mirror.name()).collect::<Vec<_>>();
        (0..PATIENCE).for_each(|_| mirrors[0].failed());
        assert_eq!(names(), ["http://b", "http://a"]);
        mirrors[0].succeeded();
        assert_eq!(names(), ["http://a", "http://b"]);
    }
}
