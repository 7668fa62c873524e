//! Compiles the builder, which this command carries in itself: derivations name it, and not the command.
//!
//! It is the same file whichever folder, home and profile it is compiled in by the same compiler: one profile of its own,
//! one folder for all profiles of the command, no flag of the outer cargo, and no path of this machine in it. Where
//! `SAGE_OCI_BUILDER_PROGRAM` names a program, that is carried and nothing is compiled.

#![expect(clippy::disallowed_methods, reason = "a build script that depends on our crates would compile them twice")]

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "sage-oci-builder";
const PROFILE: &str = "builder";
const GIVEN: &str = "SAGE_OCI_BUILDER_PROGRAM";

/// What cargo and the compilers are told by variables, and this script by cargo: the builder must not depend on it.
const FORGOTTEN: [&str; 18] = [
    "RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CLIPPY_ARGS",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "TARGET",
    "HOST",
    "OPT_LEVEL",
    "DEBUG",
    "PROFILE",
    "OUT_DIR",
    "NUM_JOBS",
    "RUSTC_LINKER",
    "SOURCE_DATE_EPOCH",
    "ZSTD_SYS_USE_PKG_CONFIG",
];
/// Variables of cargo that say where sources come from, and how many jobs may run.
const KEPT: [&str; 9] = [
    "CARGO_HOME",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTRY_",
    "CARGO_REGISTRIES_",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
    "CARGO_BUILD_JOBS",
];

fn main() {
    println!("cargo::rerun-if-env-changed={GIVEN}");
    let out = variable("OUT_DIR");
    let program = match env::var_os(GIVEN) {
        Some(given) => {
            println!("cargo::rerun-if-changed={}", Path::new(&given).display());
            PathBuf::from(given)
        }
        None => compile(&out),
    };
    copy(&program, &out.join(PROGRAM));
}

fn variable(name: &str) -> PathBuf {
    env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}")).into()
}

/// Compiles it and gives its file.
fn compile(out: &Path) -> PathBuf {
    let crates = variable("CARGO_MANIFEST_DIR");
    let workspace = crates.ancestors().nth(2).expect("the command lies two folders below the workspace").to_owned();
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let folder = target_folder(out, &target).join("builder");

    let mut cargo = Command::new(variable("CARGO"));
    cargo.current_dir(&workspace).args(["build", "--locked", "--package", PROGRAM, "--profile", PROFILE]);
    cargo.args(["--target", &target]).arg("--target-dir").arg(&folder);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let of_cargo = name.starts_with("CARGO") && !KEPT.iter().any(|kept| name.starts_with(kept));
        let of_c = ["CFLAGS_", "CXXFLAGS_", "HOST_", "TARGET_"].iter().any(|start| name.starts_with(start));
        if of_cargo || of_c || FORGOTTEN.contains(&name.as_str()) {
            cargo.env_remove(&name);
        }
    }
    let renamed = renamed_folders(&workspace);
    // These take the place of the flags in `.cargo/config.toml`, so the one that is there is said again.
    let mut flags = OsString::from("-Ctarget-feature=+crt-static");
    let mut c_flags = Vec::new();
    for (folder, name) in &renamed {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(folder);
        flags.push(format!("={name}"));
        let folder = folder.to_str().expect("a folder's name is UTF-8").replace('\'', r"'\''");
        c_flags.push(format!("'-ffile-prefix-map={folder}={name}'"));
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    // The `cc` crate takes words apart as a shell does only where it is told to.
    cargo.env("CC_SHELL_ESCAPED_FLAGS", "1").env("CFLAGS", c_flags.join(" "));
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot run {:?}: {error}", cargo.get_program()));
    assert!(status.success(), "the builder cannot be compiled: {status}");

    let program = folder.join(&target).join(PROFILE).join(PROGRAM);
    watch(&workspace, &program.with_extension("d"));
    program
}

/// Cargo's folder for everything that it makes, from the one that it gave this script:
/// `<folder>[/<target>]/<profile>/build/<package>/out`.
fn target_folder(out: &Path, target: &str) -> PathBuf {
    let Some(above) = out.ancestors().nth(4).filter(|_| out.ancestors().nth(2).is_some_and(|it| it.ends_with("build")))
    else {
        return out.to_owned();
    };
    let parent = above.parent().filter(|_| above.ends_with(target));
    parent.unwrap_or(above).to_owned()
}

/// Folders of this machine whose names the compilers would write into the program, and what they write instead.
fn renamed_folders(workspace: &Path) -> Vec<(PathBuf, String)> {
    let mut renamed = vec![(workspace.to_owned(), "/sage-oci".to_owned())];
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let registry = home.map(|home| home.join("registry"));
    let registry = registry.iter().flat_map(|folder| [Some(folder.clone()), folder.canonicalize().ok()]).flatten();
    for folder in registry.collect::<BTreeSet<_>>() {
        // The folder of sources carries a hash of where the registry is. Where cargo has unpacked nothing yet, the archives' or the
        // index's folder has the same name.
        let lists = ["src", "cache", "index"].map(|kind| folder.join(kind));
        let entries = lists.iter().flat_map(|list| list.read_dir().into_iter().flatten().flatten());
        let names: BTreeSet<OsString> = entries.map(|entry| entry.file_name()).collect();
        renamed.extend(names.iter().map(|name| (folder.join("src").join(name), "/registry".to_owned())));
    }
    let compiler = variable("RUSTC");
    let said = |arguments: &[&str]| {
        let output = Command::new(&compiler).args(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("cannot run {}: {error}", compiler.display()));
        String::from_utf8(output.stdout).expect("the compiler says UTF-8").trim().to_owned()
    };
    // Where the standard library's sources are installed, the compiler names that folder instead of its own name for it.
    let version = said(&["-vV"]);
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    let sources = Path::new(&said(&["--print", "sysroot"])).join("lib/rustlib/src/rust");
    renamed.push((sources, format!("/rustc/{commit}")));
    renamed
}

/// Lets cargo run this again when something changes that the builder is made of: cargo lists its sources beside it.
fn watch(workspace: &Path, list: &Path) {
    let mut files: BTreeSet<PathBuf> = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "crates/sage-oci/build.rs"]
        .map(|name| workspace.join(name))
        .into();
    let text = std::fs::read_to_string(list).unwrap_or_else(|error| panic!("{}: {error}", list.display()));
    let (_, sources) = text.split_once(": ").unwrap_or_else(|| panic!("{} lists no sources", list.display()));
    // Spaces in names are escaped.
    for source in sources.trim().replace("\\ ", "\0").split(' ') {
        let source = PathBuf::from(source.replace('\0', " "));
        let of_crate = source.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
        files.extend(of_crate.map(|folder| folder.join("Cargo.toml")));
        files.insert(source);
    }
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to)
        .unwrap_or_else(|error| panic!("cannot copy {} to {}: {error}", from.display(), to.display()));
}
