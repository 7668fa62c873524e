use crate::manner::Ranges;
use crate::registry::{Registry, unknown_method};
use crate::reply::{Content, Reply};
use crate::route::is_digest;
use crate::server::Exchange;

impl Registry {
    /// Requests to a blob.
    pub fn blob(&self, x: &Exchange<'_>, name: &str, digest: &str) -> Reply {
        if !is_digest(digest) {
            return Reply::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        let unknown = || Reply::error(404, "BLOB_UNKNOWN", "blob unknown to registry");
        let mut inner = self.lock();
        let blobs = inner.repositories.get_mut(name).map(|repository| &mut repository.blobs);
        let Some(blobs) = blobs.filter(|blobs| blobs.contains_key(digest)) else { return unknown() };
        if x.head.is("DELETE") {
            blobs.remove(digest);
            self.save(&inner);
            return Reply::new(202);
        }
        let Some(link) = blobs.get_mut(digest) else { return unknown() };
        let late = std::mem::take(&mut link.late);
        let size = link.size;
        drop(inner);
        let reply = Reply::new(200)
            .header("Docker-Content-Digest", digest)
            .header("Content-Type", "application/octet-stream")
            .header("Accept-Ranges", "bytes")
            .header("ETag", format!("\"{digest}\""));
        match x.head.method.as_str() {
            "HEAD" if late => unknown(),
            "HEAD" => reply.header("Content-Length", size.to_string()),
            "GET" => self.bytes(x, reply, digest, size).unwrap_or_else(unknown),
            _ => unknown_method(),
        }
    }

    /// The bytes that a request wants; `None` where they were not kept.
    fn bytes(&self, x: &Exchange<'_>, mut reply: Reply, digest: &str, size: u64) -> Option<Reply> {
        let file = self.store.blob(digest)?;
        let wanted = x.head.header("range").and_then(|range| parse(range, size));
        let closed = x.head.header("range").is_none_or(|range| !range.ends_with('-') && !range.contains("=-"));
        let (first, last) = match wanted {
            None => {
                reply.content = Content::Part(file, 0, size);
                return Some(reply);
            }
            Some(Ok(ends)) if closed || self.profile.ranges == Ranges::All => ends,
            Some(_) => {
                let error = Reply::error(416, "BLOB_UNKNOWN", "this range cannot be had");
                return Some(error.header("Content-Range", format!("bytes */{size}")));
            }
        };
        reply.status = 206;
        reply.content = Content::Part(file, first, last - first + 1);
        Some(reply.header("Content-Range", format!("bytes {first}-{last}/{size}")))
    }
}

/// The first and last byte of a range within so many (RFC 9110, 14.1.2); `Some(Err(()))` is one outside of it, `None` one that is
/// to be ignored.
fn parse(range: &str, size: u64) -> Option<Result<(u64, u64), ()>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = if first.is_empty() {
        (size.saturating_sub(last.parse().ok()?), u64::MAX)
    } else {
        (first.parse().ok()?, if last.is_empty() { u64::MAX } else { last.parse().ok()? })
    };
    if last < first {
        return None;
    }
    Some(if first < size { Ok((first, last.min(size - 1))) } else { Err(()) })
}

#[test]
fn ranges() {
    for (range, ends) in [
        ("bytes=3-", Some(Ok((3, 9)))),
        ("bytes=3-5", Some(Ok((3, 5)))),
        ("bytes=3-50", Some(Ok((3, 9)))),
        ("bytes=-4", Some(Ok((6, 9)))),
        ("bytes=10-", Some(Err(()))),
        ("bytes=5-3", None),
        ("lines=1-", None),
        ("bytes=1-2,4-5", None),
    ] {
        assert_eq!(parse(range, 10), ends, "{range}");
    }
}
