//! A project of three files, its repositories and archives, and what opening them needs.

use sage_oci_fetch::NoProgress;
use sage_oci_hint::Hint;
use sage_oci_revision::{Limits, Needed, Opening, Pin, Project, Revision, RevisionError, open};
use sage_oci_tags::ImageVersion;
use sage_oci_wanted::Wanted;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The files of a revision that is one of the project.
pub const FILES: [(&str, &str); 4] = [
    ("meson.build", "project('sage')\n"),
    ("src/sage/a.pyx", "cdef int a\n"),
    ("src/sage/version.py", "version = '10.9'\n"),
    ("README", "read me\n"),
];

pub struct World {
    pub dir: tempfile::TempDir,
    pub project: Project,
    pub pins: BTreeMap<ImageVersion, Pin>,
    pub stop: AtomicBool,
    pub limits: Limits,
    pub dirty: bool,
}

impl World {
    pub fn new() -> Self {
        let project = Project {
            name: "Sage".to_owned(),
            source: "src/sage".to_owned(),
            needed: vec![Needed { path: "meson.build".to_owned(), hint: "only 10.x can be built".to_owned() }],
            versions: vec!["src/VERSION.txt".to_owned(), "src/sage/version.py".to_owned()],
            pin: "sage-oci lock --sage".to_owned(),
        };
        let limits = Limits { silence: Duration::from_secs(20), whole: Duration::from_secs(60) };
        let (pins, stop) = (BTreeMap::new(), AtomicBool::new(false));
        Self { dir: tempfile::tempdir().unwrap(), project, pins, stop, limits, dirty: false }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn opening(&self) -> Opening<'_> {
        let mut opening = Opening::new(&self.project, &self.pins, &NoProgress, &self.stop);
        (opening.cache, opening.limits, opening.dirty) = (self.path("cache"), self.limits, self.dirty);
        opening
    }

    /// What `--sage TEXT` comes to; `{}` in it is the folder of this world.
    pub fn open(&self, text: &str) -> Result<Revision, RevisionError> {
        let text = text.replace("{}", self.dir.path().to_str().unwrap());
        let wanted = sage_oci_revision::parse(&text)?;
        open(&wanted, &self.opening())
    }

    /// The message and the hint of a failure.
    pub fn refused(&self, text: &str) -> (RevisionError, String) {
        let error = self.open(text).expect_err(text);
        let said = format!("{error}\nhint: {}", error.hint().unwrap_or_default());
        (error, said)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
        sage_oci_files::write_new(path, content.as_ref()).unwrap();
    }

    /// A repository of one commit on `main`.
    pub fn repository(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        sage_oci_files::create_dir_all(&path).unwrap();
        git(&path, &["init", "-q", "-b", "main"]);
        self.files(name);
        self.commit(name);
        path
    }

    pub fn files(&self, name: &str) {
        for (file, content) in FILES {
            self.write(&format!("{name}/{file}"), content);
        }
    }

    /// Commits everything, and gives the hash.
    pub fn commit(&self, name: &str) -> String {
        let path = self.path(name);
        git(&path, &["add", "-A"]);
        git(&path, &["commit", "-q", "--allow-empty", "-m", "why"]);
        git(&path, &["rev-parse", "HEAD"])
    }
}

/// Runs git for the test itself, and gives what it says.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = sage_oci_child::command("git");
    command.arg("-C").arg(folder).args([
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@localhost",
        "-c",
        "commit.gpgSign=false",
    ]);
    command.args(["-c", "protocol.file.allow=always"]).args(arguments);
    command.env("GIT_COMMITTER_DATE", "2026-11-01T12:00:00Z").env("GIT_AUTHOR_DATE", "2026-11-01T12:00:00Z");
    let output = command.output().expect("this test needs git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// A `.tar.gz` with any names in it, and links with any targets.
pub fn archive(path: &Path, files: &[(&str, &str)], links: &[(&str, &str)]) {
    let file = sage_oci_files::create(path).unwrap();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
    let header = |name: &str, kind, size: usize| {
        let mut header = tar::Header::new_ustar();
        // Past the library's own check of names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_mode(0o644);
        header
    };
    for (name, content) in files {
        let mut header = header(name, tar::EntryType::Regular, content.len());
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
    }
    for (name, target) in links {
        let mut header = header(name, tar::EntryType::Symlink, 0);
        header.set_link_name(target).unwrap();
        header.set_cksum();
        tar.append(&header, &b""[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap().flush().unwrap();
}

/// What is left to `Wanted` alone.
pub fn wanted(text: &str) -> Wanted {
    text.parse().unwrap()
}
