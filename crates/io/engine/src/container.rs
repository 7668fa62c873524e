use crate::owner::Owner;
use crate::{Engine, KEEP_LABEL, OWNER_LABEL, RUN_LABEL, RunId, StoreKind};
use bollard::models::{ContainerCreateBody, HostConfig, PortBinding, ResourcesUlimits};
use sage_oci_names::EngineImage;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// A port of a container that this machine's programs can reach, on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish {
    /// The port in the container.
    pub container: u16,
    /// The port on this machine; a free one where nothing is said.
    pub host: Option<u16>,
}

/// One command to run in a container of its own.
#[derive(Debug, Clone)]
pub struct RunSpec {
    /// The image.
    pub image: EngineImage,
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
    /// Folders on fresh anonymous volumes, which go with the container.
    pub volumes: Vec<String>,
    /// Files of this machine that the container sees read-only: where they are, and where it sees them.
    pub mounts: Vec<(PathBuf, String)>,
    /// Memory limit in bytes.
    pub memory: Option<u64>,
    /// Size of `/dev/shm` in bytes.
    pub shm: Option<u64>,
    /// Whether the engine's own small init is the first process.
    pub init: bool,
    /// A port to publish; there is a network then.
    pub publish: Option<Publish>,
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
    /// Whether the container may be kept: it is then no leftover when this program is gone.
    pub keep: bool,
}

impl RunSpec {
    /// A command without network and limits, for up to a minute.
    pub fn new(
        image: impl Into<EngineImage>,
        command: impl IntoIterator<Item = impl Into<String>>,
        run: RunId,
    ) -> Self {
        Self {
            image: image.into(),
            command: command.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            user: None,
            working_dir: None,
            network: false,
            read_only: false,
            tmpfs: BTreeMap::new(),
            volumes: Vec::new(),
            mounts: Vec::new(),
            memory: None,
            shm: None,
            init: false,
            publish: None,
            drop_capabilities: false,
            no_new_privileges: false,
            timeout: Duration::from_secs(60),
            artefact: None,
            run,
            keep: false,
        }
    }

    /// The flags of `docker run` that make such a container, for people who want to look into one.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut flag =
            |name: &str, value: &str| flags.push(format!("--{name}{}{value}", if value.is_empty() { "" } else { "=" }));
        match self.publish {
            Some(publish) => {
                let host = publish.host.map(|port| port.to_string()).unwrap_or_default();
                flag("publish", &format!("127.0.0.1:{host}:{}", publish.container));
            }
            None if self.network => {}
            None => flag("network", "none"),
        }
        self.env.iter().for_each(|word| flag("env", word));
        self.user.iter().for_each(|user| flag("user", user));
        self.working_dir.iter().for_each(|folder| flag("workdir", folder));
        if self.read_only {
            flag("read-only", "");
        }
        for (folder, options) in &self.tmpfs {
            let options = if options.is_empty() { String::new() } else { format!(":{options}") };
            flag("tmpfs", &format!("{folder}{options}"));
        }
        self.volumes.iter().for_each(|folder| flag("volume", folder));
        for (from, to) in &self.mounts {
            flag("volume", &format!("{}:{to}:ro", from.display()));
        }
        self.memory.iter().for_each(|bytes| flag("memory", &bytes.to_string()));
        self.shm.iter().for_each(|bytes| flag("shm-size", &bytes.to_string()));
        if self.init {
            flag("init", "");
        }
        if self.drop_capabilities {
            flag("cap-drop", "ALL");
        }
        if self.no_new_privileges {
            flag("security-opt", "no-new-privileges");
        }
        flags
    }
}

impl Engine {
    /// The engine's form of a spec.
    pub(crate) fn create_body(&self, spec: &RunSpec) -> ContainerCreateBody {
        let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let memory = spec.memory.map(bytes);
        let port = spec.publish.map(|publish| format!("{}/tcp", publish.container));
        let bindings = spec.publish.zip(port.clone()).map(|(publish, port)| {
            let host_port = Some(publish.host.map_or_else(String::new, |port| port.to_string()));
            (port, Some(vec![PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port }]))
        });
        let binds: Vec<_> = spec.mounts.iter().map(|(from, to)| format!("{}:{to}:ro", from.display())).collect();
        let host_config = HostConfig {
            network_mode: (!spec.network && spec.publish.is_none()).then(|| "none".to_owned()),
            port_bindings: bindings.map(|binding| [binding].into_iter().collect()),
            binds: (!binds.is_empty()).then_some(binds),
            shm_size: spec.shm.map(bytes),
            init: spec.init.then_some(true),
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
            image: Some(spec.image.to_string()),
            cmd: (!spec.command.is_empty()).then(|| spec.command.clone()),
            env: (!spec.env.is_empty()).then(|| spec.env.clone()),
            user: spec.user.clone(),
            working_dir: spec.working_dir.clone(),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            exposed_ports: port.map(|port| vec![port]),
            volumes: (!spec.volumes.is_empty()).then(|| spec.volumes.clone()),
            labels: Some(self.labels(&spec.run, spec.keep)),
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

    /// The labels of what we make. The engine's client fixes the map's type.
    #[allow(clippy::disallowed_types)]
    pub(crate) fn labels(&self, run: &RunId, keep: bool) -> std::collections::HashMap<String, String> {
        let mut labels = vec![
            (RUN_LABEL.to_owned(), run.as_str().to_owned()),
            (OWNER_LABEL.to_owned(), Owner::this_process().to_string()),
        ];
        if keep {
            labels.push((KEEP_LABEL.to_owned(), "yes".to_owned()));
        }
        labels.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::Reference;

    #[test]
    fn flags_repeat_a_container() {
        let plain = RunSpec::new(Reference::parse("image").unwrap(), ["true"], RunId::unique());
        assert_eq!(plain.flags(), ["--network=none"]);
        let spec = RunSpec {
            publish: Some(Publish { container: 8888, host: None }),
            user: Some("1:0".to_owned()),
            read_only: true,
            tmpfs: [("/tmp".to_owned(), String::new()), ("/x".to_owned(), "exec".to_owned())].into_iter().collect(),
            volumes: vec!["/home".to_owned()],
            mounts: vec![("/usr/bin/a".into(), "/host/a".to_owned())],
            init: true,
            ..plain
        };
        let expected = "--publish=127.0.0.1::8888 --user=1:0 --read-only --tmpfs=/tmp --tmpfs=/x:exec --volume=/home \
                        --volume=/usr/bin/a:/host/a:ro --init";
        assert_eq!(spec.flags().join(" "), expected);
    }
}
