//! Every input of the fuzzing corpus, seeds and what was found, through its target once more; see `tests/fuzz`.

#[path = "../../../tests/fuzz/src/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("tests/fuzz/corpus")
}

/// Feeds the target of this name its whole corpus, and some beginnings of each input.
fn replay(name: &str) {
    let (_, target) = targets::ALL.iter().find(|(known, _)| *known == name).unwrap();
    let files = sage_oci_files::list(corpus().join(name)).unwrap();
    assert!(!files.is_empty(), "{name} has no corpus");
    for file in files {
        // Shown when the target panics.
        println!("{}", file.display());
        let bytes = sage_oci_files::read(&file).unwrap();
        target(&bytes);
        let step = bytes.len() / 40 + 1;
        (0..bytes.len()).step_by(step).for_each(|length| target(&bytes[..length]));
    }
}

macro_rules! replays {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

replays!(
    ar, aterm, checks, deb, deb822, definition, elf, inrelease, layer, ldconf, lock, nar, oci, packages, relations,
    release, shell, tar,
);

#[test]
fn no_target_is_forgotten() {
    let targets: Vec<&str> = targets::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(targets, NAMES);
    let folder = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    for place in ["corpus", "fuzz_targets"] {
        let there: Vec<String> =
            sage_oci_files::list(corpus().parent().unwrap().join(place)).unwrap().into_iter().map(folder).collect();
        assert_eq!(there, NAMES, "{place}");
    }
}

#[test]
fn the_seeds_are_understood() {
    use sage_oci_deb::{Deb, Release};
    use sage_oci_derivation::Derivation;
    use sage_oci_lock::Lock;
    let read = |below: &str| sage_oci_files::read(corpus().join(below)).unwrap();
    let text = |below: &str| String::from_utf8(read(below)).unwrap();
    for name in ["gz", "plain", "xz", "zst"] {
        let bytes = read(&format!("deb/{name}"));
        assert!(Deb::open(&bytes[..]).unwrap().control().stanza().unwrap().get("Package").is_some(), "{name}");
    }
    Derivation::parse("name", &read("aterm/fixed")).unwrap();
    Lock::parse(&text("lock/tiny")).unwrap();
    Release::parse(&text("release/tiny")).unwrap();
    sage_oci_definition::Image::parse("file", &text("definition/image")).unwrap();
    sage_oci_ldcache::ElfFacts::read(std::io::Cursor::new(read("elf/library"))).unwrap().unwrap();
}
