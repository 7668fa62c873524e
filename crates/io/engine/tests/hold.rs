//! An image without a name, under tests that build images on top of it.

mod common;

use common::{ZSTD, engine, exists, fresh, image, load_nameless};
use sage_oci_engine::{Engine, LoadOptions, RunId, StoreKind};
use sage_oci_names::EngineId;
use std::collections::BTreeMap;
use std::time::Duration;

/// Builds an image on another one and removes it.
async fn build_on(engine: &Engine, id: EngineId, run: &RunId) {
    let derived =
        engine.derive(&id.into(), "LABEL x=y\n", &BTreeMap::new(), run, Duration::from_secs(60)).await.unwrap();
    derived.remove().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_stays_when_an_image_on_top_of_it_goes() {
    let (engine, run) = (engine().await, RunId::unique());
    let image = image(&[&fresh("held")], ZSTD);
    let id = load_nameless(&engine, &image, &LoadOptions::default()).await.0.unwrap().id;
    let held = engine.hold(&id.into(), &run).await.unwrap();
    build_on(&engine, id, &run).await;
    assert!(exists(&engine, &id.to_string()).await, "it went with what was built on it");
    held.release().await.unwrap();
    assert!(engine.containers_of(&run).await.unwrap().is_empty());
    if matches!(engine.kind(), StoreKind::GraphDriver) {
        // This is what it is held for.
        build_on(&engine, id, &run).await;
        assert!(!exists(&engine, &id.to_string()).await, "this engine spares it by itself");
    } else {
        engine.remove_leftovers(&run).await.unwrap();
    }
}
