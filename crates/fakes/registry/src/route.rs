use crate::head::Head;

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/v2/`
    Base,
    /// `/token`
    Token,
    /// A repository and a digest.
    Blob(String, String),
    /// `…/blobs/uploads/`
    Uploads(String),
    /// A repository and the name of an upload.
    Upload(String, String),
    /// A repository and a tag or digest.
    Manifest(String, String),
    Tags(String),
    /// A repository and a digest.
    Referrers(String, String),
    Unknown,
}

impl Route {
    pub fn of(head: &Head) -> Self {
        if head.path == "/token" {
            return Route::Token;
        }
        let Some(rest) = head.path.strip_prefix("/v2/") else {
            return if head.path == "/v2" { Route::Base } else { Route::Unknown };
        };
        let two = |middle: &str| {
            let (name, last) = rest.rsplit_once(middle)?;
            (!name.is_empty() && !last.contains('/')).then(|| (name.to_owned(), last.to_owned()))
        };
        if rest.is_empty() {
            Route::Base
        } else if let Some((name, last)) = two("/blobs/uploads/") {
            if last.is_empty() { Route::Uploads(name) } else { Route::Upload(name, last) }
        } else if let Some(name) = rest.strip_suffix("/blobs/uploads") {
            Route::Uploads(name.to_owned())
        } else if let Some(name) = rest.strip_suffix("/tags/list") {
            Route::Tags(name.to_owned())
        } else if let Some((name, digest)) = two("/blobs/") {
            Route::Blob(name, digest)
        } else if let Some((name, reference)) = two("/manifests/") {
            Route::Manifest(name, reference)
        } else if let Some((name, digest)) = two("/referrers/") {
            Route::Referrers(name, digest)
        } else {
            Route::Unknown
        }
    }

    pub fn repository(&self) -> Option<&str> {
        match self {
            Route::Blob(name, _)
            | Route::Uploads(name)
            | Route::Upload(name, _)
            | Route::Manifest(name, _)
            | Route::Tags(name)
            | Route::Referrers(name, _) => Some(name),
            Route::Base | Route::Token | Route::Unknown => None,
        }
    }
}

/// The grammar of a repository's name ("Pulling manifests" in the spec).
pub(crate) fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = part.as_bytes();
        let ends = bytes.first().is_some_and(|byte| plain(*byte)) && bytes.last().is_some_and(|byte| plain(*byte));
        let separators = part.split(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
        let separator = |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
        ends && separators.into_iter().all(separator)
    };
    name.split('/').all(part)
}

/// The grammar of a tag.
pub(crate) fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = tag.as_bytes();
    bytes.first().is_some_and(|byte| word(*byte))
        && bytes.len() <= 128
        && bytes.iter().all(|byte| word(*byte) || matches!(byte, b'.' | b'-'))
}

/// A SHA-256 digest, the only kind that is known here.
pub(crate) fn is_digest(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha256:").is_some_and(|rest| rest.len() == 64 && rest.bytes().all(hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_from_the_end() {
        let route = |path: &str| {
            let head = Head { method: String::new(), path: path.to_owned(), query: String::new(), headers: Vec::new() };
            Route::of(&head)
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(route("/v2/"), Route::Base);
        assert_eq!(route("/v2/a/b/blobs/uploads/"), Route::Uploads(text("a/b")));
        assert_eq!(route("/v2/a/b/blobs/uploads/x1"), Route::Upload(text("a/b"), text("x1")));
        assert_eq!(route("/v2/blobs/manifests/blobs/sha256:0"), Route::Blob(text("blobs/manifests"), text("sha256:0")));
        assert_eq!(route("/v2/a/manifests/latest"), Route::Manifest(text("a"), text("latest")));
        assert_eq!(route("/v2/a/tags/list"), Route::Tags(text("a")));
        assert_eq!(route("/v2/a/referrers/sha256:0"), Route::Referrers(text("a"), text("sha256:0")));
        assert_eq!(route("/v2/a/what/b"), Route::Unknown);
    }

    #[test]
    fn grammars() {
        for good in ["a", "a/b-c", "a__b/c.d", "a--b", "0/1"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "A", "a/", "a..b", "-a", "a-", "a___b", "a._b"] {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(is_tag("10.0") && is_tag("_x-Y") && !is_tag(".x") && !is_tag("a/b") && !is_tag(&"a".repeat(129)));
    }
}
