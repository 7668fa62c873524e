use crate::record::{self, Record};
use crate::{Layout, WheelError, entry_points};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};
use zip::ZipArchive;

/// What one wheel may unpack to; wheels are pinned by digest, so this only guards the machine.
const LIMIT: u64 = 1 << 30;
/// What `INSTALLER` says.
const INSTALLER: &str = "sage-oci\n";

/// What a wheel puts into a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The files, sorted by path.
    pub files: Vec<InstalledFile>,
    /// How many files of the wheel were not wanted.
    pub left_out: usize,
}

/// One installed file; it belongs to root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFile {
    /// Where, without a leading `/`.
    pub path: String,
    /// It may be run.
    pub executable: bool,
    /// What is in it.
    pub content: Vec<u8>,
}

/// Reads the wheel of the distribution `name` and gives the files for whose installed path `wanted` says yes; those that
/// describe the distribution itself are always there.
///
/// # Errors
/// The archive cannot be read, is another distribution's, breaks the format, has compiled code, or a wanted file is not
/// what its `RECORD` says.
pub fn install(
    archive: impl Read + Seek,
    name: &str,
    version: &str,
    layout: &Layout,
    wanted: impl Fn(&str) -> bool,
) -> Result<Installed, WheelError> {
    let mut wheel = Wheel::open(archive, name, version)?;
    wheel.check_form()?;
    let record = record::parse(&wheel.described("RECORD"), &wheel.text("RECORD")?)?;
    let mut files: BTreeMap<String, (bool, Vec<u8>)> = BTreeMap::new();
    let mut left_out = 0;
    for path in wheel.paths()? {
        if is_signature(&path, &wheel.about) {
            continue;
        }
        let place = wheel.place(&path, layout)?;
        // What describes the distribution goes with it.
        if !path.starts_with(&format!("{}/", wheel.about)) && !wanted(&place.path) {
            left_out += 1;
            continue;
        }
        let (executable, mut content) = wheel.file(&path)?;
        check_digest(&path, &content, &record)?;
        if place.script {
            content = with_python(content, layout);
        }
        if files.insert(place.path, (executable || place.script, content)).is_some() {
            return Err(WheelError::Path { path, why: "is installed where another one is" });
        }
    }
    if wheel.has("entry_points.txt") {
        let text = wheel.text("entry_points.txt")?;
        for (name, text) in entry_points::scripts(&wheel.described("entry_points.txt"), &text, layout)? {
            let path = format!("{}/{name}", layout.scripts);
            if wanted(&path) {
                files.entry(path).or_insert((true, text.into_bytes()));
            }
        }
    }
    let about = |file: &str| format!("{}/{}/{file}", layout.modules, wheel.about);
    files.insert(about("INSTALLER"), (false, INSTALLER.into()));
    let mut lines: BTreeSet<String> =
        files.iter().map(|(path, (_, content))| record::line(&layout.recorded(path), content)).collect();
    lines.insert(record::bare_line(&layout.recorded(&about("RECORD"))));
    files.insert(about("RECORD"), (false, lines.into_iter().collect::<String>().into_bytes()));
    let files = files.into_iter().map(|(path, (executable, content))| InstalledFile { path, executable, content });
    Ok(Installed { files: files.collect(), left_out })
}

/// An open wheel.
struct Wheel<R> {
    zip: ZipArchive<R>,
    /// `name-version.dist-info`, which describes the distribution.
    about: String,
    /// `name-version.data`, whose folders go to other places than the modules.
    data: String,
    unpacked: u64,
}

/// Where a file goes.
struct Place {
    path: String,
    script: bool,
}

impl<R: Read + Seek> Wheel<R> {
    fn open(archive: R, name: &str, version: &str) -> Result<Self, WheelError> {
        let zip = ZipArchive::new(archive)?;
        // As file names of wheels write it: dots and dashes of a name are underscores there.
        let stem = format!("{}-{version}", name.replace(['-', '.'], "_"));
        let about = format!("{stem}.dist-info");
        if zip.index_for_name(&format!("{about}/WHEEL")).is_none() {
            return Err(WheelError::OtherDistribution { expected: format!("{about}/WHEEL") });
        }
        Ok(Self { zip, about, data: format!("{stem}.data"), unpacked: 0 })
    }

    /// Version 1 of the format, and nothing compiled.
    fn check_form(&mut self) -> Result<(), WheelError> {
        let text = self.text("WHEEL")?;
        let value = |line: &'_ str, key: &str| Some(line.strip_prefix(key)?.strip_prefix(':')?.trim().to_owned());
        let version = text.lines().find_map(|line| value(line, "Wheel-Version"));
        if version.is_none_or(|version| !version.starts_with("1.")) {
            let why = "it is not of version 1 of the format".to_owned();
            return Err(WheelError::Malformed { file: self.described("WHEEL"), why });
        }
        let mut tags = text.lines().filter_map(|line| value(line, "Tag"));
        match tags.find(|tag| !tag.ends_with("-none-any")) {
            Some(tag) => Err(WheelError::NotPure { tag }),
            None => Ok(()),
        }
    }

    fn described(&self, file: &str) -> String {
        format!("{}/{file}", self.about)
    }

    fn has(&self, file: &str) -> bool {
        self.zip.index_for_name(&self.described(file)).is_some()
    }

    /// The text of a file that describes the distribution.
    fn text(&mut self, file: &str) -> Result<String, WheelError> {
        let file = self.described(file);
        let (_, content) = self.file(&file)?;
        String::from_utf8(content).map_err(|_| WheelError::Malformed { file, why: "it is not UTF-8".to_owned() })
    }

    /// The paths of all files, sorted; each is checked.
    fn paths(&mut self) -> Result<Vec<String>, WheelError> {
        let mut paths = BTreeSet::new();
        for index in 0..self.zip.len() {
            let file = self.zip.by_index_raw(index)?;
            let path = file.name()?.into_owned();
            let bad = |why| Err(WheelError::Path { path: path.clone(), why });
            if file.is_symlink() {
                return bad("is a link, which wheels do not have");
            }
            let file_path = path.strip_suffix('/').unwrap_or(&path);
            if file_path.contains('\\') || file_path.split('/').any(|part| matches!(part, "" | "." | "..")) {
                return bad("leads elsewhere");
            }
            if file.is_dir() {
                continue;
            }
            if !paths.insert(path.clone()) {
                return bad("comes twice");
            }
        }
        Ok(paths.into_iter().collect())
    }

    /// Whether a file may be run, and what is in it.
    fn file(&mut self, path: &str) -> Result<(bool, Vec<u8>), WheelError> {
        let file = self.zip.by_name(path)?;
        let executable = file.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let room = LIMIT - self.unpacked;
        let mut content = Vec::new();
        // The size that the archive tells may be wrong: what comes counts.
        let read = file.take(room + 1).read_to_end(&mut content);
        read.map_err(|source| WheelError::Read { path: path.to_owned(), source })?;
        self.unpacked += content.len() as u64;
        if self.unpacked > LIMIT {
            return Err(WheelError::TooLarge { limit: LIMIT });
        }
        Ok((executable, content))
    }

    fn place(&self, path: &str, layout: &Layout) -> Result<Place, WheelError> {
        let Some(rest) = path.strip_prefix(&self.data).and_then(|rest| rest.strip_prefix('/')) else {
            return Ok(Place { path: format!("{}/{path}", layout.modules), script: false });
        };
        let unknown = || WheelError::Path { path: path.to_owned(), why: "has a place that wheels do not know" };
        let (scheme, rest) = rest.split_once('/').ok_or_else(unknown)?;
        let (folder, script) = match scheme {
            "purelib" | "platlib" => (&layout.modules, false),
            "data" => (&layout.data, false),
            "scripts" => (&layout.scripts, true),
            _ => return Err(unknown()),
        };
        Ok(Place { path: format!("{folder}/{rest}"), script })
    }
}

/// `RECORD` is written anew, and signatures are of what was not changed.
fn is_signature(path: &str, about: &str) -> bool {
    let file = path.strip_prefix(about).and_then(|rest| rest.strip_prefix('/'));
    matches!(file, Some("RECORD" | "RECORD.jws" | "RECORD.p7s" | "INSTALLER"))
}

fn check_digest(path: &str, content: &[u8], record: &Record) -> Result<(), WheelError> {
    let recorded = record.get(path).and_then(Option::as_ref);
    let recorded = recorded.ok_or_else(|| WheelError::NotRecorded { path: path.to_owned() })?;
    if **recorded != *Sha256::digest(content) {
        return Err(WheelError::OtherDigest { path: path.to_owned() });
    }
    Ok(())
}

/// A script that begins with `#!python` is run by the system's.
fn with_python(content: Vec<u8>, layout: &Layout) -> Vec<u8> {
    match content.strip_prefix(b"#!python".as_slice()) {
        Some(rest) => [b"#!", layout.python.as_bytes(), rest.strip_prefix(b"w".as_slice()).unwrap_or(rest)].concat(),
        None => content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    const WHEEL: &str = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

    /// A wheel of the distribution `a.b` with some files beside its descriptions.
    fn wheel(files: &[(&str, &str, u32)], form: &str, change: impl Fn(String) -> String) -> Cursor<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut record = String::new();
        let mut put = |path: &str, text: &str, mode: u32| {
            zip.start_file(path, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        };
        for (path, text, mode) in files.iter().copied().chain([("a_b-1.dist-info/WHEEL", form, 0o644)]) {
            put(path, text, mode);
            record.push_str(&record::line(path, text.as_bytes()));
        }
        record.push_str(&record::bare_line("a_b-1.dist-info/RECORD"));
        put("a_b-1.dist-info/RECORD", &change(record), 0o644);
        zip.finish().unwrap()
    }

    fn put(wheel: Cursor<Vec<u8>>) -> Result<Installed, WheelError> {
        install(wheel, "a.b", "1", &Layout::debian_local("3.14"), |path| !path.ends_with(".map"))
    }

    #[test]
    fn files_go_where_pip_puts_them() {
        let files = [
            ("a/x.py", "x", 0o644),
            ("a/x.js.map", "x", 0o644),
            ("a_b-1.data/data/share/y", "y", 0o755),
            ("a_b-1.data/scripts/run", "#!python\nrun", 0o644),
            ("a_b-1.dist-info/entry_points.txt", "[console_scripts]\ntool = a.x:main\n", 0o644),
        ];
        let Installed { files, left_out } = put(wheel(&files, WHEEL, |record| record)).unwrap();
        let modules = "usr/local/lib/python3.14/dist-packages";
        let about = |file: &str| (format!("{modules}/a_b-1.dist-info/{file}"), false);
        let shown: Vec<(String, bool)> = files.iter().map(|file| (file.path.clone(), file.executable)).collect();
        let expected = [
            ("usr/local/bin/run".to_owned(), true),
            ("usr/local/bin/tool".to_owned(), true),
            (format!("{modules}/a/x.py"), false),
            about("INSTALLER"),
            about("RECORD"),
            about("WHEEL"),
            about("entry_points.txt"),
            ("usr/local/share/y".to_owned(), true),
        ];
        assert_eq!((shown.as_slice(), left_out), (expected.as_slice(), 1));
        assert_eq!(files[0].content, b"#!/usr/bin/python3\nrun");
        // What is recorded is what is there.
        let record = String::from_utf8(files[4].content.clone()).unwrap();
        let recorded: Vec<&str> = record.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(recorded.len(), files.len());
        assert_eq!(&recorded[..4], ["../../../bin/run", "../../../bin/tool", "../../../share/y", "a/x.py"]);
    }

    #[test]
    fn what_is_not_as_recorded_is_refused() {
        let files = [("a/x.py", "x", 0o644)];
        let other = put(wheel(&files, WHEEL, |record| record.replace("sha256=LX", "sha256=MX"))).unwrap_err();
        assert!(matches!(&other, WheelError::OtherDigest { path } if path == "a/x.py"), "{other}");
        let none = put(wheel(&files, WHEEL, |record| record.replace("a/x.py", "a/z.py"))).unwrap_err();
        assert!(matches!(&none, WheelError::NotRecorded { path } if path == "a/x.py"), "{none}");
    }

    #[test]
    fn other_wheels_are_refused() {
        let refused = |files: &[(&str, &str, u32)], form: &str| put(wheel(files, form, |record| record)).unwrap_err();
        let compiled = WHEEL.replace("py3-none-any", "cp314-cp314-linux_x86_64");
        assert!(matches!(refused(&[], &compiled), WheelError::NotPure { .. }));
        assert!(matches!(refused(&[], &WHEEL.replace("1.0", "2.0")), WheelError::Malformed { .. }));
        for path in ["../x", "/x", "a//x", "a_b-1.data/headers/x", "a_b-1.data/x"] {
            assert!(matches!(refused(&[(path, "x", 0o644)], WHEEL), WheelError::Path { .. }), "{path}");
        }
        let layout = Layout::debian_local("3.14");
        let error = install(wheel(&[], WHEEL, |record| record), "a", "1", &layout, |_| true).unwrap_err();
        assert!(matches!(error, WheelError::OtherDistribution { .. }), "{error}");
        let error = install(Cursor::new(b"no zip"), "a", "1", &layout, |_| true).unwrap_err();
        assert!(matches!(error, WheelError::Zip(_)), "{error}");
        // One place for two files.
        let twice = [("a/x.py", "x", 0o644), ("a_b-1.data/purelib/a/x.py", "y", 0o644)];
        assert!(matches!(refused(&twice, WHEEL), WheelError::Path { .. }));
    }
}
