use crate::RegistryError;
use crate::exchange::{Ask, Payload, Trouble};
use crate::location::{Place, resolve};
use crate::registry::Registry;
use sage_oci_http::header;
use sage_oci_names::BlobDigest;
use std::io::Read;
use ureq::Body;
use ureq::http::{Method, Response};

/// An upload that a registry has begun for us (OCI distribution spec, "Pushing a blob in chunks").
///
/// Only the newest `Location` counts: registries keep their state in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) place: Place,
    /// How many bytes the registry has.
    pub(crate) offset: u64,
}

/// How an upload begins.
pub(crate) enum Begun {
    /// The registry has taken the blob over from a sibling.
    Mounted,
    /// It wants the bytes.
    Session(Session),
    /// It does not mount; an upload may begin all the same.
    NotMounted,
}

/// How a request of an upload ended.
pub(crate) enum Step {
    /// It went through; where more can follow, to this session.
    Done(Option<Session>),
    /// The registry said no.
    No(Box<Response<Body>>),
    /// No answer: what has arrived is unknown.
    Unknown(sage_oci_http::Broken),
}

impl Registry {
    /// Begins an upload.
    pub(crate) fn begin(&self, what: &str) -> Result<Session, RegistryError> {
        let answer = self.send(&Ask::new(what, Method::POST, self.place("blobs/uploads/")))?;
        match answer.status().as_u16() {
            202 => self.session(what, &self.place("blobs/uploads/"), &answer, 0),
            _ => Err(self.refusal(what, answer)),
        }
    }

    /// Asks the registry to take a blob over from a sibling. It is free to refuse in whichever way it likes.
    pub(crate) fn mount(&self, what: &str, digest: &BlobDigest, from: &str) -> Result<Begun, RegistryError> {
        let mut place = self.place("blobs/uploads/");
        place.url.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from);
        let answer = match self.send(&Ask::new(what, Method::POST, place.clone())) {
            // Some trip over a mount every time.
            Err(RegistryError::Refused { .. }) => return Ok(Begun::NotMounted),
            answer => answer?,
        };
        match answer.status().as_u16() {
            201 => Ok(Begun::Mounted),
            202 => self.session(what, &place, &answer, 0).map(Begun::Session),
            _ => Ok(Begun::NotMounted),
        }
    }

    /// What the registry has of an upload; none where it no longer knows it.
    pub(crate) fn status(&self, what: &str, session: &Session) -> Result<Option<Session>, RegistryError> {
        let answer = self.send(&Ask::new(what, Method::GET, session.place.clone()))?;
        match answer.status().as_u16() {
            202 | 204 | 200 => {
                let has = header(&answer, "range").map_or(Some(0), has);
                let Some(offset) = has else { return Ok(None) };
                let place = match header(&answer, "location") {
                    Some(location) => self.resolve(&session.place, location)?,
                    None => session.place.clone(),
                };
                Ok(Some(Session { place, offset }))
            }
            // Gone, or a registry that tells nobody how far it is.
            400 | 404 | 405 | 410 => Ok(None),
            _ => Err(self.refusal(what, answer)),
        }
    }

    /// Gives an upload up, so that the registry need not keep it. It may know no way to, and forgets it after some days anyhow.
    ///
    /// Only what by its address is an upload of ours is deleted: a `Location` may lead anywhere, as to a blob.
    pub(crate) fn give_up(&self, session: &Session) {
        let uploads = self.place("blobs/uploads/");
        let is_upload = session.place.url.path().strip_prefix(uploads.url.path()).is_some_and(|id| !id.is_empty());
        if !session.place.is_registry || !is_upload {
            return;
        }
        _ = self.exchange(&Ask::new("the end of an upload", Method::DELETE, session.place.clone()));
    }

    /// Sends a whole blob and ends the upload.
    pub(crate) fn put<'a>(
        &self,
        what: &'a str,
        session: &Session,
        digest: &BlobDigest,
        length: u64,
        open: &'a dyn Fn() -> Result<Box<dyn Read + 'a>, RegistryError>,
    ) -> Result<Step, RegistryError> {
        let mut place = session.place.clone();
        place.url.query_pairs_mut().append_pair("digest", &digest.to_string());
        let payload = if length == 0 { Payload::Nothing } else { Payload::Stream(length, open) };
        let ask = Ask::new(what, Method::PUT, place).header("Content-Type", "application/octet-stream").with(payload);
        self.step(&ask, |answer| match answer.status().as_u16() {
            200 | 201 | 204 => Some(Ok(None)),
            _ => None,
        })
    }

    /// Ends an upload all of whose bytes are there.
    pub(crate) fn finish(&self, what: &str, session: &Session, digest: &BlobDigest) -> Result<Step, RegistryError> {
        self.put(what, session, digest, 0, &|| Ok(Box::new(std::io::empty())))
    }

    /// Sends a piece of a blob, the bytes from the session's offset on.
    pub(crate) fn patch<'a>(
        &self,
        what: &'a str,
        session: &Session,
        length: u64,
        open: &'a dyn Fn() -> Result<Box<dyn Read + 'a>, RegistryError>,
    ) -> Result<Step, RegistryError> {
        let end = session.offset + length;
        let ask = Ask::new(what, Method::PATCH, session.place.clone())
            .header("Content-Type", "application/octet-stream")
            .header("Content-Range", format!("{}-{}", session.offset, end - 1))
            .with(Payload::Stream(length, open));
        self.step(&ask, |answer| match answer.status().as_u16() {
            status @ (201 | 202 | 204) => {
                // Only the answer that the specification has is believed about how far it is; ECR's says the same for ever.
                // None and one byte read the same, so of a first byte nothing is said.
                let said = header(answer, "range").and_then(has);
                let said = said.filter(|said| status == 202 && *said <= end && end > 1);
                Some(self.session(what, &session.place, answer, said.unwrap_or(end)).map(Some))
            }
            _ => None,
        })
    }

    fn step(
        &self,
        ask: &Ask<'_>,
        done: impl Fn(&Response<Body>) -> Option<Result<Option<Session>, RegistryError>>,
    ) -> Result<Step, RegistryError> {
        match self.exchange(ask) {
            Ok(answer) => match done(&answer) {
                Some(next) => next.map(Step::Done),
                None => Ok(Step::No(Box::new(answer))),
            },
            Err(Trouble::Error(error)) => Err(error),
            Err(Trouble::Broken(_)) if self.options.stopped() => Err(RegistryError::Stopped),
            Err(Trouble::Broken(broken)) => Ok(Step::Unknown(broken)),
        }
    }

    fn session(
        &self,
        what: &str,
        asked: &Place,
        answer: &Response<Body>,
        offset: u64,
    ) -> Result<Session, RegistryError> {
        let location = header(answer, "location")
            .ok_or_else(|| self.nonsense(what, "it does not say where the upload goes on".to_owned()))?;
        Ok(Session { place: self.resolve(asked, location)?, offset })
    }

    pub(crate) fn resolve(&self, from: &Place, location: &str) -> Result<Place, RegistryError> {
        resolve(self.repository.registry(), &self.api, &from.url, location)
    }
}

/// How many bytes a `Range: 0-N` tells of. Of none, distribution says `0-0`, so one byte is told as none, and is then
/// sent again.
fn has(range: &str) -> Option<u64> {
    let (first, last) = range.trim().trim_start_matches("bytes=").split_once('-')?;
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(0), Ok(0)) => Some(0),
        (Ok(0), Ok(last)) => last.checked_add(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn ranges_tell_how_much_is_there() {
        for (range, bytes) in
            [("0-0", Some(0)), ("0-9", Some(10)), ("bytes=0-9", Some(10)), ("1-9", None), ("0--1", None), ("x", None)]
        {
            assert_eq!(has(range), bytes, "{range}");
        }
        assert_eq!(has(&format!("0-{}", u64::MAX)), None);
    }
}
