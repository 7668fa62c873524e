//! What is pinned for machines of another architecture than the images'.

use crate::{World, image, name, nix_hash};
use sage_oci_archive::{ImageRequest, LockRequest, NoProgress, make_lock};
use sage_oci_fake_suite::{Package, Suite};
use sage_oci_hint::Hint as _;
use sage_oci_lock::Lock;
use sage_oci_names::Architecture;

/// A Python for two architectures, and an image with a module.
fn two_architectures(python_for_amd64: &str) -> Suite {
    let mut suite = Suite::new("tiny")
        .package(Package::new("python3-minimal", "3.9.2-1").architecture("all").depends("python3.9-minimal"))
        .package(
            Package::new("python3-mod", "3-1")
                .architecture("all")
                .depends("python3-minimal")
                .file("usr/lib/python3/dist-packages/mod.py", 0o644, b"x = 1\n")
                .script(
                    "postinst",
                    "#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n\tpy3compile -p python3-mod\nfi\n",
                ),
        );
    for (architecture, python) in [("amd64", python_for_amd64), ("arm64", "3.9.2-1")] {
        let on = |package: Package| package.architecture(architecture);
        suite = suite
            .package(on(Package::new("app", "1-1").depends("python3-mod").file("usr/bin/app", 0o755, architecture)))
            .package(on(Package::new("libz", "1-1").file("usr/lib/libz.so.1", 0o644, architecture)))
            .package(on(Package::new("dash", "0.5-1").essential().file("usr/bin/sh", 0o755, architecture)))
            .package(on(Package::new("python3.9-minimal", python).depends("libz")))
            .package(on(Package::new("libpython3.9-stdlib", python)));
    }
    suite
}

#[test]
fn a_python_is_pinned_for_other_machines() {
    let world = World::new(two_architectures("3.9.2-1+b1"));
    let lock = |architecture, machines: &[Architecture]| {
        let request = LockRequest { architecture, machines: machines.to_vec(), ..world.request() };
        make_lock(&request, &NoProgress).unwrap()
    };
    let arm64 = lock(Architecture::Arm64, &[Architecture::Amd64, Architecture::Arm64]);
    assert_eq!(Lock::parse(&arm64.to_text()).unwrap(), arm64);
    assert_eq!(arm64.interpreters.keys().collect::<Vec<_>>(), [&Architecture::Amd64]);
    let python = &arm64.interpreters[&Architecture::Amd64];
    let files: Vec<String> = python.packages.iter().map(|package| package.file_name()).collect();
    // What is Essential is no part of it.
    let expected =
        ["libpython3.9-stdlib_3.9.2-1+b1_amd64.deb", "libz_1-1_amd64.deb", "python3.9-minimal_3.9.2-1+b1_amd64.deb"];
    assert_eq!((python.version.as_str(), &files[..]), ("3.9", &expected.map(str::to_owned)[..]));
    assert_eq!(python.fetch.size, python.packages.iter().map(|package| package.size).sum::<u64>());
    let indexes: Vec<&str> = arm64.suites[0].indexes.iter().map(|index| index.path.as_str()).collect();
    assert_eq!(indexes, ["main/binary-arm64/Packages.xz", "main/binary-amd64/Packages.xz"]);

    // The image's own packages do not depend on who may build it.
    let alone = lock(Architecture::Arm64, &[]);
    assert_eq!((&alone.packages, &alone.layers), (&arm64.packages, &arm64.layers));
    assert!(!alone.to_text().contains("amd64"));
    // It works the other way round.
    let amd64 = lock(Architecture::Amd64, &[Architecture::Arm64]);
    assert_eq!(amd64.interpreters[&Architecture::Arm64].packages[0].architecture, "arm64");
}

#[test]
fn a_python_of_other_source_is_refused() {
    let world = World::new(two_architectures("3.9.3-1"));
    let mut request = world.request();
    (request.architecture, request.machines) = (Architecture::Arm64, vec![Architecture::Amd64]);
    let error = make_lock(&request, &NoProgress).unwrap_err();
    let said = "package `python3.9-minimal` has version 3.9.3-1 for amd64, the images have 3.9.2-1";
    assert_eq!(error.to_string(), said);
    assert!(error.hint().unwrap().contains("--build-on"));
    request.machines.clear();
    assert!(make_lock(&request, &NoProgress).unwrap().interpreters.is_empty());
}

/// The same with what compiles for arm64 on amd64 machines, and needs a library there.
fn with_compilers(suite: Suite) -> Suite {
    let on = |name: &str, architecture| Package::new(name, "4:16-3").architecture(architecture);
    suite
        .package(on("g++-aarch64-linux-gnu", "amd64").depends("gcc-aarch64-linux-gnu, libc6-arm64-cross"))
        .package(on("gcc-aarch64-linux-gnu", "amd64").depends("libz"))
        .package(on("libc6-arm64-cross", "all"))
        .package(on("gcc", "amd64").depends("libz"))
}

#[test]
fn compilers_are_pinned_for_other_machines() {
    let world = World::new(with_compilers(two_architectures("3.9.2-1")));
    let lock = |compilers: &[&str], machines: &[Architecture]| {
        let request = LockRequest {
            architecture: Architecture::Arm64,
            machines: machines.to_vec(),
            compilers: compilers.iter().map(|text| name(text)).collect(),
            ..world.request()
        };
        make_lock(&request, &NoProgress).unwrap()
    };
    let machines = [Architecture::Amd64, Architecture::Arm64];
    let with = lock(&["g++-aarch64-linux-gnu"], &machines);
    assert_eq!(Lock::parse(&with.to_text()).unwrap(), with);
    assert_eq!(with.compilers.keys().collect::<Vec<_>>(), [&Architecture::Amd64]);
    let compilers = &with.compilers[&Architecture::Amd64];
    let files: Vec<String> = compilers.packages.iter().map(|package| package.file_name()).collect();
    // What they need on the machine that builds, and nothing that is Essential there.
    let expected = [
        "g++-aarch64-linux-gnu_4%3a16-3_amd64.deb",
        "gcc-aarch64-linux-gnu_4%3a16-3_amd64.deb",
        "libc6-arm64-cross_4%3a16-3_all.deb",
        "libz_1-1_amd64.deb",
    ];
    assert_eq!(files, expected);
    let folder = world.folder.path().join("group");
    sage_oci_files::create_dir_all(&folder).unwrap();
    for package in &compilers.packages {
        let archive = world.folder.path().join("cache/debs").join(format!("{}.deb", package.sha256));
        let bytes = sage_oci_files::read(archive).unwrap();
        sage_oci_files::write_atomic(folder.join(package.file_name()), &bytes).unwrap();
    }
    assert_eq!(nix_hash(&folder), compilers.fetch.nar_sha256.hex());
    // The machine's index is read for the Python and for them, and pinned once.
    let indexes: Vec<&str> = with.suites[0].indexes.iter().map(|index| index.path.as_str()).collect();
    assert_eq!(indexes, ["main/binary-arm64/Packages.xz", "main/binary-amd64/Packages.xz"]);

    // A channel that names none has a lock without, and nothing else in the lock depends on them.
    let without = lock(&[], &machines);
    assert!(!without.to_text().contains("compilers"));
    assert_eq!(Lock { compilers: without.compilers.clone(), ..with }, without);
    assert!(lock(&["g++-aarch64-linux-gnu"], &[]).compilers.is_empty());
}

#[test]
fn compilers_need_no_byte_code() {
    let world = World::new(with_compilers(two_architectures("3.9.2-1")));
    let mut request = world.request();
    (request.architecture, request.machines) = (Architecture::Arm64, vec![Architecture::Amd64]);
    request.images =
        vec![ImageRequest { version_of: name("libz"), payload: Vec::new(), ..image("app-image", &["libz"]) }];
    request.compilers = vec![name("gcc-aarch64-linux-gnu")];
    let lock = make_lock(&request, &NoProgress).unwrap();
    assert!(lock.interpreters.is_empty());
    assert_eq!(lock.compilers[&Architecture::Amd64].packages.len(), 2);
}

#[test]
fn an_unknown_compiler_is_named() {
    let world = World::new(with_compilers(two_architectures("3.9.2-1")));
    let mut request = world.request();
    (request.architecture, request.machines) = (Architecture::Arm64, vec![Architecture::Amd64]);
    request.compilers = vec![name("g++-arm64-linux-gnu")];
    let error = make_lock(&request, &NoProgress).unwrap_err();
    assert_eq!(
        error.to_string(),
        "channel `tiny`: nothing compiles for arm64 on amd64: there is no package `g++-arm64-linux-gnu` in the index"
    );
    let hint = error.hint().unwrap();
    assert!(hint.contains("`upstream.root.cross.arm64`") && hint.contains("--build-on"), "{hint}");
}
