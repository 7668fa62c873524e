//! All names of an image or none: an engine that keeps names in memory, and fails where it is told to.

mod common;

use common::{ZSTD, engine, fresh, image, load_nameless, reference, remove};
use sage_oci_engine::{Engine, EngineError, Host, LoadEvent, LoadOptions};
use sage_oci_hint::Hint as _;
use sage_oci_names::{EngineId, Reference};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// How the engine answers the request for a name that it is told to fail at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// It says no.
    Refuse,
    /// It goes away before it has done it, and comes back after so many requests.
    DieBefore { requests: usize },
    /// It has done it, goes away before it says so, and comes back likewise.
    DieAfter { requests: usize },
    /// It says no, and no to every later request for a name or its removal.
    RefuseFromNowOn,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<String, String>,
    /// The name to fail at, once, and how.
    fault: Option<(String, Fault)>,
    /// Requests that find nobody.
    away: usize,
    sulks: bool,
}

/// An engine of names alone.
struct Fake {
    _folder: tempfile::TempDir,
    engine: Engine,
    state: Arc<Mutex<State>>,
}

const OLD: [(&str, u8); 2] = [("app:1.0", 1), ("app:latest", 2)];
const NEW: u8 = 3;

/// The Id of the fake's image with this number.
fn id(number: u8) -> EngineId {
    EngineId::parse(&format!("sha256:{number:064}")).unwrap()
}

fn map(names: &[(&str, u8)]) -> BTreeMap<String, String> {
    names.iter().map(|(name, number)| ((*name).to_owned(), id(*number).to_string())).collect()
}

impl Fake {
    /// It has two of the three names; the third is new.
    async fn failing(fault: Option<(&str, Fault)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let fault = fault.map(|(name, fault)| (name.to_owned(), fault));
        let state = Arc::new(Mutex::new(State { names: map(&OLD), fault, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // One at a time, as the requests come.
                answer(stream, &mut shared.lock().unwrap());
            }
        });
        let engine = Engine::connect_to(&Host::Unix(path)).await.unwrap();
        Self { _folder: folder, engine, state }
    }

    async fn name(&self) -> (Result<(), EngineError>, Vec<LoadEvent>) {
        let events = Mutex::new(Vec::new());
        let names = ["app:1.0", "app:new", "app:latest"].map(|name| Reference::parse(name).unwrap());
        let named = self.engine.name(id(NEW), &names, &|| false, &|event| events.lock().unwrap().push(event)).await;
        (named, events.into_inner().unwrap())
    }

    fn names(&self) -> BTreeMap<String, String> {
        self.state.lock().unwrap().names.clone()
    }
}

/// Answers one request, or none, and closes the connection.
fn answer(mut stream: UnixStream, state: &mut State) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let request = lines.next().unwrap_or_default();
    lines.find(|line| line.is_empty());
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if state.away > 0 {
        state.away -= 1;
        return;
    }
    let (status, body) = if path.ends_with("/version") {
        ("200 OK", r#"{"Version":"25.0.1","ApiVersion":"1.44"}"#.to_owned())
    } else if path.ends_with("/info") {
        ("200 OK", r#"{"DriverStatus":[]}"#.to_owned())
    } else {
        let (before, query) = path.split_once('?').unwrap_or((path, ""));
        let subject = before.split("/images/").nth(1).unwrap_or_default();
        let subject = subject.replace("%3A", ":");
        let Some(said) = names(state, method, &subject, query) else { return };
        said
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes());
}

/// What it says about a name, if it lives to say it.
fn names(state: &mut State, method: &str, subject: &str, query: &str) -> Option<(&'static str, String)> {
    let refusal = ("500 Internal Server Error", r#"{"message":"no names today"}"#.to_owned());
    let missing = ("404 Not Found", r#"{"message":"No such image"}"#.to_owned());
    let done = ("201 Created", String::new());
    if let Some(name) = subject.strip_suffix("/json") {
        let id = state.names.get(name);
        return Some(id.map_or(missing, |id| ("200 OK", format!(r#"{{"Id":"{id}"}}"#))));
    }
    if state.sulks {
        return Some(refusal);
    }
    if method == "DELETE" {
        return Some(state.names.remove(subject).map_or(missing, |_| ("200 OK", "[]".to_owned())));
    }
    let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('=')).unwrap();
    let name = format!("{}:{}", value("repo"), value("tag"));
    let id = subject.strip_suffix("/tag").unwrap().to_owned();
    let fault = state.fault.take_if(|(at, _)| *at == name).map(|(_, fault)| fault);
    match fault {
        Some(Fault::Refuse) => return Some(refusal),
        Some(Fault::RefuseFromNowOn) => {
            state.sulks = true;
            return Some(refusal);
        }
        Some(Fault::DieBefore { requests }) => {
            state.away = requests;
            return None;
        }
        Some(Fault::DieAfter { requests }) => {
            state.names.insert(name, id);
            state.away = requests;
            return None;
        }
        None => {}
    }
    state.names.insert(name, id);
    Some(done)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_names_are_moved() {
    let fake = Fake::failing(None).await;
    fake.name().await.0.unwrap();
    assert_eq!(fake.names(), map(&[("app:1.0", NEW), ("app:latest", NEW), ("app:new", NEW)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_at_any_name_puts_all_back() {
    for at in ["app:1.0", "app:new", "app:latest"] {
        for fault in [Fault::Refuse, Fault::DieBefore { requests: 3 }, Fault::DieAfter { requests: 3 }] {
            let fake = Fake::failing(Some((at, fault))).await;
            let (named, events) = fake.name().await;
            let error = named.unwrap_err();
            assert!(matches!(&error, EngineError::NotNamed { name, .. } if name.to_string() == at), "{error:?}");
            assert!(error.to_string().contains("all names are as they were"), "{error}");
            assert_eq!(fake.names(), map(&OLD), "{fault:?} at {at}");
            // Whoever waits is told so, once.
            let waits = events.iter().filter(|event| matches!(event, LoadEvent::Waiting { .. })).count();
            assert_eq!(waits, usize::from(fault != Fault::Refuse), "{events:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_cannot_be_put_back_are_named_with_what_does_it() {
    let fake = Fake::failing(Some(("app:latest", Fault::RefuseFromNowOn))).await;
    let error = fake.name().await.0.unwrap_err();
    assert!(error.to_string().contains("these could not be put back: app:new, app:1.0"), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains("docker rmi app:new") && hint.contains(&format!("docker tag {} app:1.0", id(1))), "{hint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_between_two_names_puts_the_first_back() {
    let fake = Fake::failing(None).await;
    let names = ["app:1.0", "app:latest"].map(|name| Reference::parse(name).unwrap());
    let asked = AtomicBool::new(false);
    // Not before the first, but before the second.
    let stop = || asked.swap(true, Ordering::Relaxed);
    let error = fake.engine.name(id(NEW), &names, &stop, &|_| {}).await.unwrap_err();
    assert!(error.is_stop(), "{error:?}");
    assert_eq!(fake.names(), map(&OLD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_a_tag_is_latest_and_one_with_a_digest_is_none() {
    let fake = Fake::failing(None).await;
    fake.engine.name(id(NEW), &["app".parse().unwrap()], &|| false, &|_| {}).await.unwrap();
    assert_eq!(fake.names(), map(&[OLD[0], ("app:latest", NEW)]));
    let names = ["app:1.0".parse().unwrap(), format!("app@{}", id(NEW)).parse().unwrap()];
    let error = fake.engine.name(id(NEW), &names, &|| false, &|_| {}).await.unwrap_err();
    assert!(matches!(error, EngineError::Pinned { .. }), "{error:?}");
    assert_eq!(fake.names(), map(&[OLD[0], ("app:latest", NEW)]), "no name was moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_no_digest_is_not_believed() {
    let fake = Fake::failing(None).await;
    fake.state.lock().unwrap().names.insert("app:1.0".to_owned(), "sha256:old".to_owned());
    let error = fake.name().await.0.unwrap_err();
    assert!(matches!(error, EngineError::Id { .. }), "{error:?}");
}

/// The real engine: the second name is on an image, and the third name's image is no image at all.
#[tokio::test(flavor = "multi_thread")]
async fn the_engine_of_this_machine_puts_names_back() {
    let engine = engine().await;
    let (first, second) = (reference("first"), reference("second"));
    let (old, new) = (image(&[&fresh("old")], ZSTD), image(&[&fresh("new")], ZSTD));
    let id_of = async |image| load_nameless(&engine, image, &LoadOptions::default()).await.0.unwrap().id;
    let (old, new) = (id_of(&old).await, id_of(&new).await);
    engine.name(old, std::slice::from_ref(&first), &|| false, &|_| {}).await.unwrap();
    let id = async |name: &Reference| engine.image(&name.clone().into()).await.ok().and_then(|image| image.id);
    let old_id = Some(old.to_string());

    let asked = Mutex::new(0);
    let stop = || {
        *asked.lock().unwrap() += 1;
        *asked.lock().unwrap() > 2
    };
    let names = [first.clone(), second.clone(), reference("third")];
    let error = engine.name(new, &names, &stop, &|_| {}).await.unwrap_err();
    assert!(error.is_stop(), "{error:?}");
    assert_eq!((id(&first).await, id(&second).await), (old_id.clone(), None));

    // An image that is not there gets no name, and no name goes.
    let error = engine.name(self::id(0), &names, &|| false, &|_| {}).await.unwrap_err();
    assert!(matches!(error, EngineError::NotNamed { .. }), "{error:?}");
    assert_eq!(id(&first).await, old_id);
    remove(&engine, &first).await;
}
