//! A fake registry, a folder for journals, and a client with tiny pauses.

use crate::image::Made;
use sage_oci_credentials::{Credential, Secret};
use sage_oci_fake_registry::{FakeRegistry, Fault, Profile, Seen, When};
use sage_oci_registry::{Access, Options, Progress, Pushed, Registry, RegistryError, Repository};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The repository of the tests.
pub const PATH: &str = "me/image";
pub const SIBLING: &str = "me/sibling";
/// What must be seen by the registry and its token server alone.
pub const PASSWORD: &str = "marked-password";
/// The size of a piece.
pub const CHUNK: u64 = 64 * 1024;

pub struct Scene {
    pub fake: FakeRegistry,
    pub journals: tempfile::TempDir,
    pub options: Options,
    pub siblings: Vec<String>,
    pub credential: Option<Credential>,
    pub tale: Tale,
}

/// Counts what a push tells, and keeps what it says.
#[derive(Default)]
pub struct Tale {
    pub balance: AtomicI64,
    pub planned: AtomicUsize,
    pub said: Mutex<Vec<String>>,
}

impl Progress for Tale {
    fn planned(&self, _blobs: usize, bytes: u64) {
        self.planned.store(bytes as usize, Ordering::SeqCst);
        self.balance.store(0, Ordering::SeqCst);
    }
    fn advanced(&self, bytes: u64) {
        self.balance.fetch_add(bytes as i64, Ordering::SeqCst);
    }
    fn withdrawn(&self, bytes: u64) {
        self.balance.fetch_sub(bytes as i64, Ordering::SeqCst);
    }
    fn again(&self, what: &str, why: &str) {
        self.said.lock().unwrap().push(format!("{what}: {why}"));
    }
    fn waiting(&self, what: &str) {
        self.said.lock().unwrap().push(format!("waits {what}"));
    }
}

pub fn options() -> Options {
    Options {
        at_once: 3,
        attempts: 4,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(4),
        patience: Duration::from_secs(5),
        chunk: CHUNK,
        ..Options::default()
    }
}

pub fn password() -> Credential {
    Credential::Basic { user: "me".to_owned(), password: Secret::new(PASSWORD) }
}

impl Scene {
    pub fn new(profile: Profile) -> Self {
        Self {
            fake: FakeRegistry::start(profile),
            journals: tempfile::tempdir().unwrap(),
            options: options(),
            siblings: Vec::new(),
            credential: None,
            tale: Tale::default(),
        }
    }

    /// One that wants a user and the password.
    pub fn closed(profile: Profile) -> Self {
        let mut scene = Self::new(profile.with(|accounts| accounts.user("me", PASSWORD)));
        scene.credential = Some(password());
        scene
    }

    pub fn with_sibling(mut self) -> Self {
        self.siblings = vec![SIBLING.to_owned()];
        self
    }

    pub fn at(&self, path: &str, access: Access) -> Registry {
        let repository = Repository::parse(&format!("{}/{path}", self.fake.host()), false).unwrap();
        Registry::open(repository, access, &self.siblings, self.credential.clone(), self.options.clone()).unwrap()
    }

    pub fn client(&self) -> Registry {
        self.at(PATH, Access::Push)
    }

    pub fn reader(&self) -> Arc<Registry> {
        Arc::new(self.at(PATH, Access::Pull))
    }

    /// Pushes by a client that knows nothing of earlier ones.
    pub fn push(&self, image: &Made) -> Result<Pushed, RegistryError> {
        let pushed = self.client().push(image, self.journals.path(), &self.tale)?;
        assert_eq!(pushed.digest.to_string(), image.digest);
        self.holds(image);
        assert_eq!(self.tale.balance.load(Ordering::SeqCst), image.bytes() as i64, "what was told is what is there");
        assert_eq!(self.journal(), None, "there is nothing left to go on with");
        Ok(pushed)
    }

    /// The registry has all of an image, byte for byte.
    pub fn holds(&self, image: &Made) {
        for blob in &image.blobs {
            let there = self.fake.blob(PATH, &blob.digest.to_string()).map(|bytes| bytes.len());
            assert_eq!(there, Some(blob.size as usize), "{}", blob.digest);
            assert!(self.fake.blob(PATH, &blob.digest.to_string()).unwrap() == image.content(&blob.digest));
        }
        assert_eq!(self.fake.manifest(PATH, &image.digest).unwrap().1, image.document());
    }

    /// The text of the one journal.
    pub fn journal(&self) -> Option<String> {
        let names = sage_oci_files::list(self.journals.path()).unwrap();
        let found = names.iter().find(|name| name.to_string_lossy().ends_with(".json"))?;
        Some(sage_oci_files::read_to_string(self.journals.path().join(found)).unwrap())
    }

    /// Makes requests go wrong.
    pub fn inject(&self, fault: Fault, when: When) -> &Self {
        self.fake.inject(fault, when);
        self
    }

    /// Method and path of requests that have this method, and this in path or query.
    pub fn seen(&self, method: &str, text: &str) -> Vec<Seen> {
        let is = |seen: &Seen| seen.path.contains(text) || seen.query.contains(text);
        self.fake.requests().into_iter().filter(|seen| seen.method == method && is(seen)).collect()
    }

    pub fn count(&self, method: &str, text: &str) -> usize {
        self.seen(method, text).len()
    }

    /// The body bytes of uploads that came.
    pub fn uploaded(&self) -> u64 {
        self.fake.requests().iter().filter(|seen| seen.path.contains("/blobs/")).map(|seen| seen.received).sum()
    }

    /// A fault in uploads.
    pub fn uploads(method: &str) -> When {
        When::on(method, "/v2/*/blobs/uploads/*")
    }
}

/// An error with all that stands behind it, and what to do.
pub fn whole_text(error: &RegistryError) -> String {
    use sage_oci_hint::Hint as _;
    let mut text = format!("{error}\n{error:?}\n{:?}", error.hint());
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(&format!("\n{error}"));
        source = error.source();
    }
    text
}
