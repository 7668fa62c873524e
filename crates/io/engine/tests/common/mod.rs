//! What the tests against a real engine share.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use bollard::query_parameters::RemoveImageOptionsBuilder;
use sage_oci_engine::{Engine, EngineError, LoadEvent, LoadOptions, Loaded, RunId, RunSpec};
use sage_oci_fake_image::{Layer, TinyImage};
use sage_oci_names::{Algorithm, Architecture, Compression, Reference};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The compression images have by default.
pub const ZSTD: Compression = Compression::usual(Algorithm::Zstd);

/// The engine that `DOCKER_HOST` names, or the machine's.
pub async fn engine() -> Engine {
    Engine::connect().await.expect("these tests need a running container engine (Docker or podman)")
}

/// A name no other test uses.
pub fn reference(purpose: &str) -> Reference {
    Reference::parse(&format!("sage-oci-test-{}:{purpose}", RunId::unique().as_str())).unwrap()
}

/// Content that no other run and no other test has, so that no engine knows it.
pub fn fresh(purpose: &str) -> Vec<u8> {
    format!("{purpose} of {}", RunId::unique().as_str()).into_bytes()
}

/// An image whose layers no engine knows, but for the program's.
pub fn image(contents: &[&[u8]], compression: Compression) -> TinyImage {
    let layer = |(place, content): (usize, &&[u8])| {
        Layer::new(&format!("data{place}")).file(&format!("data/{place}"), content.to_vec())
    };
    let layers: Vec<_> = contents.iter().enumerate().map(layer).collect();
    TinyImage::build(&layers, compression)
}

/// Loads, names, and gives the events too.
pub async fn load(
    engine: &Engine,
    image: &TinyImage,
    reference: &Reference,
    options: &LoadOptions,
) -> (Result<Loaded, EngineError>, Vec<LoadEvent>) {
    let (loaded, events) = load_nameless(engine, image, options).await;
    if let Ok(loaded) = &loaded {
        engine.name(loaded.id, std::slice::from_ref(reference), &|| false, &|_| {}).await.unwrap();
    }
    (loaded, events)
}

/// Loads, and gives the events too.
pub async fn load_nameless(
    engine: &Engine,
    image: &TinyImage,
    options: &LoadOptions,
) -> (Result<Loaded, EngineError>, Vec<LoadEvent>) {
    let events = Mutex::new(Vec::new());
    let tell = |event| events.lock().unwrap().push(event);
    let architecture = Architecture::host().unwrap();
    let loaded = engine.load(Arc::new(image.source.clone()), architecture, &[], options, &tell).await;
    (loaded, events.into_inner().unwrap())
}

/// Whether the engine knows a name.
pub async fn exists(engine: &Engine, name: &str) -> bool {
    engine.client().inspect_image(name).await.is_ok()
}

/// Removes a name, and the image with its last one.
pub async fn remove(engine: &Engine, reference: &Reference) {
    let options = RemoveImageOptionsBuilder::default().force(true).build();
    engine.client().remove_image(&reference.to_string(), Some(options), None).await.unwrap();
}

/// Runs `/bin/tiny` of an image and gives its standard output.
pub async fn tiny(engine: &Engine, reference: &Reference, arguments: &[&str]) -> String {
    let command = std::iter::once("/bin/tiny").chain(arguments.iter().copied());
    // Machines that run tests are busy; the deadline is not what is tested.
    let timeout = Duration::from_secs(300);
    let spec = RunSpec { timeout, ..RunSpec::new(reference.clone(), command, RunId::unique()) };
    let output = engine.run(&spec).await.unwrap();
    assert_eq!(output.exit, Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
