//! What a package may unpack to: what can be locked can be built, and the other way round.

use sage_oci_archive::{ArchiveError, ImageRequest, LockRequest, NoProgress, SuiteRequest, make_lock};
use sage_oci_census::Census;
use sage_oci_deb::{DebError, UNPACKED_SLACK};
use sage_oci_fake_mirror::Mirror;
use sage_oci_fake_suite::{Compression, DATE, Package, Suite, deb_bytes, key_armored};
use sage_oci_names::{self as names, Algorithm, Architecture, ChannelName, ImageName, PackageName};
use sage_oci_recipe::{LayerPackage, LayerStep, Sealing, Step};
use sage_oci_signature::Keyring;
use sage_oci_steps::{Outputs, StepError, run};
use std::collections::{BTreeMap, BTreeSet};

/// Locks a suite of one package.
fn lock(package: &Package) -> Result<(), ArchiveError> {
    let folder = tempfile::tempdir().unwrap();
    Suite::new("tiny").package(package.clone()).write_to(folder.path().join("mirror")).unwrap();
    let mirror = Mirror::serve(folder.path().join("mirror")).unwrap();
    let app = PackageName::parse("app").unwrap();
    let request = LockRequest {
        channel: ChannelName::parse("tiny").unwrap(),
        suites: vec![SuiteRequest {
            suite: "tiny".to_owned(),
            components: vec!["main".to_owned()],
            mirrors: vec![mirror.url()],
            snapshot: None,
            keyring: Keyring::from_armored(&[("test", key_armored())]).unwrap(),
            security: false,
        }],
        architecture: Architecture::Amd64,
        machines: Vec::new(),
        compilers: Vec::new(),
        images: vec![ImageRequest {
            name: ImageName::parse("app-image").unwrap(),
            extends: None,
            version_of: app.clone(),
            wanted: vec![app],
            left_out: Vec::new(),
            brought_back: Vec::new(),
            payload: Vec::new(),
            sources: Vec::new(),
        }],
        census: &Census::default(),
        previous: None,
        accept_expired: false,
        allow_older: false,
        now: DATE,
        cache: folder.path().join("cache"),
        fetch: sage_oci_fetch::Options::default(),
    };
    make_lock(&request, &NoProgress).map(drop)
}

/// Builds a layer of the one package.
fn build(package: &Package) -> Result<(), StepError> {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("app.deb");
    sage_oci_files::write_atomic(&archive, &deb_bytes(package, DATE)).unwrap();
    let step = LayerStep {
        name: "app".parse().unwrap(),
        sealing: Sealing { epoch: 1, compression: names::Compression::usual(Algorithm::Zstd) },
        packages: vec![LayerPackage {
            name: PackageName::parse("app").unwrap(),
            archive: archive.display().to_string(),
            scripts: BTreeMap::new(),
            replaced: BTreeMap::new(),
        }],
        base: false,
        effects: Vec::new(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
        exclude: Vec::new(),
        include: Vec::new(),
        left_out: BTreeSet::new(),
    };
    let outputs = Outputs { out: folder.path().join("out"), contents: Some(folder.path().join("contents")) };
    run(Step::Layer(step), &outputs, folder.path(), 2)
}

/// A package of so many zeros.
fn package(zeros: usize) -> Package {
    Package::new("app", "1.0-1").compression(Compression::Zst).bomb("zeros", zeros)
}

/// What the data member of a package unpacks to.
fn unpacked(package: Package) -> usize {
    let bytes = deb_bytes(&package.compression(Compression::Plain), DATE);
    let name = bytes.windows(16).position(|window| window == b"data.tar        ").unwrap();
    std::str::from_utf8(&bytes[name + 48..name + 58]).unwrap().trim_end().parse().unwrap()
}

#[test]
fn the_limit_is_the_same_to_the_byte() {
    let zeros = UNPACKED_SLACK as usize - unpacked(package(0));
    let sized = |zeros| package(zeros).field("Installed-Size", "0");
    assert_eq!(unpacked(sized(zeros)) as u64, UNPACKED_SLACK);
    lock(&sized(zeros)).unwrap();
    build(&sized(zeros)).unwrap();
    // The next longer tar.
    let error = lock(&sized(zeros + 1)).unwrap_err();
    assert!(
        matches!(&error, ArchiveError::Deb { source: DebError::TooLarge { limit: UNPACKED_SLACK, .. }, .. }),
        "{error}"
    );
    let error = build(&sized(zeros + 1)).unwrap_err();
    let StepError::Archive { source, .. } = &error else { panic!("{error}") };
    assert!(matches!(**source, DebError::TooLarge { limit: UNPACKED_SLACK, .. }), "{error}");
}

#[test]
fn a_package_that_states_no_size_may_be_as_large_for_the_lock_as_for_the_build() {
    let unstated = package(UNPACKED_SLACK as usize + 1).without("Installed-Size");
    lock(&unstated).unwrap();
    build(&unstated).unwrap();
}
