use crate::manner::{Location, Manifests};
use crate::registry::{Inner, Manifest, Registry, unknown_method};
use crate::reply::Reply;
use crate::route::{is_digest, is_tag};
use crate::server::Exchange;
use crate::store::digest;
use globset::Glob;
use serde_json::Value;
use std::io;
use std::sync::Arc;

/// What distribution takes at most.
const LIMIT: u64 = 4 << 20;

const IMAGES: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

impl Registry {
    /// Requests to a manifest.
    pub fn manifest(&self, x: &mut Exchange<'_>, name: &str, reference: &str) -> io::Result<Reply> {
        if reference.contains(':') && !is_digest(reference) {
            return Ok(Reply::error(400, "DIGEST_INVALID", "this is no digest"));
        }
        match x.head.method.as_str() {
            "GET" | "HEAD" => Ok(self.get_manifest(x, name, reference)),
            "PUT" => {
                let bytes = match x.body.whole(LIMIT) {
                    Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                        return Ok(Reply::error(413, "SIZE_INVALID", "manifest too large"));
                    }
                    other => other?,
                };
                self.put_manifest(x, name, reference, bytes)
            }
            "DELETE" => Ok(self.delete_manifest(name, reference)),
            _ => Ok(unknown_method()),
        }
    }

    fn get_manifest(&self, x: &Exchange<'_>, name: &str, reference: &str) -> Reply {
        let mut inner = self.lock();
        let pulls = match self.profile.pulls {
            Some(limit) if x.head.is("GET") => {
                inner.pulls += 1;
                Some((limit, limit.checked_sub(inner.pulls)))
            }
            _ => None,
        };
        if let Some((limit, None)) = pulls {
            return allowance(Reply::error(429, "TOOMANYREQUESTS", "you have reached your pull rate limit"), limit, 0);
        }
        let found = inner.repositories.get(name).and_then(|repository| {
            let digest = repository.tags.get(reference).map_or(reference, String::as_str);
            Some((digest.to_owned(), repository.manifests.get(digest)?.clone()))
        });
        let Some((digest, manifest)) = found else {
            let any = inner.repositories.get(name).is_some_and(|repository| !repository.manifests.is_empty());
            if self.profile.knows_names && !any {
                return Reply::error(404, "NAME_UNKNOWN", "repository name not known to registry");
            }
            return Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        let accepted = x.head.headers.iter().filter(|(name, _)| name == "accept").any(|(_, value)| {
            value.split(',').any(|one| one.trim().split(';').next() == Some(manifest.media_type.as_str()))
        });
        if self.profile.wants_accept && !accepted && manifest.media_type.contains(".oci.") {
            return Reply::error(
                404,
                "MANIFEST_UNKNOWN",
                "OCI manifest found, but accept header does not support OCI manifests",
            );
        }
        let reply = Reply::new(200)
            .body(&manifest.media_type, manifest.bytes.to_vec())
            .header("Docker-Content-Digest", digest.as_str())
            .header("ETag", format!("\"{digest}\""));
        match pulls {
            Some((limit, Some(left))) => allowance(reply, limit, left),
            _ => reply,
        }
    }

    fn put_manifest(&self, x: &Exchange<'_>, name: &str, reference: &str, bytes: Vec<u8>) -> io::Result<Reply> {
        let digest = digest(&bytes);
        let media_type = x.head.header("content-type").unwrap_or_default();
        let value: Option<Value> = serde_json::from_slice(&bytes).ok();
        let mut tags: Vec<String> = if self.profile.tag_query { x.head.values("tag") } else { Vec::new() };
        let also = tags.clone();
        tags.extend((!is_digest(reference)).then(|| reference.to_owned()));
        if let Some(refusal) = self.refuses_manifest(name, reference, &digest, media_type, value.as_ref(), &tags) {
            return Ok(refusal);
        }
        self.store.put(&bytes)?;
        let manifest = Manifest { media_type: media_type.to_owned(), bytes: Arc::new(bytes) };
        let mut inner = self.lock();
        let repository = inner.repositories.entry(name.to_owned()).or_default();
        repository.manifests.insert(digest.clone(), manifest);
        for tag in tags {
            repository.tags.insert(tag, digest.clone());
        }
        self.save(&inner);
        let mut reply = Reply::new(201).header("Docker-Content-Digest", digest.as_str());
        if self.profile.location == Location::Absolute {
            reply = reply.header("Location", self.location(&format!("/v2/{name}/manifests/{digest}")));
        }
        for tag in also {
            reply = reply.header("OCI-Tag", tag);
        }
        let subject = value.as_ref().and_then(|value| value["subject"]["digest"].as_str());
        Ok(match subject.filter(|_| self.profile.oci_subject) {
            Some(subject) => reply.header("OCI-Subject", subject),
            None => reply,
        })
    }

    fn refuses_manifest(
        &self,
        name: &str,
        reference: &str,
        digest: &str,
        media_type: &str,
        value: Option<&Value>,
        tags: &[String],
    ) -> Option<Reply> {
        let mut inner = self.lock();
        let strict = matches!(self.profile.manifests, Manifests::Whole(_));
        if strict && is_digest(reference) && reference != digest {
            return Some(Reply::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content"));
        }
        if strict && !tags.iter().all(|tag| is_tag(tag)) {
            // Distribution has no such path.
            return Some(crate::registry::unknown_path());
        }
        let known = IMAGES.contains(&media_type) || INDEXES.contains(&media_type);
        let own = value.and_then(|value| value["mediaType"].as_str()).unwrap_or(media_type);
        if strict && (value.is_none_or(|value| !value.is_object()) || !known || own != media_type) {
            return Some(Reply::error(400, "MANIFEST_INVALID", "manifest invalid"));
        }
        let there = inner.repositories.get(name);
        let fixed = |tag: &&String| {
            there.is_some_and(|there| there.tags.contains_key(*tag))
                && self
                    .profile
                    .immutable
                    .iter()
                    .any(|pattern| Glob::new(pattern).expect("a pattern of tags").compile_matcher().is_match(tag))
        };
        if let Some(tag) = tags.iter().find(fixed) {
            return Some(Reply::error(403, "DENIED", &format!("tag {tag} is immutable")));
        }
        self.lacks(&mut inner, name, media_type, value?)
    }

    /// The answer to a manifest that refers to what is not there.
    fn lacks(&self, inner: &mut Inner, name: &str, media_type: &str, value: &Value) -> Option<Reply> {
        let repository = inner.repositories.entry(name.to_owned()).or_default();
        let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
        let names = |all: Vec<Value>| -> Vec<String> {
            all.iter().filter_map(|one| one["digest"].as_str().map(str::to_owned)).collect()
        };
        let members = names(list("manifests"));
        let lacking = members.iter().find(|member| !repository.manifests.contains_key(*member));
        let status = match self.profile.manifests {
            Manifests::Members => {
                return lacking
                    .filter(|_| INDEXES.contains(&media_type))
                    .map(|member| Reply::error(404, "MANIFEST_UNKNOWN", &format!("Sub-manifest {member} not found")));
            }
            Manifests::Whole(status) => status,
        };
        // Layers with addresses of their own are not for registries ("Non-distributable layers" of the image spec).
        let mut wanted = list("layers");
        wanted.retain(|layer| layer["urls"].as_array().is_none_or(Vec::is_empty));
        wanted.push(value["config"].clone());
        let wanted = names(wanted);
        let late = wanted.iter().find(|blob| repository.blobs.get(*blob).is_some_and(|link| link.late_for_manifest));
        let absent = wanted.iter().find(|blob| !repository.blobs.contains_key(*blob));
        let lacking = lacking.or(absent).or(late).cloned();
        for blob in &wanted {
            if let Some(link) = repository.blobs.get_mut(blob) {
                link.late_for_manifest = false;
            }
        }
        lacking
            .map(|digest| Reply::error(status, "MANIFEST_BLOB_UNKNOWN", &format!("blob unknown to registry: {digest}")))
    }

    fn delete_manifest(&self, name: &str, reference: &str) -> Reply {
        let unknown = || Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        let mut inner = self.lock();
        let Some(repository) = inner.repositories.get_mut(name) else { return unknown() };
        let known = if is_digest(reference) {
            let known = repository.manifests.remove(reference).is_some();
            repository.tags.retain(|_, digest| digest != reference);
            known
        } else if let Some((status, code)) = self.profile.tag_deletion {
            return Reply::error(status, code, "this tag cannot be deleted");
        } else {
            repository.tags.remove(reference).is_some()
        };
        self.save(&inner);
        if known { Reply::new(202) } else { unknown() }
    }
}

/// How many more manifests can be had, as Docker Hub says it.
fn allowance(reply: Reply, limit: u64, left: u64) -> Reply {
    reply.header("ratelimit-limit", format!("{limit};w=21600")).header("ratelimit-remaining", format!("{left};w=21600"))
}
