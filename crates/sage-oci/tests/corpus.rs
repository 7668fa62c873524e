//! Every input of the fuzzing corpus, seeds and what was found, through its target once more; see `tests/fuzz`.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

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
    let mut wrong = Vec::new();
    for file in files {
        // Shown when the target panics.
        println!("{}", file.display());
        let bytes = sage_oci_files::read(&file).unwrap();
        let understood = target(&bytes);
        let place = file.strip_prefix(corpus()).unwrap().to_str().unwrap();
        if understood == REFUSED.contains(&place) {
            wrong.push(place.to_owned());
        }
        let step = bytes.len() / 40 + 1;
        (0..bytes.len()).step_by(step).for_each(|length| _ = target(&bytes[..length]));
    }
    assert_eq!(wrong, Vec::<String>::new(), "understood and in REFUSED, or neither");
}

/// The inputs that are not understood, on purpose; every other one is. A seed that is refused by a mistake tries nothing.
const REFUSED: &[&str] = &[
    "deb/bomb",
    "deb/device",
    "deb/dots",
    "elf/program",
    "ldconf/doubling",
    "ldconf/relative",
    "nar/disorder",
    "nar/named",
    "oci/index",
    "relations/profiles",
    "shell/calls",
    "shell/doubling",
    "shell/ways",
    "tar/evil",
];

#[test]
fn what_is_refused_is_there() {
    for place in REFUSED {
        assert!(corpus().join(place).is_file(), "{place}");
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
    ar, aterm, checks, cython, deb, deb822, definition, elf, inrelease, layer, ldconf, lock, nar, ninja, oci, packages,
    relations, release, shell, tar, wheel,
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
