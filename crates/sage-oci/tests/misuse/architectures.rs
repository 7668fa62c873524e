//! An image for a machine that this one is not: locked, built and joined with this machine's own, and nothing of it is run.
//!
//! The other architecture's Python is a text, so whoever ran it would be found out.

use crate::world::World;
use sage_oci_fake_suite::{Package, Suite};
use sage_oci_names::Architecture;
use std::path::Path;
use std::process::Command;

const VERSION: &str = "1.0-1";

fn host() -> Architecture {
    Architecture::host().unwrap()
}

fn other() -> Architecture {
    match host() {
        Architecture::Amd64 => Architecture::Arm64,
        Architecture::Arm64 => Architecture::Amd64,
    }
}

/// `app` needs a module; every architecture has a Python, this machine's is its own.
fn suite() -> Suite {
    let (version, own_python) = own_python();
    let mut suite = Suite::new("tiny")
        .package(Package::new("libc-bin", "2.41-1").architecture("all").essential().file("etc/ld.so.conf", 0o644, ""))
        .package(
            Package::new("python3-minimal", VERSION).architecture("all").depends(&format!("python{version}-minimal")),
        )
        .package(
            Package::new("python3-mod", VERSION)
                .architecture("all")
                .depends("python3-minimal")
                .file("usr/lib/python3/dist-packages/mod.py", 0o644, "print({'a', 'b'}, 1.5, ('x', 1))\n")
                .script(
                    "postinst",
                    "#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n\tpy3compile -p python3-mod\nfi\n",
                ),
        );
    for architecture in [host(), other()] {
        let on = |package: Package| package.architecture(architecture.debian());
        let name = format!("python{version}-minimal");
        let minimal = match architecture == host() {
            true => own_python(&name),
            false => Package::new(&name, VERSION).file(&format!("usr/bin/python{version}"), 0o755, "not run\n"),
        };
        suite = suite
            .package(on(minimal))
            .package(on(Package::new(&format!("libpython{version}-stdlib"), VERSION)))
            .package(on(Package::new("app", VERSION).depends("python3-mod").file(
                "usr/bin/app",
                0o755,
                architecture.debian(),
            )));
    }
    suite
}

/// This machine's Python, with the libraries and modules that it cannot do without, as a package of a given name; its version.
fn own_python() -> (String, impl Fn(&str) -> Package) {
    let program = sage_oci_files::real_path("/usr/bin/python3").expect("this test needs Debian's python3");
    let version = program.file_name().unwrap().to_str().unwrap().strip_prefix("python").unwrap().to_owned();
    let listed = Command::new("ldd").arg(&program).output().expect("this test needs `ldd`");
    let libraries = String::from_utf8(listed.stdout).unwrap();
    let make = {
        let version = version.clone();
        move |name: &str| {
            let read = |path: &Path| sage_oci_files::read(path).unwrap();
            let mut package =
                Package::new(name, VERSION).file(&format!("usr/bin/python{version}"), 0o755, read(&program));
            for path in libraries.split_whitespace().filter(|word| word.starts_with('/')).map(Path::new) {
                let file = path.file_name().unwrap().to_str().unwrap();
                package = package.file(&format!("usr/lib/{}/{file}", host().triplet()), 0o755, read(path));
            }
            for folder in ["", "/encodings", "/importlib", "/collections", "/re"] {
                let folder = format!("usr/lib/python{version}{folder}");
                // Version 3.11 made a folder of the module `re`.
                for path in sage_oci_files::list(format!("/{folder}")).unwrap_or_default() {
                    let file = path.file_name().unwrap().to_str().unwrap();
                    if file.ends_with(".py") && !file.starts_with("sitecustomize") {
                        package = package.file(&format!("{folder}/{file}"), 0o644, read(&path));
                    }
                }
            }
            package
        }
    };
    (version, make)
}

/// The digest of each byte-code layer's blob.
fn bytecode(world: &World, architecture: Architecture) -> Vec<String> {
    let said = world.on_image("inspect", &["--arch", architecture.debian(), "--json"]);
    let report: serde_json::Value = serde_json::from_str(said.fine()).unwrap();
    assert_eq!(report["architecture"], architecture.debian());
    let layers = report["layers"].as_array().unwrap().iter();
    let compiled = layers.filter(|layer| layer["name"].as_str().unwrap().starts_with("bytecode"));
    compiled.map(|layer| layer["blob"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn skopeo(arguments: &[&str]) -> String {
    let output = Command::new("skopeo").args(arguments).output().expect("this test needs `skopeo`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn one_index_holds_both_and_the_byte_code_is_the_same() {
    let world = World::with("both", |_| suite());
    let machine = host().debian();
    for architecture in ["amd64", "arm64"] {
        world.run(&["lock", "--arch", architecture, "--build-on", machine]).fine();
    }
    assert_eq!(world.run(&["lock", "--arch", other().debian(), "--check"]).fine().rsplit(' ').next(), Some("current"));

    let path = world.on_image("build", &["--arch", "all"]).fine().to_owned();
    assert_eq!(world.on_image("build", &["--arch", "arm64,amd64"]).fine(), path);
    let said = world.on_image("inspect", &["--arch", "all", "--validate"]);
    assert!(said.stderr.contains("every digest of 2 images"), "{}", said.stderr);
    let digest = world.on_image("build", &["--arch", "all", "--digest"]).fine().to_owned();
    assert!(said.fine().contains(&digest) && said.fine().contains("arm64  sha256:"), "{}", said.stdout);

    let compiled = bytecode(&world, host());
    assert_eq!((compiled.len(), &compiled), (1, &bytecode(&world, other())));

    // Other tools take the layout for one image of two platforms.
    let layout = format!("oci:{path}");
    let index: serde_json::Value = serde_json::from_str(&skopeo(&["inspect", "--raw", &layout])).unwrap();
    let platforms: Vec<_> =
        index["manifests"].as_array().unwrap().iter().map(|one| one["platform"].to_string()).collect();
    assert_eq!(
        platforms,
        [r#"{"architecture":"amd64","os":"linux"}"#, r#"{"architecture":"arm64","os":"linux","variant":"v8"}"#]
    );
    let copy = world.folder.path().join("copy");
    skopeo(&["copy", "--quiet", "--all", &layout, &format!("dir:{}", copy.display())]);
    let copied = sage_oci_files::read(copy.join("manifest.json")).unwrap();
    assert_eq!(sage_oci_image::digest_of(&copied).to_string(), digest);

    // It takes no name of the image that runs here.
    let name = world.on_image("load", &["--arch", other().debian()]).fine().lines().next().unwrap().to_owned();
    assert_eq!(name, format!("{}-{}", world.reference(), other()));
}

#[test]
fn what_one_architecture_is_asked_of_and_what_a_lock_lacks() {
    let world = World::with("foreign", |_| suite());
    world.on_image("build", &["--arch", "all"]).refused_with_hint(&["no lock"], "sage-oci lock");
    for architecture in [host(), other()] {
        // The image's own machine only.
        world.run(&["lock", "--arch", architecture.debian(), "--build-on", architecture.debian()]).fine();
    }
    let refused = [&format!("for {} cannot be built on {}", other(), host())[..], "the lock pins no Python"];
    let hint = format!("--arch {} --build-on {}", other(), host());
    world.on_image("build", &["--arch", other().debian()]).refused_with_hint(&refused, &hint);
    world.on_image("build", &["--arch", "all"]).refused_with_hint(&refused, &hint);
    world.on_image("load", &["--arch", "all"]).refused_with_hint(&["one architecture at a time"], "--arch");
    world.on_image("inspect", &["--arch", "amd64,arm64", "--why-big"]).refused(&["one architecture"]);
    let lock = world.lock_path();
    let lock = lock.to_str().unwrap();
    world
        .on_image("build", &["--arch", "all", "--lock", lock])
        .refused(&["`--lock` names the lock of one architecture"]);
    world.on_image("emit", &["--arch", host().debian()]).fine();
}
