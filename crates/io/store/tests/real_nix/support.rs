use sage_oci_derivation::{DerivationBuilder, Derivations, Finished};
use sage_oci_names::{Architecture, StorePath};
use sage_oci_store::{Event, Nix, Settings, StoreError, Target};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A store of its own, and a graph to fill it with.
pub struct Bench {
    pub folder: PathBuf,
    pub nix: Nix,
    pub tool: StorePath,
    pub graph: Derivations,
}

impl Bench {
    pub fn new(name: &str) -> Self {
        Self::with(name, |_| {})
    }

    pub fn with(name: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = folder(name);
        let mut settings = settings(&folder);
        change(&mut settings);
        let nix = discover(settings);
        let tool = nix.add_tool("builder", builder()).unwrap();
        Self { folder, nix, tool, graph: Derivations::default() }
    }

    pub fn builder(&self, name: &str) -> DerivationBuilder {
        let system = Architecture::host().unwrap().nix_system();
        DerivationBuilder::new(name, system, format!("{}/bin/builder", self.tool)).input_source(self.tool.clone())
    }

    /// A derivation that writes a text.
    pub fn write(&mut self, name: &str, text: &str) -> Finished {
        let builder = self.builder(name).args(["write", "out"]).env("text", text);
        self.graph.add(builder).unwrap().clone()
    }

    /// A derivation that writes what another wrote, and a text.
    pub fn copy(&mut self, name: &str, from: &Finished, text: &str) -> Finished {
        let builder = self.builder(name).args(["copy", from.out().as_str()]).env("text", text).input(from, "out");
        self.graph.add(builder).unwrap().clone()
    }

    /// A derivation that does something without inputs or outputs.
    pub fn act(&mut self, name: &str, what: &str) -> Finished {
        let builder = self.builder(name).arg(what);
        self.graph.add(builder).unwrap().clone()
    }

    pub fn register(&self) {
        self.nix.register(self.graph.iter()).unwrap();
    }

    /// Builds, and gives all events but ticks.
    pub fn realise(&self, targets: &[&Finished]) -> (Result<sage_oci_store::Realised, StoreError>, Vec<Event>) {
        let mut events = Vec::new();
        let targets: Vec<Target> = targets.iter().map(|finished| Target::from(*finished)).collect();
        let result = self.nix.realise(&targets, &mut |event| {
            if event != Event::Tick {
                events.push(event);
            }
            ControlFlow::Continue(())
        });
        (result, events)
    }

    pub fn read(&self, path: &StorePath) -> String {
        sage_oci_files::read_to_string(self.nix.real_path(path)).unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = sage_oci_files::remove_dir_all(&self.folder);
    }
}

/// An empty folder. Not below `/tmp`: Nix refuses a store root whose parents all may write.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{name}"));
    sage_oci_files::remove_dir_all(&folder).unwrap();
    sage_oci_files::create_dir_all(&folder).unwrap();
    folder
}

pub fn settings(folder: &Path) -> Settings {
    Settings {
        store: Some(format!("local?root={}", folder.join("root").display())),
        logs: Some(folder.join("logs")),
        staging: Some(folder.join("staging")),
        ..Settings::default()
    }
}

pub fn discover(settings: Settings) -> Nix {
    Nix::discover(settings).unwrap_or_else(|error| panic!("this test needs Nix's `nix-store` on PATH: {error}"))
}

/// The test builder, compiled once.
pub fn builder() -> &'static Path {
    static BUILDER: OnceLock<PathBuf> = OnceLock::new();
    BUILDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let program = folder.join("store-builder");
        // Another run may use it at this moment: renaming leaves it the old one.
        let new = folder.join(format!("store-builder-{}", std::process::id()));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_nix/builder.c");
        let status = Command::new("cc")
            .args(["-static", "-O1", "-o"])
            .arg(&new)
            .arg(source)
            .status()
            .unwrap_or_else(|error| panic!("this test needs a C compiler, `cc`: {error}"));
        assert!(status.success(), "cc cannot link a static program; the C library's static part is needed");
        sage_oci_files::rename(&new, &program).unwrap();
        program
    })
}
