use crate::SmokeOptions;
use crate::reasons::no_program;
use crate::text::quoted;
use sage_oci_checks::Check;
use sage_oci_engine::{Engine, Publish, RunSpec};
use sage_oci_names::EngineImage;

/// Where checks are run.
#[derive(Clone, Copy)]
pub(crate) struct Lab<'a> {
    pub engine: &'a Engine,
    pub image: &'a EngineImage,
    pub options: &'a SmokeOptions,
    /// Held while a container is on the engine's bridge: as others join and leave it, connections to published ports were seen
    /// to stand still for a minute.
    pub bridge: &'a tokio::sync::Mutex<()>,
}

impl Lab<'_> {
    /// The container that a check asks for; the reason to skip it where this machine lacks a program for it.
    pub fn spec(&self, check: &Check) -> Result<RunSpec, String> {
        let options = &check.options;
        let mut mounts = Vec::new();
        for program in &options.host_programs {
            let path = which::which(program).map_err(|_| no_program(program))?;
            mounts.push((path, format!("/host/{program}")));
        }
        let mib = |mib: u64| mib.saturating_mul(1024 * 1024);
        Ok(RunSpec {
            env: options.env.clone(),
            user: check.user.clone(),
            working_dir: options.working_dir.clone(),
            network: options.network,
            read_only: options.read_only,
            tmpfs: options.tmpfs.clone(),
            volumes: options.volumes.clone(),
            mounts,
            memory: options.memory_mib.map(mib),
            shm: options.shm_mib.map(mib),
            init: options.init,
            drop_capabilities: options.drop_capabilities,
            no_new_privileges: options.no_new_privileges,
            timeout: check.timeout,
            artefact: check.expect.file.as_ref().map(|file| file.path.clone()),
            keep: self.options.keep,
            ..RunSpec::new(self.image.clone(), check.command.clone(), self.options.run.clone())
        })
    }

    /// A port of a container, published where the options say.
    pub fn publish(&self, container: u16) -> Publish {
        Publish { container, host: self.options.port }
    }
}

/// Commands with which a person looks into a container that did not do what it should.
pub(crate) fn enter(lab: &Lab<'_>, spec: &RunSpec, kept: Option<&str>, running: bool) -> Vec<String> {
    let client = lab.engine.kind().client();
    match kept {
        Some(id) => {
            let id = &id[..id.len().min(12)];
            let look = match running {
                true => format!("{client} exec -it {id} sh"),
                false => format!("{client} start --attach {id}"),
            };
            vec![look, format!("{client} rm --force --volumes {id}")]
        }
        None => {
            let words = spec.flags().into_iter().chain([spec.image.to_string(), "sh".to_owned()]);
            let words: Vec<_> = words.map(|word| quoted(&word)).collect();
            vec![format!("{client} run --rm -it {}", words.join(" "))]
        }
    }
}
