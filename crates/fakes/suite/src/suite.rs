use crate::index::{Built, date, sha256, table};
use crate::{Compression, Key, Package};
use sage_oci_files::FileError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The date of a suite that sets none: 2 January 2026, 03:04:05 UTC.
pub const DATE: i64 = 1_767_323_045;

/// A suite to be; every method adds to it and gives it back.
#[derive(Debug, Clone)]
pub struct Suite {
    name: String,
    date: i64,
    valid_until: Option<i64>,
    by_hash: bool,
    key: Key,
    architectures: BTreeSet<String>,
    packages: Vec<Package>,
}

impl Suite {
    /// An empty suite for amd64; the name is its `Suite` and its `Codename`.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            date: DATE,
            valid_until: None,
            by_hash: false,
            key: Key::Usual,
            architectures: BTreeSet::from(["amd64".to_owned()]),
            packages: Vec::new(),
        }
    }

    /// Adds a package, and its architecture if the suite does not have it yet.
    pub fn package(mut self, package: Package) -> Self {
        if package.architecture != "all" {
            self.architectures.insert(package.architecture.clone());
        }
        self.packages.push(package);
        self
    }

    /// The one date of the suite, in seconds since 1970: of Release, of the signature and of every file of every package.
    ///
    /// The key begins in 2020: an older date makes signatures that must be refused.
    pub fn date(mut self, seconds: i64) -> Self {
        self.date = seconds;
        self
    }

    /// `Valid-Until`, in seconds since 1970.
    pub fn valid_until(mut self, seconds: i64) -> Self {
        self.valid_until = Some(seconds);
        self
    }

    /// Also keeps every index under `by-hash/SHA256/` and says so in Release.
    pub fn by_hash(mut self) -> Self {
        self.by_hash = true;
        self
    }

    /// The key that signs it.
    pub fn signed_by(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// Every file of the mirror by its path, ready to be served or spoiled.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let built: Vec<_> = self.packages.iter().map(|package| Built::new(package, self.date)).collect();
        let indexes = self.indexes(&built);
        let release = self.release(&indexes);
        let folder = format!("dists/{}", self.name);
        let mut files = BTreeMap::new();
        files.insert(format!("{folder}/InRelease"), self.key.clear_sign(&release, self.date).into_bytes());
        files.insert(format!("{folder}/Release"), release.into_bytes());
        for (path, bytes) in indexes {
            if self.by_hash {
                let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                files.insert(format!("{folder}/{parent}/by-hash/SHA256/{}", sha256(&bytes)), bytes.clone());
            }
            files.insert(format!("{folder}/{path}"), bytes);
        }
        files.extend(built.into_iter().map(|built| (built.path, built.bytes)));
        files
    }

    /// Writes the mirror below a folder, which is made if it is not there.
    pub fn write_to(&self, folder: impl AsRef<Path>) -> Result<(), FileError> {
        for (path, bytes) in self.files() {
            let path = folder.as_ref().join(path);
            if let Some(parent) = path.parent() {
                sage_oci_files::create_dir_all(parent)?;
            }
            sage_oci_files::write_atomic(&path, &bytes)?;
        }
        Ok(())
    }

    fn indexes(&self, built: &[Built]) -> BTreeMap<String, Vec<u8>> {
        let mut indexes = BTreeMap::new();
        for architecture in &self.architectures {
            let stanzas: Vec<_> = built
                .iter()
                .filter(|built| [architecture, "all"].contains(&&*built.package.architecture))
                .map(Built::stanza)
                .collect();
            let text = stanzas.join("\n");
            for compression in [Compression::Plain, Compression::Gz, Compression::Xz] {
                let path = format!("main/binary-{architecture}/Packages{}", compression.suffix());
                indexes.insert(path, compression.compress(text.as_bytes()));
            }
        }
        indexes
    }

    fn release(&self, indexes: &BTreeMap<String, Vec<u8>>) -> String {
        let architectures: Vec<_> = self.architectures.iter().map(String::as_str).collect();
        let mut text =
            format!("Origin: Test\nLabel: Test\nSuite: {0}\nCodename: {0}\nDate: {1}\n", self.name, date(self.date));
        if let Some(end) = self.valid_until {
            text.push_str(&format!("Valid-Until: {}\n", date(end)));
        }
        if self.by_hash {
            text.push_str("Acquire-By-Hash: yes\n");
        }
        text.push_str(&format!(
            "Architectures: {}\nComponents: main\nDescription: made for a test\n",
            architectures.join(" ")
        ));
        text.push_str(&format!("SHA256:\n{}", table(indexes)));
        text
    }
}
