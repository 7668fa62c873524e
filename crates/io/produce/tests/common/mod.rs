//! A small project whose archives lie on a mirror of this machine, and a Nix that builds nothing.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use sage_oci_fake_mirror::Mirror;
use sage_oci_fake_nix::{FakeNix, Verb};
use sage_oci_fetch::{Options, Progress, Summary};
use sage_oci_lock::LockFile;
use sage_oci_names::{Architecture, ChannelName, Sha256, StorePath};
use sage_oci_produce::{Downloads, Observer, Plan, ProduceError, Request};
use sage_oci_project::Project;
use sage_oci_store::{Event, Nix, Settings};
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The wheel that the project's definition names.
const WHEEL: &str = "/wheels/widgets-1.0-py3-none-any.whl";

pub fn builder() -> StorePath {
    StorePath::parse("/nix/store/00000000000000000000000000000000-sage-oci-builder").unwrap()
}

fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256::new(sha2::Sha256::digest(bytes).into())
}

/// A project, the mirror with everything that it fetches, and Nix.
pub struct Bench {
    pub nix: FakeNix,
    pub mirror: Mirror,
    pub downloads: Downloads,
    project: Project,
}

impl Bench {
    pub fn new() -> Self {
        let nix = FakeNix::new();
        let (served, copy) = (nix.folder().join("served"), nix.folder().join("project"));
        sage_oci_files::create_dir_all(&served).unwrap();
        let mirror = Mirror::serve(&served).unwrap();
        serve(&served, WHEEL, b"a wheel");
        let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../project/tests/small");
        copied(&small, &copy, &|text| {
            text.replace("http://deb.debian.org", &mirror.url())
                .replace("https://wheels.example", &format!("{}/wheels", mirror.url()))
                .replace(&"1".repeat(64), &sha256(b"a wheel").hex())
                .replace("size = 12", "size = 7")
        });
        let options = Options {
            attempts: 2,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(1),
            ..Options::default()
        };
        let downloads = Downloads { folder: nix.folder().join("archives"), options };
        let project = Project::at(&copy).unwrap().unwrap();
        let bench = Self { nix, mirror, downloads, project };
        for architecture in [Architecture::Amd64, Architecture::Arm64] {
            // Every archive is on the mirror of its suite.
            for package in bench.lock(architecture).into_lock().packages {
                let suite = package.suite.as_deref().unwrap_or("sid");
                let root = if suite == "sid-security" { "debian-security" } else { "debian" };
                serve(&served, &format!("/{root}/{}", package.path), package.path.as_bytes());
            }
        }
        bench
    }

    /// A lock whose packages are those of the mirror: an archive holds its own path.
    pub fn lock(&self, architecture: Architecture) -> LockFile {
        let mut lock = self.project.lock(&channel(), architecture).unwrap().into_lock();
        for package in &mut lock.packages {
            (package.sha256, package.size) = (sha256(package.path.as_bytes()), package.path.len() as u64);
        }
        for tool in lock.interpreters.values_mut().flat_map(|interpreter| &mut interpreter.packages) {
            (tool.sha256, tool.size) = (sha256(tool.path.as_bytes()), tool.path.len() as u64);
        }
        lock.into()
    }

    /// The derivations of an image, of which Nix has heard.
    pub fn plan(&self, image: &str) -> Plan {
        self.plan_of(image, &self.lock(Architecture::Amd64)).unwrap()
    }

    pub fn plan_of(&self, image: &str, lock: &LockFile) -> Result<Plan, ProduceError> {
        let image = self.project.image(&image.parse().unwrap(), Some(&channel())).unwrap();
        let files = self.project.placed_files().unwrap();
        let machine = Architecture::Amd64;
        let plan = Plan::make(Request {
            lock,
            image: &image,
            sources: "",
            files: &files,
            machine,
            builder: builder(),
            commit: None,
        })?;
        self.tell(&plan);
        Ok(plan)
    }

    /// The derivations of an image for two architectures, and of the index over them.
    pub fn index(&self, image: &str) -> Plan {
        let image = self.project.image(&image.parse().unwrap(), Some(&channel())).unwrap();
        let files = self.project.placed_files().unwrap();
        let locks = [Architecture::Amd64, Architecture::Arm64].map(|architecture| self.lock(architecture));
        let [first, second] = locks.each_ref().map(|lock| Request {
            lock,
            image: &image,
            sources: "",
            files: &files,
            machine: Architecture::Amd64,
            builder: builder(),
            commit: None,
        });
        let plan = Plan::index(first, vec![second]).unwrap();
        self.tell(&plan);
        plan
    }

    fn tell(&self, plan: &Plan) {
        for finished in plan.derivations().iter() {
            self.nix.knows(&finished.path, finished.outputs.values());
        }
    }

    pub fn store(&self) -> Nix {
        self.store_with(|_| {})
    }

    pub fn store_with(&self, change: impl FnOnce(&mut Settings)) -> Nix {
        let mut settings = Settings {
            programs: Some(self.nix.programs()),
            store: Some(self.nix.store()),
            logs: Some(self.nix.folder().join("logs")),
            staging: Some(self.nix.folder().join("staging")),
            substituters: Some(String::new()),
            ..Settings::default()
        };
        change(&mut settings);
        let nix = Nix::discover(settings).unwrap();
        self.nix.calls();
        nix
    }

    /// Makes an image; what was asked of Nix, what of the mirror, and what was said.
    pub fn realise(&self, plan: &Plan) -> (Result<bool, ProduceError>, Course) {
        self.watched(|nix, observer| plan.realise(nix, &self.downloads, observer))
    }

    /// The same with the layers' lists of contents.
    pub fn contents(&self, plan: &Plan) -> (Result<(), ProduceError>, Course) {
        self.watched(|nix, observer| plan.realise_contents(nix, &self.downloads, observer))
    }

    fn watched<T>(&self, work: impl FnOnce(&Nix, &mut Recorder) -> T) -> (T, Course) {
        let (nix, before) = (self.store(), self.mirror.requests().len());
        let mut recorder = Recorder::default();
        let done = work(&nix, &mut recorder);
        let mut requests: Vec<_> =
            self.mirror.requests().split_off(before).into_iter().map(|request| request.path).collect();
        requests.sort();
        let Recorder { said, events, fetching, .. } = recorder;
        (done, Course { asked: self.nix.verbs(), requests, fetched: fetching.0.into_inner().unwrap(), said, events })
    }
}

/// How it went.
#[derive(Debug)]
pub struct Course {
    /// What Nix was asked.
    pub asked: Vec<Verb>,
    /// What the mirror was asked for, sorted.
    pub requests: Vec<String>,
    /// What the downloads said.
    pub fetched: Vec<String>,
    /// What was said as the archives were added.
    pub said: Vec<(Summary, usize)>,
    /// What Nix said, but that nothing is new.
    pub events: Vec<Event>,
}

impl Course {
    /// The derivations whose building began, by name.
    pub fn built(&self) -> Vec<String> {
        let started = self.events.iter().filter_map(|event| match event {
            Event::BuildStarted { derivation } => Some(derivation.name().trim_end_matches(".drv").to_owned()),
            _ => None,
        });
        started.collect()
    }
}

/// Writes everything down.
#[derive(Default)]
pub struct Recorder {
    pub said: Vec<(Summary, usize)>,
    pub events: Vec<Event>,
    pub fetching: Fetching,
    /// Whether it stops what Nix builds as soon as it hears of it.
    pub stops: bool,
}

/// What downloads say, a line each; but for the bytes, which are added up in its first line.
#[derive(Default)]
pub struct Fetching(Mutex<Vec<String>>);

impl Progress for Fetching {
    fn started(&self, files: usize, bytes: u64) {
        self.0.lock().unwrap().push(format!("{files} files of {bytes} bytes"));
    }
    fn advanced(&self, _bytes: u64) {}
    fn retried(&self, file: &str, _why: &str) {
        self.0.lock().unwrap().push(format!("again {file}"));
    }
    fn finished(&self, _file: &str) {}
}

impl Observer for Recorder {
    fn fetching(&self) -> &dyn Progress {
        &self.fetching
    }
    fn adding(&mut self, fetched: Summary, layers: usize) {
        self.said.push((fetched, layers));
    }
    fn building(&mut self, event: Event) -> ControlFlow<()> {
        let heard = event != Event::Tick;
        self.events.extend(Some(event).filter(|_| heard));
        if self.stops && heard { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Asks downloads to stop, or takes that back.
pub fn stop(bench: &Bench, wanted: bool) {
    bench.downloads.options.stop.store(wanted, Ordering::Relaxed);
}

pub fn channel() -> ChannelName {
    "sid".parse().unwrap()
}

/// The names of the files in a folder.
pub fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    sage_oci_files::list(folder).unwrap_or_default().iter().map(name).collect()
}

/// Store paths by the name of their derivation.
pub fn outputs(plan: &Plan) -> BTreeMap<String, StorePath> {
    let all = plan.derivations().iter();
    all.map(|finished| (finished.path.name().trim_end_matches(".drv").to_owned(), finished.out().clone())).collect()
}

fn serve(root: &Path, path: &str, content: &[u8]) {
    let path = root.join(path.trim_start_matches('/'));
    sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
    sage_oci_files::write_atomic(path, content).unwrap();
}

fn copied(from: &Path, to: &Path, change: &dyn Fn(String) -> String) {
    sage_oci_files::create_dir_all(to).unwrap();
    for path in sage_oci_files::list(from).unwrap() {
        let target = to.join(path.file_name().unwrap());
        match sage_oci_files::metadata(&path).unwrap().is_dir() {
            true => copied(&path, &target, change),
            false => {
                let text = change(sage_oci_files::read_to_string(&path).unwrap());
                sage_oci_files::write_atomic(target, text.as_bytes()).unwrap();
            }
        }
    }
}
