use crate::fault::Rules;
use crate::reply::{Outcome, Reply};
use crate::route::{Route, is_name};
use crate::seen::Records;
use crate::server::{Exchange, Service};
use crate::session::Upload;
use crate::store::{Store, digest};
use crate::token::Token;
use crate::{Location, Profile};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What the threads of a registry share.
pub(crate) struct Registry {
    pub profile: Profile,
    pub store: Store,
    pub records: Records,
    pub host: OnceLock<String>,
    /// Whether what is held is written to the store's index.
    pub lasting: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub repositories: BTreeMap<String, Repository>,
    pub uploads: BTreeMap<String, Arc<Mutex<Upload>>>,
    pub rules: Rules,
    pub tokens: BTreeMap<String, Token>,
    /// Refresh tokens that were given, and whose they are.
    pub refresh: BTreeMap<String, String>,
    /// Manifests that were had.
    pub pulls: u64,
    /// What was made so far: names of uploads and tokens.
    made: u64,
}

#[derive(Default)]
pub(crate) struct Repository {
    pub blobs: BTreeMap<String, Link>,
    pub manifests: BTreeMap<String, Manifest>,
    pub tags: BTreeMap<String, String>,
}

/// A blob in a repository.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub size: u64,
    /// The next `HEAD` does not find it.
    pub late: bool,
    /// Nor does the next manifest that names it.
    pub late_for_manifest: bool,
}

#[derive(Clone)]
pub(crate) struct Manifest {
    pub media_type: String,
    pub bytes: Arc<Vec<u8>>,
}

impl Registry {
    pub fn new(profile: Profile, store: Store, lasting: bool) -> Self {
        let (records, host) = (Records::default(), OnceLock::new());
        let registry = Self { profile, store, records, host, lasting, inner: Mutex::default() };
        registry.load();
        registry
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere cannot leave these half-changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn host(&self) -> &str {
        self.host.get().map_or("", String::as_str)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// A path as this registry writes it into `Location`.
    pub fn location(&self, path: &str) -> String {
        match self.profile.location {
            Location::Absolute => format!("{}{path}", self.url()),
            Location::Path => path.to_owned(),
        }
    }

    /// A new name that nobody guesses by accident and that no two registries share.
    pub fn mint(&self, kind: &str) -> String {
        let mut inner = self.lock();
        inner.made += 1;
        digest(format!("{kind} {} {}", inner.made, self.host()).as_bytes())[7..47].to_owned()
    }

    fn dispatch(&self, x: &mut Exchange<'_>, route: &Route) -> io::Result<Reply> {
        let name_counts = self.profile.checks_names && !matches!(route, Route::Base | Route::Token | Route::Unknown);
        if name_counts && !route.repository().is_some_and(is_name) {
            return Ok(Reply::error(400, "NAME_INVALID", "invalid repository name"));
        }
        if let Some(refusal) = self.refuses(route, x) {
            return Ok(refusal);
        }
        match route {
            Route::Base => Ok(Reply::json(200, &json!({})).header("Docker-Distribution-Api-Version", "registry/2.0")),
            Route::Token => self.token(x),
            Route::Blob(name, digest) => Ok(self.blob(x, name, digest)),
            Route::Uploads(name) => self.uploads(x, name),
            Route::Upload(name, id) => self.upload(x, name, id),
            Route::Manifest(name, reference) => self.manifest(x, name, reference),
            Route::Tags(name) => Ok(self.tags(x, name)),
            Route::Referrers(name, digest) => Ok(self.referrers(x, name, digest)),
            Route::Unknown => Ok(unknown_path()),
        }
    }

    /// Writes down what is held, where it is to last.
    pub fn save(&self, inner: &Inner) {
        if !self.lasting {
            return;
        }
        let mut all = Map::new();
        for (name, repository) in &inner.repositories {
            let blobs: Map<_, _> = repository.blobs.iter().map(|(key, link)| (key.clone(), json!(link.size))).collect();
            let types = repository.manifests.iter().map(|(key, manifest)| (key.clone(), json!(manifest.media_type)));
            let manifests: Map<_, _> = types.collect();
            all.insert(name.clone(), json!({ "blobs": blobs, "manifests": manifests, "tags": repository.tags }));
        }
        sage_oci_files::write_atomic(self.store.index(), Value::Object(all).to_string().as_bytes())
            .expect("the index of the registry's data can be written");
    }

    fn load(&self) {
        let Ok(text) = sage_oci_files::read_to_string(self.store.index()) else { return };
        let index: Value = serde_json::from_str(&text).expect("the index of a registry's data");
        let mut inner = self.lock();
        let entries = |value: &Value| value.as_object().cloned().unwrap_or_default();
        for (name, value) in entries(&index) {
            let repository = inner.repositories.entry(name).or_default();
            for (key, size) in entries(&value["blobs"]) {
                let link = Link { size: size.as_u64().unwrap_or(0), late: false, late_for_manifest: false };
                repository.blobs.insert(key, link);
            }
            for (key, media_type) in entries(&value["manifests"]) {
                let bytes = Arc::new(self.store.read(&key).expect("a manifest of the index"));
                let media_type = media_type.as_str().unwrap_or_default().to_owned();
                repository.manifests.insert(key, Manifest { media_type, bytes });
            }
            for (tag, digest) in entries(&value["tags"]) {
                repository.tags.insert(tag, digest.as_str().unwrap_or_default().to_owned());
            }
        }
    }
}

impl Service for Registry {
    fn answer(&self, x: &mut Exchange<'_>) -> Outcome {
        let faults = self.lock().rules.judge(&x.head);
        let route = Route::of(&x.head);
        if let Some(outcome) = self.before(&faults, x, &route) {
            return outcome;
        }
        match self.dispatch(x, &route) {
            Ok(reply) => self.after(&faults, x, reply),
            // The body ended early, or the store failed; the connection is of no use in either case.
            Err(_) => Outcome::Reset,
        }
    }

    fn records(&self) -> &Records {
        &self.records
    }
}

pub(crate) fn unknown_path() -> Reply {
    Reply::new(404).body("text/plain", "404 page not found\n")
}

pub(crate) fn unknown_method() -> Reply {
    Reply::error(405, "UNSUPPORTED", "the operation is unsupported")
}
