use crate::Fetch;
use crate::packages::{Packages, fetch_file, fetch_step};
use crate::stack::fetch_inputs;
use crate::{Input, Interpreter, Job, RecipeError, Sink, Step};
use sage_oci_lock::{Lock, Python, ToolPackage};
use sage_oci_names::{Architecture, ImageName};

/// The Python that compiles an image's modules.
///
/// On a machine of the image's architecture it is the image's own, from the very archives of its layers. On another one it
/// is a Python that the lock pins beside the image, of the same version, and its archives have a fetch of their own.
pub(crate) struct Compiler {
    pub(crate) interpreter: Interpreter,
    /// The fetches that hold its archives.
    pub(crate) inputs: Vec<Input>,
    /// The fetch that it alone needs.
    pub(crate) fetch: Option<Fetch>,
}

impl Compiler {
    pub(crate) fn new<S>(
        sink: &mut S,
        lock: &Lock,
        packages: &Packages<'_>,
        image: &ImageName,
        machine: Architecture,
    ) -> Result<Self, RecipeError<S::Error>>
    where
        S: Sink,
        S::Error: std::error::Error + 'static,
    {
        let Python { version, packages: names } =
            lock.python().ok_or_else(|| RecipeError::NoPython { image: image.clone() })?;
        if machine == lock.architecture {
            let archives = names.iter().filter_map(|name| packages.archive(name)).collect();
            let inputs = fetch_inputs(packages, names.iter());
            let interpreter = Interpreter { archives, version, architecture: machine };
            return Ok(Self { interpreter, inputs, fetch: None });
        }
        let locked = lock.interpreters.get(&machine).ok_or_else(|| RecipeError::Foreign {
            image: image.clone(),
            channel: lock.channel.to_string(),
            machine,
            target: lock.architecture,
        })?;
        let file =
            |p: &ToolPackage| fetch_file(lock, p.suite.as_deref(), p.file_name(), p.path.clone(), p.size, p.sha256);
        let step = fetch_step(lock, locked.packages.iter().map(file).collect());
        let nar_sha256 = locked.fetch.nar_sha256;
        let handle = sink.add(Job {
            name: format!("debs-python-{machine}"),
            step: Step::Fetch(step.clone()),
            inputs: Vec::new(),
            sources: Vec::new(),
            fixed: Some(nar_sha256),
        })?;
        let archives =
            locked.packages.iter().map(|package| format!("{}/{}", handle.out, package.file_name())).collect();
        let interpreter = Interpreter { archives, version: locked.version.clone(), architecture: machine };
        let inputs = vec![handle.out_input()];
        Ok(Self { interpreter, inputs, fetch: Some(Fetch { handle, step, nar_sha256 }) })
    }
}
