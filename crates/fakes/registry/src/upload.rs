use crate::Location;
use crate::manner::{Mount, Order, Patches, State};
use crate::registry::{Link, Registry, unknown_method};
use crate::reply::Reply;
use crate::route::{Route, is_digest};
use crate::server::Exchange;
use crate::session::Upload;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn locked(upload: &Mutex<Upload>) -> MutexGuard<'_, Upload> {
    upload.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// `POST …/blobs/uploads/`
    pub fn uploads(&self, x: &mut Exchange<'_>, name: &str) -> io::Result<Reply> {
        if !x.head.is("POST") {
            return Ok(unknown_method());
        }
        if let (Some(digest), Some(from)) = (x.head.value("mount"), x.head.value("from"))
            && let Some(size) = self.mountable(&from, &digest)
        {
            self.link(name, &digest, size, false);
            return Ok(self.created(name, &digest));
        }
        let id = self.mint("upload");
        let partial = self.store.begin(&id)?;
        let mut upload =
            Upload { repository: name.to_owned(), id: id.clone(), partial, offset: 0, first: 0, patches: 0 };
        if let Some(digest) = x.head.value("digest").filter(|_| self.profile.post_digest) {
            upload.partial.append(&mut x.body)?;
            return self.commit(&mut upload, &digest);
        }
        let reply = self.progress(&upload, 202);
        self.lock().uploads.insert(id, Arc::new(Mutex::new(upload)));
        Ok(reply)
    }

    /// Requests to the `Location` of an upload.
    pub fn upload(&self, x: &mut Exchange<'_>, name: &str, id: &str) -> io::Result<Reply> {
        let reading = x.head.is("GET") || x.head.is("HEAD");
        if !self.profile.status && (reading || x.head.is("DELETE")) {
            return Ok(Reply::error(400, "NAME_INVALID", "invalid digest"));
        }
        let upload = self.lock().uploads.get(id).cloned();
        let Some(upload) = upload else {
            return Ok(Reply::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"));
        };
        // One request at a time: the one that was cut ends before the next begins.
        let mut upload = locked(&upload);
        let stale = upload.repository != name
            || (self.profile.state != State::None && x.head.value("_state") != Some(upload.state()));
        match self.profile.state {
            State::NewestToWrite if stale && !reading => return Ok(self.out_of_order(&upload)),
            State::NewestToWrite if upload.repository == name => {}
            _ if stale => return Ok(Reply::error(404, "BLOB_UPLOAD_INVALID", "blob upload invalid")),
            _ => {}
        }
        match x.head.method.as_str() {
            "GET" | "HEAD" => Ok(self.progress(&upload, 204)),
            "PATCH" => self.patch(x, &mut upload),
            "PUT" => self.put(x, &mut upload),
            "DELETE" => {
                self.lock().uploads.remove(id);
                Ok(Reply::new(204))
            }
            _ => Ok(unknown_method()),
        }
    }

    fn patch(&self, x: &mut Exchange<'_>, upload: &mut Upload) -> io::Result<Reply> {
        let length = x.head.header("content-length").and_then(|value| value.parse::<u64>().ok());
        let chunk = x.head.header("content-range").is_some();
        let too_long =
            self.profile.patch_limit.is_some_and(|limit| chunk && length.is_some_and(|length| length > limit));
        if self.profile.order == Order::CheckedCurtly && upload.patches > 0 && x.head.header("content-range").is_none()
        {
            return Ok(Reply::error(400, "BLOB_UPLOAD_INVALID", "Stream uploads after first write are not allowed"));
        }
        if too_long || self.is_out_of_order(x, upload, length) {
            return Ok(self.out_of_order(upload));
        }
        if self.profile.patches == Patches::LastOnly {
            upload.partial.restart()?;
        }
        upload.patches += 1;
        let before = upload.partial.size;
        let end = upload.partial.append(&mut x.body);
        upload.offset += upload.partial.size - before;
        if upload.patches == 1 {
            upload.first = upload.offset;
        }
        end.map(|()| self.progress(upload, self.profile.patch_status))
    }

    fn put(&self, x: &mut Exchange<'_>, upload: &mut Upload) -> io::Result<Reply> {
        let Some(digest) = x.head.value("digest") else {
            return Ok(Reply::error(400, "DIGEST_INVALID", "digest missing"));
        };
        if self.is_out_of_order(x, upload, None) {
            return Ok(self.out_of_order(upload));
        }
        let before = (upload.partial.mark(), upload.offset);
        let end = upload.partial.append(&mut x.body);
        upload.offset += upload.partial.size - before.0.1;
        let reply = end.and_then(|()| self.commit(upload, &digest));
        match &reply {
            Ok(reply) if reply.status == 201 => {
                self.lock().uploads.remove(&upload.id);
            }
            _ if self.profile.keeps_failed_put => {}
            _ => {
                upload.partial.go_back(before.0)?;
                upload.offset = before.1;
            }
        }
        reply
    }

    fn commit(&self, upload: &mut Upload, digest: &str) -> io::Result<Reply> {
        // A registry that lost all but the last chunk does not look at the digest, either.
        let unchecked = self.profile.patches == Patches::LastOnly && upload.patches > 1;
        if !is_digest(digest) || !(unchecked || upload.partial.digest() == digest) {
            return Ok(Reply::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content"));
        }
        self.store.finish(&mut upload.partial, digest)?;
        self.link(&upload.repository, digest, upload.partial.size, self.profile.late);
        Ok(self.created(&upload.repository, digest))
    }

    /// The size of a blob of another repository, where it can be mounted.
    fn mountable(&self, from: &str, digest: &str) -> Option<u64> {
        let inner = self.lock();
        let repository = inner.repositories.get(from)?;
        let size = repository.blobs.get(digest)?.size;
        let referred =
            || repository.manifests.values().any(|manifest| String::from_utf8_lossy(&manifest.bytes).contains(digest));
        match self.profile.mount {
            Mount::Known => Some(size),
            Mount::Referred if referred() => Some(size),
            Mount::Referred | Mount::Never => None,
        }
    }

    fn link(&self, name: &str, digest: &str, size: u64, late: bool) {
        let mut inner = self.lock();
        let blobs = &mut inner.repositories.entry(name.to_owned()).or_default().blobs;
        // Pushed again, it was there before: else a client that does not see it would push it for ever.
        let late = late && !blobs.contains_key(digest);
        blobs.insert(digest.to_owned(), Link { size, late, late_for_manifest: late });
        self.save(&inner);
    }

    fn created(&self, name: &str, digest: &str) -> Reply {
        let reply = Reply::new(201).header("Docker-Content-Digest", digest);
        match self.profile.location {
            Location::Absolute => reply.header("Location", self.location(&format!("/v2/{name}/blobs/{digest}"))),
            Location::Path => reply,
        }
    }

    /// `Location` and `Range` of an upload.
    fn progress(&self, upload: &Upload, status: u16) -> Reply {
        let state = match self.profile.state {
            State::None => String::new(),
            State::Newest | State::NewestToWrite => format!("?_state={}", upload.state()),
        };
        let path = format!("/v2/{}/blobs/uploads/{}{state}", upload.repository, upload.id);
        // No bytes and one byte read the same: so it is with distribution, and the spec knows no other way.
        let told = if self.profile.stuck_range { upload.first } else { upload.offset };
        let last = told.saturating_sub(1);
        Reply::new(status).header("Location", self.location(&path)).header("Range", format!("0-{last}"))
    }

    fn is_out_of_order(&self, x: &Exchange<'_>, upload: &Upload, length: Option<u64>) -> bool {
        let Some(range) = x.head.header("content-range") else { return false };
        let ends = || {
            let (first, last) = range.split_once('-')?;
            Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?))
        };
        let right = |(first, last)| match self.profile.order {
            Order::Checked => first == upload.offset && length.is_none_or(|length| first + length == last + 1),
            Order::CheckedCurtly => first == upload.offset,
            Order::Ignored => true,
        };
        let looks = match self.profile.order {
            Order::Checked => true,
            Order::CheckedCurtly => x.head.is("PATCH"),
            Order::Ignored => false,
        };
        looks && !ends().is_some_and(right)
    }

    fn out_of_order(&self, upload: &Upload) -> Reply {
        let code = match self.profile.order {
            Order::CheckedCurtly => "BLOB_UPLOAD_UNKNOWN",
            Order::Checked | Order::Ignored => "BLOB_UPLOAD_INVALID",
        };
        let error = Reply::error(416, code, "the chunk does not begin where the upload ends");
        if self.profile.order == Order::CheckedCurtly {
            return error;
        }
        let progress = self.progress(upload, 416);
        Reply { content: error.content, ..progress }.header("Content-Type", "application/json")
    }

    /// 416 of an upload that has done nothing wrong.
    pub fn refused_range(&self, route: &Route) -> Reply {
        let upload = match route {
            Route::Upload(_, id) => self.lock().uploads.get(id).cloned(),
            _ => None,
        };
        match upload {
            Some(upload) => self.out_of_order(&locked(&upload)),
            None => Reply::error(416, "BLOB_UPLOAD_INVALID", "as asked"),
        }
    }
}
