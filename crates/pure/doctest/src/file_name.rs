use crate::WhatError;
use serde::Serialize;
use std::fmt;

/// The endings that `sage -t` tests.
const ENDINGS: [&str; 8] = [".py", ".pyx", ".pxd", ".pxi", ".sage", ".spyx", ".tex", ".rst"];
/// The folder of a checkout that holds what is installed.
const SRC: &str = "src/";

/// A file or folder as Sage's own import path has it: `sage/arith/misc.py`, and `doc/en/tutorial/tour.rst` for a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// Reads a path below Sage's source; `src/sage/x.py` is `sage/x.py`.
    ///
    /// # Errors
    /// A path that is absolute, leads upwards, looks like an option, or has characters that are in no file of Sage's.
    pub fn parse(text: &str) -> Result<Self, WhatError> {
        let bad = |why| Err(WhatError::Path { path: text.to_owned(), why });
        let path = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        let path = path.strip_prefix(SRC).unwrap_or(path);
        match () {
            () if path.is_empty() => bad("it is empty"),
            () if text.starts_with('/') => bad("it begins with a slash"),
            () if path.starts_with('-') => bad("it looks like an option"),
            () if path.chars().any(|c| c.is_control() || c == '\\') => {
                bad("it has a character that no file of Sage's has")
            }
            () if path.split('/').any(|part| matches!(part, "" | "." | "..")) => bad("a part of it is empty or dots"),
            () => Ok(Self(path.to_owned())),
        }
    }

    /// The name of a file that `sage -t` names by its place: what is behind the last folder of packages or of a checkout's source.
    pub(crate) fn of_place(place: &str) -> Self {
        let after = |mark: &str| place.rfind(mark).map(|at| &place[at + mark.len()..]);
        let inside = after("/dist-packages/").or_else(|| after("/site-packages/")).or_else(|| after("/src/"));
        Self(inside.or_else(|| place.strip_prefix(SRC)).unwrap_or(place).to_owned())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the statistics call it: `sage.arith.misc`, `sage.arith.long.pxd`.
    pub(crate) fn module(&self) -> String {
        let stem = self.0.strip_suffix(".pyx").or_else(|| self.0.strip_suffix(".py")).unwrap_or(&self.0);
        let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
        stem.replace('/', ".")
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The files among a commit's changed ones, named from its root, that hold tests: those below `src/` with an ending that `sage -t` knows.
pub fn testable(changed: &[String]) -> Vec<FileName> {
    let tested = |path: &&String| path.starts_with(SRC) && ENDINGS.iter().any(|ending| path.ends_with(ending));
    let mut files: Vec<_> = changed.iter().filter(tested).filter_map(|path| FileName::parse(path).ok()).collect();
    // `sage -t` has nothing to say of these.
    files.retain(|file| !file.0.ends_with("__main__.py"));
    files.sort();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_name() {
        for text in ["sage/rings", "src/sage/rings/", "./src/sage/rings", "sage/rings//"] {
            assert_eq!(FileName::parse(text).unwrap().as_str(), "sage/rings", "{text}");
        }
        for text in ["", "/sage", "../sage", "sage/../..", "-p", "src/--gdb", "sage\n", "sage//rings"] {
            assert!(FileName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn places_and_modules() {
        let of = |place: &str| FileName::of_place(place).as_str().to_owned();
        assert_eq!(of("/usr/lib/python3/dist-packages/sage/arith/misc.py"), "sage/arith/misc.py");
        assert_eq!(of("/home/sage/sage/src/doc/en/a.rst"), "doc/en/a.rst");
        assert_eq!(of("src/sage/a.pyx"), "sage/a.pyx");
        assert_eq!(of("/tmp/own.py"), "/tmp/own.py");
        let module = |place: &str| FileName::of_place(place).module();
        assert_eq!(module("src/sage/a.pyx"), "sage.a");
        assert_eq!(module("src/sage/a.pxd"), "sage.a.pxd");
        assert_eq!(module("src/sage/b/__init__.py"), "sage.b");
    }

    #[test]
    fn what_sage_tests_of_a_commit() {
        let changed = [
            "src/sage/a.pyx",
            "src/sage/a.pxd",
            "src/doc/en/x.rst",
            "build/pkgs/a.py",
            "README.md",
            "src/a/meson.build",
        ]
        .into_iter()
        .chain(["src/sage/__main__.py", "src/sage/a.pyx", "src/sage/../x.py", "src/sage/b.pxi"]);
        let files = testable(&changed.map(str::to_owned).collect::<Vec<_>>());
        let names: Vec<_> = files.iter().map(FileName::as_str).collect();
        assert_eq!(names, ["doc/en/x.rst", "sage/a.pxd", "sage/a.pyx", "sage/b.pxi"]);
    }
}
