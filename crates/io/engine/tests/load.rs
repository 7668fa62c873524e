//! Imports into the engine of this machine: whole, nothing, a part, and what must not be believed.

mod common;

use common::{ZSTD, engine, exists, fresh, image, load, reference, remove, tiny};
use sage_oci_engine::{EngineError, LoadEvent, LoadOptions, StoreKind};
use sage_oci_hint::Hint as _;
use sage_oci_image::{ImageSource, MemoryImage, SourceError};
use sage_oci_names::{Algorithm, Compression};
use sage_oci_names::{Architecture, BlobDigest};
use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn every_compression_arrives_and_runs() {
    let engine = engine().await;
    for (name, compression) in
        [("none", Compression::NONE), ("gzip", Compression::usual(Algorithm::Gzip)), ("zstd", ZSTD)]
    {
        let (image, reference) = (image(&[&fresh(name)], compression), reference(name));
        let (loaded, _) = load(&engine, &image, &reference, &LoadOptions::default()).await;
        let loaded = loaded.unwrap();
        let documents = &image.documents;
        let id = match engine.kind() {
            StoreKind::Containerd => documents.manifest_digest,
            StoreKind::GraphDriver | StoreKind::Podman => documents.config_digest,
        };
        assert_eq!(loaded.id, id.into());
        assert_eq!(tiny(&engine, &reference, &["echo", "a b", "c"]).await, "a b\nc\n");
        remove(&engine, &reference).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_image_again_sends_nothing() {
    let engine = engine().await;
    let (image, first, second) = (image(&[&fresh("same")], ZSTD), reference("first"), reference("second"));
    load(&engine, &image, &first, &LoadOptions::default()).await.0.unwrap();
    let (loaded, events) = load(&engine, &image, &second, &LoadOptions::default()).await;
    assert_eq!((loaded.unwrap().sent_bytes, events), (0, vec![]));
    assert!(exists(&engine, &second.to_string()).await);
    remove(&engine, &first).await;
    remove(&engine, &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_changed_layer_is_sent() {
    let engine = engine().await;
    let big = fresh("big").repeat(20_000);
    let (old_reference, new_reference) = (reference("old"), reference("new"));
    let old = image(&[&big, &fresh("old top")], ZSTD);
    let new = image(&[&big, &fresh("new top")], ZSTD);
    load(&engine, &old, &old_reference, &LoadOptions::default()).await.0.unwrap();
    let (loaded, events) = load(&engine, &new, &new_reference, &LoadOptions::default()).await;
    let loaded = loaded.unwrap();
    assert!(!loaded.sent_again, "{events:?}");
    let sizes: Vec<_> = new.input.layers.iter().map(|layer| layer.size).collect();
    let known = if engine.kind() == StoreKind::Podman { 0 } else { 2 };
    let (skip, send) = (sizes[..known].iter().sum(), sizes[known..].iter().sum());
    assert_eq!(events[0], LoadEvent::Planned { known, layers: 3, send, skip });
    assert_eq!(loaded.skipped_bytes, skip);
    assert_eq!(tiny(&engine, &new_reference, &["echo", "runs"]).await, "runs\n");

    // Where a layer below changes, all above it is sent: the chain id changes.
    let (low, low_reference) = (image(&[&fresh("low"), &fresh("old top")], ZSTD), reference("low"));
    let (_, events) = load(&engine, &low, &low_reference, &LoadOptions::default()).await;
    let known = if engine.kind() == StoreKind::Podman { 0 } else { 1 };
    assert!(matches!(events[0], LoadEvent::Planned { known: seen, .. } if seen == known), "{events:?}");
    for reference in [old_reference, new_reference, low_reference] {
        remove(&engine, &reference).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_layer_is_refused_and_leaves_no_name() {
    let engine = engine().await;
    for compression in [ZSTD, Compression::usual(Algorithm::Gzip)] {
        let (mut image, reference) = (image(&[&fresh("damaged")], compression), reference("damaged"));
        let layer = image.input.layers[1].clone();
        image.source.replace(layer.blob, vec![7; layer.size as usize]);
        let (loaded, _) = load(&engine, &image, &reference, &LoadOptions::default()).await;
        let error = loaded.unwrap_err();
        assert!(matches!(error, EngineError::Image(_)), "{error:?}");
        assert!(error.to_string().contains(&layer.blob.to_string()), "{error}");
        assert!(error.hint().unwrap().contains("damaged"));
        assert!(!exists(&engine, &reference.to_string()).await);
        assert!(!exists(&engine, &image.documents.config_digest.to_string()).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_with_another_content_than_the_config_says_is_refused() {
    let engine = engine().await;
    let (right, other) = (image(&[&fresh("right")], Compression::NONE), image(&[&fresh("other")], Compression::NONE));
    // Documents that are sound among themselves but promise a diff id that the content does not have.
    let mut input = right.input.clone();
    input.layers[1].diff_id = other.input.layers[1].diff_id;
    let documents = sage_oci_image::assemble(&input).unwrap();
    let mut source = right.source.clone();
    source.replace(documents.config_digest, documents.config.clone());
    let blobs = right.input.layers.iter().map(|layer| blob(&source, &layer.blob)).collect::<Vec<_>>();
    let source = MemoryImage::new(&documents, blobs);
    let image = sage_oci_fake_image::TinyImage { input, documents, source };
    let reference = reference("lie");
    let (loaded, _) = load(&engine, &image, &reference, &LoadOptions::default()).await;
    let error = loaded.unwrap_err();
    let by_us = matches!(error, EngineError::Image(_));
    let by_engine = matches!(error, EngineError::LoadRefused { .. } | EngineError::Api { .. });
    assert!(by_us || by_engine, "{error:?}");
    assert!(!exists(&engine, &reference.to_string()).await);
}

fn blob(source: &dyn ImageSource, digest: &BlobDigest) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::copy(&mut source.blob(digest).unwrap().unwrap(), &mut bytes).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_load_leaves_the_name_where_it_was() {
    let engine = engine().await;
    let reference = reference("kept");
    let good = image(&[&fresh("good")], ZSTD);
    let (loaded, _) = load(&engine, &good, &reference, &LoadOptions::default()).await;
    let id = loaded.unwrap().id;
    let mut bad = image(&[&fresh("bad")], ZSTD);
    bad.source.remove(&bad.input.layers[1].blob.clone());
    let (loaded, _) = load(&engine, &bad, &reference, &LoadOptions::default()).await;
    let error = loaded.unwrap_err();
    assert!(error.to_string().contains(&bad.input.layers[1].blob.to_string()), "{error}");
    assert_eq!(engine.client().inspect_image(&reference.to_string()).await.unwrap().id.unwrap(), id.to_string());
    remove(&engine, &reference).await;
}

/// An image, one of whose blobs comes to its half and goes on when the test lets it.
struct Stalling {
    image: MemoryImage,
    blob: BlobDigest,
    /// How often the blob is read whole before: where its content is checked first.
    whole: AtomicUsize,
    go_on: Mutex<Option<Receiver<()>>>,
}

impl ImageSource for Stalling {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        self.image.index()
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        self.image.blob_size(digest)
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        let stalls =
            *digest == self.blob && self.whole.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err();
        let Some(go_on) = stalls.then(|| self.go_on.lock().unwrap().take()).flatten() else {
            return self.image.blob(digest);
        };
        let bytes = blob(&self.image, digest);
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let second = Waiting { go_on, bytes: Cursor::new(second.to_vec()) };
        Ok(Some(Box::new(Cursor::new(first.to_vec()).chain(second))))
    }
}

/// Bytes that come once the other end of the channel is gone.
struct Waiting {
    go_on: Receiver<()>,
    bytes: Cursor<Vec<u8>>,
}

impl Read for Waiting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let _ = self.go_on.recv();
        self.bytes.read(buffer)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_load_leaves_nothing() {
    let engine = engine().await;
    let image = image(&[&fresh("dropped").repeat(200_000)], Compression::NONE);
    let (stalled, go_on) = channel();
    let source = Arc::new(Stalling {
        image: image.source.clone(),
        blob: image.input.layers[1].blob,
        whole: AtomicUsize::new(usize::from(engine.kind() == StoreKind::Podman)),
        go_on: Mutex::new(Some(go_on)),
    });
    let options = LoadOptions::default();
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |event| sender.send(event).unwrap();
    let architecture = Architecture::host().unwrap();
    {
        let whole = engine.load(source, architecture, &[], &options, &tell);
        tokio::pin!(whole);
        // Dropped when the engine has taken some of it, of which there is more to come.
        loop {
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Some(LoadEvent::Sent(1..)) => break,
                    Some(LoadEvent::Planned { .. }) => {}
                    other => panic!("it was not sent piece by piece: {other:?}"),
                },
                ended = &mut whole => panic!("it has no second half: {ended:?}"),
            }
        }
    }
    drop(stalled);
    // The engine ends such an import on its own; what it has got would be an image by then.
    for _ in 0..30 {
        assert!(!exists(&engine, &image.documents.config_digest.to_string()).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
