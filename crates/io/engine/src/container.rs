use crate::{Engine, RUN_LABEL, RunId, StoreKind};
use bollard::models::{ContainerCreateBody, HostConfig, ResourcesUlimits};
use std::collections::BTreeMap;
use std::time::Duration;

/// One command to run in a container of its own.
#[derive(Debug, Clone)]
pub struct RunSpec {
    /// The image: a name or an Id.
    pub image: String,
    /// The command; empty for the image's own.
    pub command: Vec<String>,
    /// `NAME=value` on top of the image's environment.
    pub env: Vec<String>,
    /// Who runs it; the image's user otherwise.
    pub user: Option<String>,
    /// The folder to start in; the image's otherwise.
    pub working_dir: Option<String>,
    /// Whether there is a network.
    pub network: bool,
    /// Whether the root file system is read-only.
    pub read_only: bool,
    /// Folders on tmpfs, with mount options.
    pub tmpfs: BTreeMap<String, String>,
    /// Memory limit in bytes.
    pub memory: Option<u64>,
    /// Whether every capability is dropped.
    pub drop_capabilities: bool,
    /// Whether programs can gain no privileges.
    pub no_new_privileges: bool,
    /// How long it may take, from creation on.
    pub timeout: Duration,
    /// A file to bring out of the container after the command has ended.
    pub artefact: Option<String>,
    /// The run the container belongs to.
    pub run: RunId,
}

impl RunSpec {
    /// A command without network and limits, for up to a minute.
    pub fn new(image: impl Into<String>, command: impl IntoIterator<Item = impl Into<String>>, run: RunId) -> Self {
        Self {
            image: image.into(),
            command: command.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            user: None,
            working_dir: None,
            network: false,
            read_only: false,
            tmpfs: BTreeMap::new(),
            memory: None,
            drop_capabilities: false,
            no_new_privileges: false,
            timeout: Duration::from_secs(60),
            artefact: None,
            run,
        }
    }
}

impl Engine {
    /// The engine's form of a spec.
    pub(crate) fn create_body(&self, spec: &RunSpec) -> ContainerCreateBody {
        let memory = spec.memory.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let host_config = HostConfig {
            network_mode: (!spec.network).then(|| "none".to_owned()),
            readonly_rootfs: Some(spec.read_only),
            tmpfs: Some(spec.tmpfs.clone().into_iter().collect()),
            memory,
            // Without swap on top, or the limit would not be one.
            memory_swap: memory,
            cap_drop: spec.drop_capabilities.then(|| vec!["ALL".to_owned()]),
            security_opt: spec.no_new_privileges.then(|| vec!["no-new-privileges".to_owned()]),
            ..self.host_config()
        };
        ContainerCreateBody {
            image: Some(spec.image.clone()),
            cmd: (!spec.command.is_empty()).then(|| spec.command.clone()),
            env: (!spec.env.is_empty()).then(|| spec.env.clone()),
            user: spec.user.clone(),
            working_dir: spec.working_dir.clone(),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            labels: Some(self.own_labels(&spec.run)),
            host_config: Some(host_config),
            ..Default::default()
        }
    }

    /// What every container of ours needs: podman's service wants explicit limits where it may not raise its own.
    pub(crate) fn host_config(&self) -> HostConfig {
        let limit =
            |name: &str, most| ResourcesUlimits { name: Some(name.to_owned()), soft: Some(most), hard: Some(most) };
        let ulimits = (self.kind == StoreKind::Podman).then(|| vec![limit("nofile", 1024), limit("nproc", 4096)]);
        HostConfig { ulimits, ..Default::default() }
    }

    /// The labels of our containers. The engine's client fixes the map's type.
    #[allow(clippy::disallowed_types)]
    pub(crate) fn own_labels(&self, run: &RunId) -> std::collections::HashMap<String, String> {
        [(RUN_LABEL.to_owned(), run.as_str().to_owned())].into_iter().collect()
    }
}
