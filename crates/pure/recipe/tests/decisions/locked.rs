//! The small project's lock: eleven packages in four layers, two images, one of them above the other.

use crate::project::{digest, effect, name};
use sage_oci_effects::OwnedEffect;
use sage_oci_lock::{
    FORMAT, FetchGroup, ImagePlan, IndexPin, Lock, LockedInterpreter, LockedLayer, LockedPackage, LockedSource,
    Omitted, Reason, SuitePin, ToolPackage,
};
use sage_oci_names::{Architecture, LayerName};
use std::collections::BTreeMap;

/// Packages of the lock: name, version, architecture, layer, what it depends on.
const PACKAGES: [(&str, &str, &str, &str, &[&str]); 11] = [
    ("bash", "5.3-1", "amd64", "base", &["libc6"]),
    ("ca-certificates", "20260101", "all", "base", &[]),
    ("gcc", "4:15-1", "amd64", "dev-gcc", &["libc6"]),
    ("libc-bin", "2.43-1", "amd64", "base", &["libc6"]),
    ("libc6", "2.43-1", "amd64", "base", &[]),
    ("libpam-modules", "1.7-5", "amd64", "base", &["libc6"]),
    ("libpython3.14-stdlib", "3.14.1-2", "amd64", "python", &["libc6"]),
    ("python3-gcc", "1.0-1", "all", "dev-gcc", &["python3-minimal"]),
    ("python3-minimal", "3.14.1-2", "amd64", "python", &["python3.14-minimal"]),
    ("python3.14-minimal", "3.14.1-2", "amd64", "python", &["libc6"]),
    ("tool", "1:2.1-3", "all", "tool", &["python3-minimal"]),
];

/// A Python for builds on another machine.
pub fn interpreter(machine: Architecture) -> LockedInterpreter {
    let one = |package: &str, number: u8| ToolPackage {
        name: name(package),
        version: name("3.14.1-2"),
        architecture: machine.to_string(),
        sha256: digest(number),
        size: 10,
        path: format!("pool/main/{package}_{machine}.deb"),
        suite: None,
    };
    LockedInterpreter {
        version: "3.14".to_owned(),
        fetch: FetchGroup { nar_sha256: digest(60), size: 20 },
        packages: vec![one("libpython3.14-stdlib", 61), one("python3.14-minimal", 62)],
    }
}

pub fn omitted(package: &str, version: &str, by: &str) -> Omitted {
    Omitted {
        name: name(package),
        version: name(version),
        reason: "not needed".to_owned(),
        wanted_by: vec![name(by)],
        image: None,
        provides: BTreeMap::new(),
    }
}

pub fn lock() -> Lock {
    let suite = |suite: &str, root: &str, date: &str, number| SuitePin {
        suite: suite.to_owned(),
        mirrors: vec![format!("http://deb.example/{root}"), format!("http://snapshot.example/{root}")],
        security: suite.ends_with("security"),
        date: date.to_owned(),
        valid_until: None,
        expired: false,
        older_than: None,
        inrelease: digest(number),
        signers: vec!["KEY".to_owned()],
        indexes: vec![IndexPin { path: "main/binary-amd64/Packages.xz".to_owned(), sha256: digest(number + 1) }],
    };
    let mut packages = Vec::new();
    for (number, (package, version, architecture, layer, depends)) in PACKAGES.into_iter().enumerate() {
        packages.push(LockedPackage {
            name: name(package),
            version: name(version),
            architecture: architecture.to_owned(),
            source: name(package),
            sha256: digest(u8::try_from(number).unwrap() + 1),
            size: 10,
            installed_size: 100,
            path: format!("pool/main/{package}_{architecture}.deb"),
            suite: (package == "tool").then(|| "sid-security".to_owned()),
            layer: name(layer),
            reason: if package == "tool" { Reason::Wanted } else { Reason::RequiredBy(name("tool")) },
            depends: depends.iter().map(|depend| name(depend)).collect(),
            scripts: BTreeMap::from([("postinst".to_owned(), digest(70))]),
            replaced: BTreeMap::new(),
        });
    }
    let mut layers = Vec::new();
    for (number, layer) in ["base", "python", "tool", "dev-gcc"].into_iter().enumerate() {
        let held: Vec<_> = packages.iter().filter(|package| package.layer.as_str() == layer).collect();
        layers.push(LockedLayer {
            name: name(layer),
            sources: held.iter().map(|package| package.source.clone()).collect(),
            fetch: FetchGroup {
                nar_sha256: digest(u8::try_from(number).unwrap() + 41),
                size: held.iter().map(|package| package.size).sum(),
            },
        });
    }
    Lock {
        format: FORMAT,
        channel: name("sid"),
        architecture: Architecture::Amd64,
        epoch: 1_793_348_474,
        suites: vec![
            suite("sid", "debian", "2026-10-30T08:21:14Z", 80),
            suite("sid-security", "security", "2026-10-29T08:00:00Z", 82),
        ],
        images: BTreeMap::from([
            (name("tool"), plan(None, &["base", "python", "tool"], &[("python", "python"), ("rest", "tool")], 51)),
            (name("tool-dev"), plan(Some("tool"), &["dev-gcc"], &[("dev-rest", "dev-gcc")], 52)),
        ]),
        layers,
        packages,
        omitted: Vec::new(),
        effects: effects(),
        interpreters: BTreeMap::new(),
        compilers: BTreeMap::new(),
    }
}

fn plan(extends: Option<&str>, layers: &[&str], bytecode: &[(&str, &str)], archive: u8) -> ImagePlan {
    let of = |(layer, of): &(&str, &str)| (name(&format!("bytecode-{layer}")), vec![name::<LayerName>(of)]);
    let source = LockedSource {
        sha256: digest(archive),
        fetch: FetchGroup { nar_sha256: digest(archive + 2), size: u64::from(archive) },
    };
    let archive = if extends.is_some() { "tree" } else { "widgets" };
    ImagePlan {
        version: "2.1".to_owned(),
        extends: extends.map(name),
        wanted: Vec::new(),
        layers: layers.iter().map(|layer| name(layer)).collect(),
        bytecode: bytecode.iter().map(of).collect(),
        sources: BTreeMap::from([(archive.to_owned(), source)]),
    }
}

fn effects() -> Vec<OwnedEffect> {
    [
        ("bash", r#"{"kind":"shell","path":"/bin/bash"}"#),
        ("libc-bin", r#"{"kind":"computed","document":"ld-cache"}"#),
        ("ca-certificates", r#"{"kind":"computed","document":"ca-certificates"}"#),
        ("libpython3.14-stdlib", r#"{"kind":"bytecode","directories":["/usr/lib/python3.14"]}"#),
        ("tool", r#"{"kind":"bytecode"}"#),
        ("python3-gcc", r#"{"kind":"bytecode"}"#),
    ]
    .map(|(package, text)| effect(package, text))
    .into()
}

/// Package names of the small project, for laws.
pub fn packages() -> impl Iterator<Item = &'static str> {
    PACKAGES.into_iter().map(|(package, ..)| package)
}
