use crate::{Call, Verb};
use sage_oci_fake_program::write_program;
use sage_oci_names::{Sha256, StorePath};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Nix's programs, a store, and what is remembered of all calls; gone with the value.
#[derive(Debug)]
pub struct FakeNix {
    folder: tempfile::TempDir,
}

impl Default for FakeNix {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeNix {
    /// One with an empty store.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nix = Self { folder };
        for folder in ["bin", "state", "root/nix/store"] {
            sage_oci_files::create_dir_all(nix.folder().join(folder)).expect("a folder is made");
        }
        let (state, root) = (nix.folder().join("state"), nix.folder().join("root"));
        let places = format!("#!/bin/sh\nstate='{}' root='{}'\n", state.display(), root.display());
        for program in ["nix-store", "nix-instantiate"] {
            write_program(nix.programs().join(program), places.clone() + include_str!("nix.sh"));
        }
        nix
    }

    /// A folder for whatever belongs to the same test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the programs.
    pub fn programs(&self) -> PathBuf {
        self.folder().join("bin")
    }

    /// The store's name for `--store`: one that is written directly, below a root of its own.
    pub fn store(&self) -> String {
        format!("local?root={}", self.folder().join("root").display())
    }

    /// Where a store path lies.
    pub fn real(&self, path: &StorePath) -> PathBuf {
        self.folder().join("root").join(path.as_str().trim_start_matches('/'))
    }

    /// Whether a path is in the store.
    pub fn has(&self, path: &StorePath) -> bool {
        sage_oci_files::exists(self.real(path)).expect("the store can be asked")
    }

    /// Puts an empty file there, as if it had been built.
    pub fn holds(&self, path: &StorePath) {
        sage_oci_files::write_atomic(self.real(path), b"").expect("a path is written");
    }

    /// Takes a path away, as the garbage collector does.
    pub fn loses(&self, path: &StorePath) {
        let real = self.real(path);
        let plain = sage_oci_files::metadata(&real).expect("the path is there").is_file();
        match plain {
            true => sage_oci_files::remove_file(real),
            false => sage_oci_files::remove_dir_all(real),
        }
        .expect("a path is removed");
    }

    /// A path that is on disk, and of which the database knows nothing.
    pub fn forgets(&self, path: &StorePath) {
        self.add("unregistered", path.as_str());
    }

    /// Tells of a derivation and its outputs.
    pub fn knows<'a>(&self, derivation: &StorePath, outputs: impl IntoIterator<Item = &'a StorePath>) {
        let mut line = derivation.to_string();
        for output in outputs {
            let _ = write!(line, " {output}");
        }
        self.add("known", &line);
    }

    /// A binary cache has a path.
    pub fn caches(&self, path: &StorePath) {
        self.add("cached", path.as_str());
    }

    /// The builder of a derivation fails.
    pub fn fails(&self, derivation: &StorePath) {
        self.add("fails", derivation.as_str());
    }

    /// Files that are added under this name get another path than was promised.
    pub fn spoils(&self, name: &str) {
        self.add("spoilt", name);
    }

    /// What the database says of paths: digest and size of the NAR, and references; all of them are the closure of any.
    pub fn tells(&self, paths: &[(&StorePath, Sha256, u64, &[&StorePath])]) {
        let (mut requisites, mut dump) = (String::new(), String::new());
        for (path, digest, size, references) in paths {
            let _ = writeln!(requisites, "{path}");
            let _ = write!(dump, "{path}\n{}\n{size}\n\n{}\n", digest.hex(), references.len());
            references.iter().for_each(|reference| _ = writeln!(dump, "{reference}"));
        }
        for (name, text) in [("requisites", requisites), ("dump", dump)] {
            sage_oci_files::write_atomic(self.state(name), text.as_bytes()).expect("an answer is written");
        }
    }

    /// Lets a script run before each call of this kind is answered; `exit` in it is the call's end. Its words are Nix's.
    pub fn on(&self, verb: Verb, script: &str) {
        sage_oci_files::write_atomic(self.state(&format!("on-{}", verb.name())), script.as_bytes())
            .expect("a script is written");
    }

    /// Forgets every failure that it was told of.
    pub fn behaves(&self) {
        for path in sage_oci_files::list(self.folder().join("state")).expect("the state is listed") {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if ["fails", "spoilt", "unregistered"].contains(&name) || name.starts_with("on-") {
                sage_oci_files::remove_file(path).expect("a failure is forgotten");
            }
        }
    }

    /// All calls since the last time.
    pub fn calls(&self) -> Vec<Call> {
        let path = self.state("calls");
        if !sage_oci_files::exists(&path).expect("the calls can be asked for") {
            return Vec::new();
        }
        let text = sage_oci_files::read_to_string(&path).expect("the calls are read");
        sage_oci_files::remove_file(path).expect("the calls are forgotten");
        text.lines().map(Call::parse).collect()
    }

    /// What was asked since the last time, without the paths.
    pub fn verbs(&self) -> Vec<Verb> {
        self.calls().into_iter().map(|call| call.verb).collect()
    }

    /// What the last `nix-instantiate` was given to read.
    pub fn text(&self) -> String {
        sage_oci_files::read_to_string(self.state("text")).expect("a text was read")
    }

    fn state(&self, name: &str) -> PathBuf {
        self.folder().join("state").join(name)
    }

    fn add(&self, name: &str, line: &str) {
        let path = self.state(name);
        let mut text = sage_oci_files::read_to_string(&path).unwrap_or_default();
        text.push_str(line);
        text.push('\n');
        sage_oci_files::write_atomic(path, text.as_bytes()).expect("a fact is written");
    }
}
