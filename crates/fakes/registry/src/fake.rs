use crate::Profile;
use crate::fault::{Fault, When};
use crate::registry::{Link, Registry};
use crate::seen::Seen;
use crate::server::Server;
use crate::store::Store;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A running registry. Dropped, it ends every connection and stops.
pub struct FakeRegistry {
    server: Server,
    registry: Arc<Registry>,
}

/// Where a registry is and what it keeps.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// On this port; 0 is a free one.
    pub port: u16,
    /// In this folder, where the next one finds it again; else in a temporary one.
    pub data: Option<PathBuf>,
    /// Blobs of more bytes are hashed and counted, and cannot be had; for tests that send a lot.
    pub discard_over: Option<u64>,
    /// One line a request: method, path, status, bytes of its body. Never a credential, never a query.
    pub log: Option<PathBuf>,
}

/// What becomes of uploads that were not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// They go on, as those of a registry with a fixed `http.secret`.
    Kept,
    /// They are gone.
    Lost,
}

impl FakeRegistry {
    /// Starts an empty one on a free port of `127.0.0.1`.
    ///
    /// # Panics
    ///
    /// There is no port, or no temporary folder.
    pub fn start(profile: Profile) -> Self {
        Self::start_at(profile, &Place::default()).expect("a port and a temporary folder")
    }

    /// The same, with a say in where it is.
    pub fn start_at(profile: Profile, place: &Place) -> io::Result<Self> {
        let store = Store::open(place.data.as_deref(), place.discard_over.unwrap_or(u64::MAX))?;
        let registry = Arc::new(Registry::new(profile, store, place.data.is_some()));
        if let Some(path) = &place.log {
            registry.records.log_to(sage_oci_files::append(path).map_err(|error| io::Error::new(error.kind(), error))?);
        }
        let server = Server::start(place.port, Arc::clone(&registry) as _)?;
        registry.host.get_or_init(|| server.address().to_string());
        Ok(Self { server, registry })
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.registry.host().to_owned()
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        self.registry.url()
    }

    /// Every request since the start or [`FakeRegistry::forget`], in the order of arrival, those to `/token` among them.
    pub fn requests(&self) -> Vec<Seen> {
        self.registry.records.requests()
    }

    /// Forgets requests, received bytes and the highest number of requests at once.
    pub fn forget(&self) {
        self.registry.records.forget();
    }

    /// The bytes of all requests' bodies, those of requests that were cut or refused among them.
    pub fn received_bytes(&self) -> u64 {
        self.registry.records.received()
    }

    /// The highest number of requests that were being answered at one time.
    pub fn most_at_once(&self) -> usize {
        self.registry.records.most()
    }

    /// Waits until no request is being answered: what a client that was killed had sent is counted then. Requests that a fault holds
    /// never end by themselves.
    pub fn settle(&self) {
        while self.registry.records.now() > 0 {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// Makes requests go wrong. Where several faults hold for one, the first that stands in place of an answer does; those that
    /// change an answer, or happen beside it, all do.
    pub fn inject(&self, fault: Fault, when: When) {
        self.registry.lock().rules.add(fault, when);
    }

    /// Takes all faults away.
    pub fn behave(&self) {
        self.registry.lock().rules.clear();
    }

    /// Ends every connection and stops listening. What is held stays.
    pub fn stop(&self) {
        self.server.stop();
    }

    /// Stops, and starts again on the same port. Tokens stay good.
    ///
    /// # Panics
    ///
    /// Somebody else has taken the port.
    pub fn restart(&self, sessions: Sessions) {
        self.server.stop();
        if sessions == Sessions::Lost {
            self.registry.lock().uploads.clear();
        }
        self.server.start_again().expect("the port is free again");
    }

    /// Ends all tokens that were given: the next request with one is answered 401. Refresh tokens stay.
    pub fn expire_tokens(&self) {
        self.registry.lock().tokens.clear();
    }

    /// How many uploads are not finished.
    pub fn open_uploads(&self) -> usize {
        self.registry.lock().uploads.len()
    }

    /// It has a blob; gives its digest.
    pub fn put_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = self.registry.store.put(bytes).expect("the store takes a blob");
        let link = Link { size: bytes.len() as u64, late: false, late_for_manifest: false };
        let mut inner = self.registry.lock();
        inner.repositories.entry(repository.to_owned()).or_default().blobs.insert(digest.clone(), link);
        self.registry.save(&inner);
        digest
    }

    /// It has a manifest, whatever that refers to, under a tag or, where the reference is a digest, under its own digest alone;
    /// gives that.
    pub fn put_manifest(&self, repository: &str, reference: &str, media_type: &str, bytes: &[u8]) -> String {
        let tag = Some(reference).filter(|reference| !reference.contains(':'));
        self.registry.hold_manifest(repository, tag, media_type, bytes)
    }

    /// A tag leads to a digest from now on.
    pub fn set_tag(&self, repository: &str, tag: &str, digest: &str) {
        let mut inner = self.registry.lock();
        inner.repositories.entry(repository.to_owned()).or_default().tags.insert(tag.to_owned(), digest.to_owned());
        self.registry.save(&inner);
    }

    /// Media type and bytes of a manifest, by tag or digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<(String, Vec<u8>)> {
        let inner = self.registry.lock();
        let repository = inner.repositories.get(repository)?;
        let digest = repository.tags.get(reference).map_or(reference, String::as_str);
        let manifest = repository.manifests.get(digest)?;
        Some((manifest.media_type.clone(), manifest.bytes.to_vec()))
    }

    /// The digests of all manifests of a repository, in order.
    pub fn manifests(&self, repository: &str) -> Vec<String> {
        let inner = self.registry.lock();
        inner.repositories.get(repository).map(|known| known.manifests.keys().cloned().collect()).unwrap_or_default()
    }

    /// Whether a repository has a blob.
    pub fn has_blob(&self, repository: &str, digest: &str) -> bool {
        let inner = self.registry.lock();
        inner.repositories.get(repository).is_some_and(|repository| repository.blobs.contains_key(digest))
    }

    /// The bytes of a blob; `None` also where they were not kept.
    pub fn blob(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        self.has_blob(repository, digest).then(|| self.registry.store.read(digest)).flatten()
    }

    /// Tags and where they lead.
    pub fn tags(&self, repository: &str) -> BTreeMap<String, String> {
        let inner = self.registry.lock();
        inner.repositories.get(repository).map(|repository| repository.tags.clone()).unwrap_or_default()
    }
}
