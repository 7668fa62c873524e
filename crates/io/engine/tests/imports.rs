//! Imports into engines of every kind, none of them real: what is sent, what their words come to, and what is believed.

use sage_oci_engine::{Engine, EngineError, Host, LoadEvent, LoadOptions, Loaded};
use sage_oci_fake_engine::{About, FakeEngine, Image, Load, digest};
use sage_oci_fake_image::{Layer, TinyImage};
use sage_oci_hint::Hint as _;
use sage_oci_image::{Depth, validate};
use sage_oci_names::{Algorithm, Architecture, BlobDigest, Compression, EngineId};
use std::sync::{Arc, Mutex};

const ZSTD: Compression = Compression::usual(Algorithm::Zstd);

/// An engine, and an image of three layers for it.
struct Bench {
    fake: FakeEngine,
    engine: Engine,
    image: TinyImage,
}

async fn connect(fake: &FakeEngine) -> Engine {
    Engine::connect_to(&Host::parse(&format!("unix://{}", fake.socket().display())).unwrap()).await.unwrap()
}

impl Bench {
    async fn new(about: About) -> Self {
        Self::with(about, ZSTD).await
    }

    async fn with(about: About, compression: Compression) -> Self {
        let fake = FakeEngine::start(about);
        let engine = connect(&fake).await;
        let layers = [Layer::new("low").file("low", "low"), Layer::new("top").file("top", "top")];
        Self { fake, engine, image: TinyImage::build(&layers, compression) }
    }

    /// What the engine calls the image.
    fn id(&self) -> String {
        let documents = &self.image.documents;
        match self.engine.kind() {
            sage_oci_engine::StoreKind::Containerd => documents.manifest_digest.to_string(),
            _ => documents.config_digest.to_string(),
        }
    }

    /// The image's diff ids, but for those at the top.
    fn diff_ids(&self, layers: usize) -> Vec<String> {
        self.image.input.layers[..layers].iter().map(|layer| layer.diff_id.to_string()).collect()
    }

    /// The image as the engine has it after a good import.
    fn imported(&self) -> Image {
        Image { layers: self.diff_ids(3), ..Image::new(&self.id(), &[]) }
    }

    /// Another image of the engine with the lowest layers of ours.
    fn relative(&self, layers: usize) -> Image {
        Image { layers: self.diff_ids(layers), ..Image::new(&digest(2), &[]) }.named("tiny:old")
    }

    async fn load(&self) -> (Result<Loaded, EngineError>, Vec<LoadEvent>) {
        self.load_with(&LoadOptions::default()).await
    }

    async fn load_with(&self, options: &LoadOptions) -> (Result<Loaded, EngineError>, Vec<LoadEvent>) {
        let events = Mutex::new(Vec::new());
        let tell = |event| events.lock().unwrap().push(event);
        let source = Arc::new(self.image.source.clone());
        let loaded = self.engine.load(source, Architecture::host().unwrap(), &[], options, &tell).await;
        // How much has gone at a time is the machine's affair.
        let mut events = events.into_inner().unwrap();
        events.retain(|event| !matches!(event, LoadEvent::Sent(_) | LoadEvent::Unpacking));
        (loaded, events)
    }

    /// The layers of ours that an archive holds, by their places.
    fn layers_in(&self, files: &std::collections::BTreeMap<String, Vec<u8>>, plain: bool) -> Vec<usize> {
        let name = |place: &usize| {
            let layer = &self.image.input.layers[*place];
            let digest = if plain { BlobDigest::new(layer.diff_id.sha256()) } else { layer.blob };
            files.contains_key(&sage_oci_image::blob_path(&digest))
        };
        (0..3).filter(name).collect()
    }

    fn size(&self, layers: std::ops::Range<usize>) -> u64 {
        self.image.input.layers[layers].iter().map(|layer| layer.size).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_hangs_on_what_the_engine_has() {
    for (about, known, skipped) in [
        (About::docker_28(), 0, 0),
        (About::docker_28(), 2, 2),
        (About::containerd(), 1, 1),
        // Without the API that says whether all blobs are there, containerd's store gets everything.
        (About::new(sage_oci_fake_engine::Kind::Containerd, "27.0.0", "1.46"), 2, 0),
        (About::podman(), 2, 0),
    ] {
        let bench = Bench::new(about).await;
        bench.fake.has(bench.relative(known));
        bench.fake.takes(Load::taken(bench.imported()));
        let (loaded, events) = bench.load().await;
        let expected = Loaded {
            id: EngineId::parse(&bench.id()).unwrap(),
            sent_bytes: loaded.as_ref().unwrap().sent_bytes,
            skipped_bytes: bench.size(0..skipped),
            sent_again: false,
        };
        assert_eq!(loaded.unwrap(), expected);
        let planned = LoadEvent::Planned {
            known: skipped,
            layers: 3,
            send: bench.size(skipped..3),
            skip: bench.size(0..skipped),
        };
        assert_eq!(events, [planned, LoadEvent::Checking]);
        let archives = bench.fake.archives();
        assert_eq!(archives.len(), 1);
        assert_eq!(bench.layers_in(&archives[0], false), (skipped..3).collect::<Vec<_>>());
        // Both halves are there, whatever is left out.
        for document in ["oci-layout", "index.json", "manifest.json"] {
            assert!(archives[0].contains_key(document), "{document}");
        }
        assert_eq!(bench.fake.containers(), 0, "the one that tried it is gone");
        assert_eq!(bench.fake.bodies().len(), 1);
    }
}

/// Docker before 23 takes no zstd: it gets the layers as they are inside, under their diff ids, and no layout that would name others.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_without_zstd_gets_plain_layers() {
    for (about, compression, plain) in [
        (About::docker_20(), ZSTD, true),
        (About::docker_20(), Compression::usual(Algorithm::Gzip), false),
        (About::docker_28(), ZSTD, false),
        (About::new(sage_oci_fake_engine::Kind::GraphDriver, "23.0.0", "1.42"), ZSTD, false),
        (About::new(sage_oci_fake_engine::Kind::GraphDriver, "22.0.1", "1.42"), ZSTD, true),
        (About::new(sage_oci_fake_engine::Kind::GraphDriver, "master-dev", "1.52"), ZSTD, false),
        (About::podman(), ZSTD, false),
    ] {
        let bench = Bench::with(about.clone(), compression).await;
        bench.fake.takes(Load::taken(bench.imported()));
        bench.load().await.0.unwrap();
        let archive = bench.fake.archives().remove(0);
        assert_eq!(bench.layers_in(&archive, plain), [0, 1, 2], "{about:?}");
        assert_eq!(archive.contains_key("index.json"), !plain, "{about:?}");
        if plain {
            // A layer is named by what it holds, so that the engine finds what it expects.
            let layer = &bench.image.input.layers[1];
            let path = sage_oci_image::blob_path(&BlobDigest::new(layer.diff_id.sha256()));
            assert_eq!(sage_oci_image::digest_of(&archive[&path]).to_string(), layer.diff_id.to_string());
        }
    }
    validate(&Bench::new(About::docker_28()).await.image.source, Depth::Full).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_there_and_sound_is_sent_nothing_of() {
    for about in [About::docker_28(), About::containerd(), About::podman()] {
        let bench = Bench::new(about).await;
        bench.fake.has(bench.imported());
        let (loaded, events) = bench.load().await;
        let loaded = loaded.unwrap();
        assert_eq!((loaded.sent_bytes, loaded.skipped_bytes, events), (0, bench.size(0..3), vec![]));
        assert!(bench.fake.archives().is_empty());
        // Unless all of it is asked for.
        bench.fake.takes(Load::taken(bench.imported()));
        let (loaded, events) = bench.load_with(&LoadOptions { complete: true, ..LoadOptions::default() }).await;
        assert_eq!(loaded.unwrap().skipped_bytes, 0);
        assert!(matches!(events[0], LoadEvent::Planned { known: 0, .. }), "{events:?}");
        assert_eq!(bench.layers_in(&bench.fake.archives()[0], false), [0, 1, 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_there_and_not_sound_is_sent_whole() {
    let bench = Bench::new(About::containerd()).await;
    bench.fake.has(Image { whole: false, ..bench.imported() });
    bench.fake.takes(Load::taken(bench.imported()));
    let (loaded, events) = bench.load().await;
    assert_eq!(loaded.unwrap().skipped_bytes, 0);
    assert!(matches!(events[0], LoadEvent::Planned { known: 0, .. }), "{events:?}");
    assert_eq!(bench.layers_in(&bench.fake.archives()[0], false), [0, 1, 2]);
}

/// What engines say of an image that they do not take, and what becomes of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_every_engine() {
    let detail = |words: &str| serde_json::json!({ "errorDetail": { "message": words }, "error": words }).to_string();
    let stream = |words: &str| serde_json::json!({ "stream": words }).to_string();
    let refusal = "the engine did not take the image: ";
    for (about, load, said, hint) in [
        // Docker 20.10 and its successors, in the middle of a stream that began with 200.
        (
            About::docker_20(),
            Load::says(&[&detail("Error processing tar file(exit status 1): unexpected EOF")]),
            format!("{refusal}Error processing tar file(exit status 1): unexpected EOF"),
            None,
        ),
        (
            About::docker_28(),
            Load::says(&[
                &stream("Loading layer"),
                &detail("invalid manifest, layers length mismatch: expected 3, got 1"),
            ]),
            format!("{refusal}invalid manifest, layers length mismatch: expected 3, got 1"),
            None,
        ),
        (
            About::docker_28(),
            Load::says(&[&detail(
                "open /var/lib/docker/tmp/docker-import-1/blobs/sha256/00: no such file or directory",
            )]),
            format!("{refusal}open /var/lib/docker/tmp/docker-import-1/blobs/sha256/00: no such file or directory"),
            None,
        ),
        (
            About::docker_20(),
            Load::says(&[&detail("write /var/lib/docker/x: no space left on device")]),
            format!("{refusal}write /var/lib/docker/x: no space left on device"),
            Some("the engine's disk is full; `docker system df` shows what takes the room"),
        ),
        // containerd's store: plain text, and a success after it.
        (
            About::containerd(),
            Load::says(&[&stream("Error unpacking image sha256:00: no such blob\n"), &stream("Loaded image: a:1\n")]),
            format!("{refusal}Error unpacking image sha256:00: no such blob"),
            None,
        ),
        (
            About::containerd(),
            Load::says(&[&stream("Error unpacking image sha256:00: write: no space left on device\n")]),
            format!("{refusal}Error unpacking image sha256:00: write: no space left on device"),
            Some("the engine's disk is full; `docker system df` shows what takes the room"),
        ),
        // podman's service: a status that tells.
        (
            About::podman(),
            Load::refused(500, "payload does not match any of the supported image formats"),
            "the engine failed while taking the image".to_owned(),
            None,
        ),
        (
            About::podman(),
            Load::says(&[&detail("write /var/lib/containers/x: no space left on device")]),
            format!("{refusal}write /var/lib/containers/x: no space left on device"),
            Some("the engine's disk is full; `podman system df` shows what takes the room"),
        ),
    ] {
        let bench = Bench::with(about, Compression::NONE).await;
        bench.fake.takes(load.clone());
        let (loaded, events) = bench.load().await;
        let error = loaded.unwrap_err();
        assert_eq!((error.to_string(), error.hint().as_deref()), (said, hint));
        assert!(!error.should_retry() && !error.is_stop());
        // All of it was sent; to send it again would change nothing.
        assert!(!events.iter().any(|event| matches!(event, LoadEvent::Again { .. })), "{events:?}");
        assert_eq!(bench.fake.archives().len(), 1);
    }
}

/// An engine that does not take a part gets the whole, once, whatever it has said.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_refused_is_followed_by_the_whole() {
    let unpacking = "{\"stream\":\"Error unpacking image: x\"}";
    for (about, load) in [
        (About::docker_28(), Load::says(&["{\"errorDetail\":{\"message\":\"x\"},\"error\":\"x\"}"])),
        (About::docker_28(), Load::refused(500, "x")),
        // Success is said, and the image is not there, or another one is.
        (About::docker_28(), Load::says(&[])),
        (About::containerd(), Load::says(&[unpacking])),
    ] {
        let bench = Bench::new(about).await;
        bench.fake.has(bench.relative(2));
        bench.fake.takes(load);
        bench.fake.takes(Load::taken(bench.imported()));
        let (loaded, events) = bench.load().await;
        let loaded = loaded.unwrap();
        assert!(loaded.sent_again && loaded.skipped_bytes == 0, "{loaded:?}");
        let again = events.iter().filter(|event| matches!(event, LoadEvent::Again { .. })).count();
        assert_eq!(again, 1, "{events:?}");
        let archives = bench.fake.archives();
        let sent: Vec<_> = archives.iter().map(|archive| bench.layers_in(archive, false)).collect();
        assert_eq!(sent, [vec![2], vec![0, 1, 2]]);
        // Both count as sent.
        let least = archives.iter().flatten().map(|(_, content)| content.len() as u64).sum::<u64>();
        assert!(loaded.sent_bytes > least, "{loaded:?}");
    }
    // Refused twice is refused.
    let bench = Bench::new(About::docker_28()).await;
    bench.fake.has(bench.relative(2));
    bench.fake.takes(Load::refused(500, "first"));
    bench.fake.takes(Load::says(&["{\"errorDetail\":{\"message\":\"second\"},\"error\":\"second\"}"]));
    let error = bench.load().await.0.unwrap_err();
    assert_eq!(error.to_string(), "the engine did not take the image: second");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_says_afterwards_decides_what_is_believed() {
    let bench = Bench::new(About::docker_28()).await;
    let (id, ids) = (bench.id(), bench.diff_ids(3));
    let missing_top = Image { layers: ids[..2].to_vec(), ..bench.imported() };
    let swapped = Image { layers: vec![ids[1].clone(), ids[0].clone(), ids[2].clone()], ..bench.imported() };
    let more = Image { layers: [&ids[..], &["sha256:more".to_owned()]].concat(), ..bench.imported() };
    // Called otherwise, and found by our id as a name only.
    let other = Image { id: digest(3), ..bench.imported() }.named(&id);
    for (image, doubt) in [
        (None, "the engine reported success but has no such image".to_owned()),
        (Some(missing_top), format!("layer 2 is nothing, expected {}", ids[2])),
        (Some(swapped), format!("layer 0 is {}, expected {}", ids[1], ids[0])),
        (Some(more), "layer 3 is sha256:more, expected nothing".to_owned()),
        (Some(other), format!("the engine calls it {}", digest(3))),
    ] {
        let bench = Bench::new(About::docker_28()).await;
        let says = Load::says(&[]);
        bench.fake.takes(match image {
            Some(image) => says.leaving(image),
            None => says,
        });
        let error = bench.load().await.0.unwrap_err();
        let expected = format!("the engine's image {id} is not the one that was sent: {doubt}");
        assert!(matches!(error, EngineError::NotBelieved { .. }), "{error:?}");
        assert_eq!((error.to_string(), error.hint()), (expected, None));
    }
    let bench = Bench::new(About::containerd()).await;
    bench.fake.takes(Load::taken(Image { whole: false, ..bench.imported() }));
    let error = bench.load().await.0.unwrap_err();
    assert!(error.to_string().ends_with("some of its blobs are missing from the engine's store"), "{error}");
    // Layers that were written down and never unpacked: no container can be made of them.
    let bench = Bench::new(About::docker_28()).await;
    bench.fake.takes(Load::taken(bench.imported()));
    bench.fake.refuse("POST /containers/create", 500, "failed to mount layer");
    let error = bench.load().await.0.unwrap_err();
    assert!(matches!(error, EngineError::Api { .. }), "{error:?}");
    assert!(error.to_string().contains("making a container of image sha256:"), "{error}");
}

/// What a failed import has left is removed, unless it has a name: then somebody wants it.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_import_leaves_no_image_without_a_name() {
    for (named, left) in [(false, 0), (true, 1)] {
        let bench = Bench::new(About::docker_28()).await;
        let image = Image { layers: bench.diff_ids(1), ..bench.imported() };
        bench.fake.takes(Load::taken(if named { image.named("kept:1") } else { image }));
        bench.load().await.0.unwrap_err();
        assert_eq!(bench.fake.images().len(), left, "named: {named}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_image_is_not_sent_to_its_end() {
    // With plain layers the content is looked at first, and for podman, which does not look itself.
    for about in [About::docker_28(), About::docker_20(), About::podman()] {
        let mut bench = Bench::new(about).await;
        let layer = bench.image.input.layers[1].clone();
        bench.image.source.replace(layer.blob, vec![7; usize::try_from(layer.size).unwrap()]);
        let error = bench.load().await.0.unwrap_err();
        assert!(matches!(error, EngineError::Image(_)), "{error:?}");
        assert!(error.to_string().contains(&layer.blob.to_string()), "{error}");
        assert!(bench.fake.archives().is_empty(), "the engine has seen a whole archive");
        bench.image.source.remove(&layer.blob);
        let error = bench.load().await.0.unwrap_err();
        assert!(error.to_string().contains(&layer.blob.to_string()), "{error}");
        assert!(bench.fake.archives().is_empty() && bench.fake.images().is_empty());
    }
}
