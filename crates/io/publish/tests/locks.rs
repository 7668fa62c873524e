//! Locks beside images: each image has its own, put there once however often, and nobody else's is lost.

mod support;

use sage_oci_image::{
    ConfigSettings, ImageInput, ImageSource, Joined, LayerRef, LayerType, MemoryImage, assemble, digest_of, read_blob,
};
use sage_oci_names::{Architecture, BlobDigest, DiffId, LayerName};
use sage_oci_publish::{ImageLock, LOCK_KIND, PublishError, REPORT};
use sage_oci_registry::{NoProgress, RemoteImage};
use std::path::Path;
use std::sync::Arc;
use support::{World, profiles};

const LAYER: &[u8] = b"layer";

fn lock(architecture: Architecture) -> Vec<u8> {
    format!("{{\"format\": 2, \"architecture\": \"{architecture}\"}}\n").into_bytes()
}

/// An image that names its lock, and has it where `is_there`.
fn image(architecture: Architecture, is_there: bool) -> (MemoryImage, BlobDigest) {
    let (blob, lock) = (digest_of(LAYER), lock(architecture));
    let digest = digest_of(&lock);
    let input = ImageInput {
        architecture,
        epoch: 1,
        layers: vec![LayerRef {
            name: LayerName::parse("layer").unwrap(),
            diff_id: DiffId::parse(&blob.to_string()).unwrap(),
            blob,
            size: LAYER.len() as u64,
            media_type: LayerType::Tar,
        }],
        config: ConfigSettings::default(),
        annotations: [("org.sage-oci.lock".to_owned(), digest.to_string())].into(),
        below: None,
    };
    let blobs = [LAYER.to_vec()].into_iter().chain(is_there.then_some(lock));
    (MemoryImage::new(&assemble(&input).unwrap(), blobs), digest)
}

fn push(world: &World, source: &dyn ImageSource, journals: &Path) -> BlobDigest {
    let locks = ImageLock::all(source).unwrap();
    let pushed = world.registry.push(source, journals, &NoProgress).unwrap();
    for lock in &locks {
        lock.attach(&world.registry).unwrap();
    }
    pushed.digest
}

#[test]
fn each_image_of_an_index_has_its_own_and_only_once() {
    for profile in profiles() {
        let name = profile.name;
        let world = World::new(profile);
        let journals = tempfile::tempdir().unwrap();
        let both = [Architecture::Amd64, Architecture::Arm64];
        let parts: Vec<Arc<dyn ImageSource>> =
            both.map(|one| Arc::new(image(one, true).0) as Arc<dyn ImageSource>).into();
        let joined = Joined::of(parts).unwrap();
        let locks = ImageLock::all(&joined).unwrap();
        let digest = push(&world, &joined, journals.path());
        // Somebody's report, and the same push again.
        world.report(&locks[0].image.digest, &["passed"], 10, None);
        assert_eq!(push(&world, &joined, journals.path()), digest, "{name}");
        for (lock, architecture) in locks.iter().zip(both) {
            let there = world.registry.referrers(&lock.image.digest, LOCK_KIND).unwrap();
            let [entry] = there.as_slice() else { panic!("{name}: {there:?}") };
            let artifact = world.registry.artifact(&entry.digest, LOCK_KIND).unwrap().unwrap();
            assert_eq!(artifact.bytes, self::lock(architecture), "{name}");
            assert_eq!(artifact.annotations["org.sage-oci.lock"], lock.digest.to_string(), "{name}");
        }
        assert_eq!(world.registry.referrers(&digest, LOCK_KIND).unwrap().len(), 0, "{name}: an index has no lock");
        assert_eq!(world.registry.referrers(&locks[0].image.digest, REPORT).unwrap().len(), 1, "{name}");
        // Whoever has the image finds it by the digest that the image says.
        let remote = RemoteImage::open(Arc::clone(&world.registry), &digest.to_string()).unwrap();
        assert_eq!(read_blob(&remote, "the lock", &locks[1].digest).unwrap(), Some(lock(both[1])), "{name}");
        assert_eq!(ImageLock::all(&remote).unwrap(), locks, "{name}: from one registry to the next");
    }
}

#[test]
fn an_image_that_lacks_its_lock_is_pushed_without() {
    let world = World::new(profiles().remove(0));
    let journals = tempfile::tempdir().unwrap();
    let (source, digest) = image(Architecture::Amd64, false);
    let locks = ImageLock::all(&source).unwrap();
    assert_eq!((locks.len(), locks[0].digest, &locks[0].text), (1, digest, &None));
    let pushed = push(&world, &source, journals.path());
    assert_eq!(world.registry.referrers(&pushed, LOCK_KIND).unwrap().len(), 0);
    let remote = RemoteImage::open(Arc::clone(&world.registry), &pushed.to_string()).unwrap();
    assert_eq!(read_blob(&remote, "the lock", &digest).unwrap(), None);
}

#[test]
fn a_damaged_lock_is_told_before_anything_is_sent() {
    let (mut source, digest) = image(Architecture::Amd64, true);
    source.replace(digest, b"{}".to_vec());
    let error = ImageLock::all(&source).unwrap_err();
    assert!(matches!(error, PublishError::Image(_)) && error.to_string().contains(&digest.to_string()), "{error}");
}
