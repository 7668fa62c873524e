use crate::cli::{Building, Target};
use crate::{Failure, Printer, interrupt};
use sage_oci_definition::Resolved;
use sage_oci_layer::Contents;
use sage_oci_lock::Lock;
use sage_oci_names::{Architecture, StorePath};
use sage_oci_produce::{Plan, Request};
use sage_oci_project::Project;
use sage_oci_store::{Nix, Settings};
use std::path::PathBuf;
use std::time::Duration;

/// What most commands begin with.
pub struct Context {
    /// The checkout.
    pub project: Project,
    /// Where output goes.
    pub printer: Printer,
}

/// An image with its lock.
pub struct Locked {
    /// The definition, resolved.
    pub image: Resolved,
    /// The lock of its channel.
    pub lock: Lock,
}

impl Locked {
    /// The version of the image, as tags carry it.
    pub fn version(&self) -> Option<&str> {
        self.lock.images.get(&self.image.layers_of).map(|plan| plan.version.as_str())
    }

    /// The engine's names of the image: its version first, then its channel's tags.
    pub fn tags(&self) -> Vec<String> {
        self.version()
            .into_iter()
            .map(ToOwned::to_owned)
            .chain(self.image.tags.iter().cloned())
            .map(|tag| format!("{}:{tag}", self.image.name))
            .collect()
    }
}

impl Context {
    /// Finds the project: the named one, or the one around the working directory, or the one that this program came with.
    pub fn new(project: Option<PathBuf>, printer: Printer) -> Result<Self, Failure> {
        let own = own_project()?;
        let found = match &project {
            Some(folder) => Project::discover(folder),
            None => {
                let here = std::env::current_dir()
                    .map_err(|error| Failure::new(format_args!("cannot tell the working directory: {error}"), None))?;
                Project::discover(&here)
            }
        };
        let project = match (found, own) {
            (Ok(found), Some(own)) => found.based_on(&own),
            (Err(_), Some(own)) if project.is_none() => own,
            (found, _) => found?,
        };
        Ok(Self { project, printer })
    }

    /// An image's definition and lock.
    pub fn locked(&self, target: &Target) -> Result<Locked, Failure> {
        let image = self.project.image(&target.image, target.channel.as_ref())?;
        let lock = match &target.lock {
            Some(path) => self.project.read_lock(path)?,
            None => self.project.lock(&image.channel, architecture(target.arch)?)?,
        };
        Ok(Locked { image, lock })
    }

    /// All derivations of an image, with this program in the store as their builder.
    pub fn plan(&self, nix: &Nix, locked: &Locked) -> Result<Plan, Failure> {
        let tool = add_tool(nix)?;
        let channel = self.project.channel(&locked.image.channel)?;
        Ok(Plan::make(Request {
            lock: &locked.lock,
            image: &locked.image,
            sources: &channel.apt_sources(),
            files: &self.project.placed_files()?,
            machine: machine()?,
            tool,
        })?)
    }
}

/// The project beside the name by which this program was called: the flake's commands bring the one that they were made from.
/// It lies beside `bin/sage-oci` and `libexec/sage-oci/<verb>`.
fn own_project() -> Result<Option<Project>, Failure> {
    let name = PathBuf::from(std::env::args_os().next().unwrap_or_default());
    for folder in name.ancestors().skip(2).take(2).filter(|folder| folder.is_absolute()) {
        if let Some(project) = Project::at(folder)? {
            return Ok(Some(project));
        }
    }
    Ok(None)
}

/// What is in a layer: the second output of its derivation.
pub fn contents(nix: &Nix, path: &StorePath) -> Result<Contents, Failure> {
    let file = sage_oci_files::open(nix.real_path(path))?;
    Contents::read(file).map_err(|error| Failure::from_error(&error, error.hint()))
}

/// This program in the store, as the builder of every derivation.
pub fn add_tool(nix: &Nix) -> Result<StorePath, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::new(format_args!("cannot find this program's own file: {error}"), None))?;
    Ok(nix.add_tool("sage-oci", &program)?)
}

/// Nix with the settings of the command line.
pub fn nix(building: &Building) -> Result<Nix, Failure> {
    let number = |count: Option<usize>| count.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let usual = sage_oci_machine::parallel(processors, sage_oci_machine::memory_available());
    let settings = Settings {
        jobs: number(building.jobs),
        cores: number(building.cores),
        usual_jobs: Some(usual.jobs),
        usual_cores: Some(usual.threads),
        patience: (building.stall_timeout > 0).then(|| Duration::from_secs(building.stall_timeout)),
        substituters: building.substituters.clone(),
        ..Settings::default()
    };
    Ok(Nix::discover(settings)?)
}

/// How archives are downloaded.
pub fn downloads(connections: usize) -> sage_oci_fetch::Options {
    sage_oci_fetch::Options { connections, stop: interrupt::flag(), ..sage_oci_fetch::Options::default() }
}

/// The architecture that is asked for, or this machine's.
pub fn architecture(asked: Option<Architecture>) -> Result<Architecture, Failure> {
    asked.map_or_else(machine, Ok)
}

/// This machine's architecture.
pub fn machine() -> Result<Architecture, Failure> {
    Architecture::host().ok_or_else(|| {
        Failure::new(
            format_args!("this machine's architecture, {}, is not supported", std::env::consts::ARCH),
            Some("images are built on amd64 and arm64 machines".to_owned()),
        )
    })
}
