//! An image that is not there: packages in memory, one layer each, and the files that are generated of them as text.

use data_encoding::HEXLOWER;
use sage_oci_deb::{Control, ControlFile};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_layer::{ContentEntry, ContentKind, Contents, Library, PackageRecord};
use sage_oci_names::{Algorithm, Architecture, Compression, LayerName, PackageName, Sha256};
use sage_oci_root::{Below, Content, Generated, Item, Packages, RootError, generate};
use sage_oci_step::{GenerateKind, GenerateStep, Sealing};
use sage_oci_tree::ImagePath;
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// 19676 days and a bit after 1970.
pub const EPOCH: u64 = 1_700_000_000;

pub fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

pub fn effect(package: &str, effect: Effect) -> OwnedEffect {
    OwnedEffect { package: name(package), effect }
}

pub fn digest(bytes: &[u8]) -> Sha256 {
    Sha256::new(sha2::Sha256::digest(bytes).into())
}

/// A package: what its layer's list of contents has, and what its archive has.
#[derive(Clone)]
pub struct Package {
    pub name: PackageName,
    pub contents: Contents,
    files: BTreeMap<String, Vec<u8>>,
    control: Control,
}

impl Package {
    pub fn new(package: &str) -> Self {
        let control = format!("Package: {package}\nVersion: 1.0-1\nArchitecture: amd64\nDescription: a test\n");
        let record = PackageRecord { package: name(package), control, conffiles: Vec::new(), triggers: None };
        let contents = Contents { stanzas: vec![record], ..Contents::new() };
        Self { name: name(package), contents, files: BTreeMap::new(), control: Control { files: BTreeMap::new() } }
    }

    /// An entry of root's, with the directories above it.
    pub fn entry(mut self, path: &str, kind: ContentKind, mode: u32, target: Option<&str>) -> Self {
        for parent in at(path).ancestors() {
            if !self.contents.entries.iter().any(|entry| entry.path == parent) {
                self = self.entry(parent.as_str(), ContentKind::Dir, 0o755, None);
            }
        }
        let target = target.map(str::to_owned);
        let package = Some(self.name.clone());
        let path = at(path);
        self.contents.entries.push(ContentEntry {
            path,
            kind,
            mode,
            uid: 0,
            gid: 0,
            size: 0,
            sha256: None,
            target,
            package,
        });
        self
    }

    pub fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let mut package = self.entry(path, ContentKind::File, 0o644, None);
        let entry = package.contents.entries.last_mut().unwrap();
        (entry.size, entry.sha256) = (bytes.as_ref().len() as u64, Some(digest(bytes.as_ref())));
        package.files.insert(path.to_owned(), bytes.as_ref().to_vec());
        package
    }

    /// Another mode for the last entry.
    pub fn mode(mut self, mode: u32) -> Self {
        self.contents.entries.last_mut().unwrap().mode = mode;
        self
    }

    /// A file that the list of contents has and the archive has not.
    pub fn lost(mut self, path: &str) -> Self {
        self = self.file(path, "");
        self.files.remove(path);
        self
    }

    pub fn directory(self, path: &str, mode: u32) -> Self {
        self.entry(path, ContentKind::Dir, mode, None)
    }

    pub fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, ContentKind::Symlink, 0o777, Some(target))
    }

    pub fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(path, ContentKind::Hardlink, 0o644, Some(target))
    }

    pub fn removal(self, path: &str) -> Self {
        self.entry(path, ContentKind::Whiteout, 0o644, None)
    }

    pub fn library(mut self, library: Library) -> Self {
        self = self.file(library.path.as_str(), "");
        self.contents.libraries.push(library);
        self
    }

    /// A file of the control archive.
    pub fn control(mut self, file: &str, text: &str) -> Self {
        self.control.files.insert(file.to_owned(), ControlFile { mode: 0o755, bytes: text.into() });
        self
    }

    /// What dpkg's database is made of.
    pub fn record(mut self, change: impl FnOnce(&mut PackageRecord)) -> Self {
        change(&mut self.contents.stanzas[0]);
        self
    }
}

/// Packages, the lowest layer first; counts how often an archive is read.
#[derive(Default)]
pub struct Image {
    pub packages: Vec<Package>,
    pub reads: usize,
}

impl Image {
    pub fn of(packages: impl IntoIterator<Item = Package>) -> Self {
        Self { packages: packages.into_iter().collect(), reads: 0 }
    }

    pub fn below(&self) -> Result<Below, RootError> {
        Below::of(self.packages.iter().map(|package| Ok(package.contents.clone())))
    }

    pub fn make(&mut self, step: &GenerateStep) -> Result<Generated, RootError> {
        let below = self.below()?;
        generate(step, &below, self)
    }

    /// The same where only the items matter.
    pub fn items(&mut self, kind: GenerateKind, effects: Vec<OwnedEffect>) -> Result<Vec<Item>, RootError> {
        Ok(self.make(&GenerateStep { effects, ..step(kind) })?.items)
    }

    fn package(&self, package: &PackageName) -> &Package {
        self.packages.iter().find(|known| known.name == *package).unwrap_or_else(|| panic!("{package} is no package"))
    }
}

impl Packages for &mut Image {
    type Error = RootError;

    fn files(&mut self, package: &PackageName, paths: &BTreeSet<&str>) -> Result<BTreeMap<String, Vec<u8>>, RootError> {
        self.reads += 1;
        let files = &self.package(package).files;
        Ok(files
            .iter()
            .filter(|(path, _)| paths.contains(path.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect())
    }

    fn control(&mut self, package: &PackageName) -> Result<Control, RootError> {
        Ok(self.package(package).control.clone())
    }
}

/// A path in its normal form.
pub fn at(path: &str) -> ImagePath {
    ImagePath::parse(path).unwrap()
}

/// A step without effects, for amd64.
pub fn step(kind: GenerateKind) -> GenerateStep {
    GenerateStep {
        name: LayerName::parse("generated").unwrap(),
        sealing: Sealing { epoch: EPOCH, compression: Compression::usual(Algorithm::Zstd) },
        architecture: Architecture::Amd64,
        generate: kind,
        contents: Vec::new(),
        above: None,
        archives: BTreeMap::new(),
        effects: Vec::new(),
        users: BTreeMap::from([("sage".to_owned(), 1000)]),
        groups: BTreeMap::from([("sage".to_owned(), 1001)]),
        exclude: Vec::new(),
        include: Vec::new(),
    }
}

/// The bytes of a file among items.
pub fn bytes<'a>(items: &'a [Item], path: &str) -> &'a [u8] {
    let found = items.iter().find(|item| item.path == path).unwrap_or_else(|| panic!("there is no {path}"));
    match &found.content {
        Content::File(bytes) => bytes,
        other => panic!("{path} is no file: {other:?}"),
    }
}

/// The text of a file among items.
pub fn text<'a>(items: &'a [Item], path: &str) -> &'a str {
    std::str::from_utf8(bytes(items, path)).unwrap()
}

pub fn paths(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.path.as_str()).collect()
}

/// Items as text: a line each, and the content of files behind bars. What is no text is hexadecimal.
pub fn shown(items: &[Item]) -> String {
    let mut shown = String::new();
    for Item { path, mode, uid, gid, content } in items {
        let (what, bytes) = match content {
            Content::Directory => ("/".to_owned(), [].as_slice()),
            Content::Symlink(target) => (format!(" -> {target}"), [].as_slice()),
            Content::File(bytes) => (format!(", {} bytes", bytes.len()), bytes.as_slice()),
        };
        writeln!(shown, "{mode:04o} {uid}:{gid} {path}{what}").unwrap();
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text.lines().for_each(|line| writeln!(shown, "| {line}").unwrap()),
            _ => bytes.chunks(32).for_each(|row| writeln!(shown, "x {}", HEXLOWER.encode(row)).unwrap()),
        }
    }
    shown
}

/// Holds items to the file `golden/NAME.txt`; with `UPDATE_GOLDEN` in the environment, writes it.
pub fn golden(name: &str, items: &[Item]) {
    let file = format!("{}/tests/root/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let shown = shown(items);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        sage_oci_files::write_atomic(&file, shown.as_bytes()).unwrap();
    }
    let golden = sage_oci_files::read_to_string(&file).unwrap();
    assert!(shown == golden, "{file} is another: UPDATE_GOLDEN=1 writes it anew, git shows the difference\n{shown}");
}
