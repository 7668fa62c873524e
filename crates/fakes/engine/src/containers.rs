use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a container does, and what an engine says of it.
#[derive(Debug, Clone, Default)]
pub struct Container {
    /// What it writes on standard output.
    pub stdout: String,
    /// What it writes on standard error.
    pub stderr: String,
    /// Its exit status.
    pub exit: i64,
    /// Whether it was killed for want of memory.
    pub oom: bool,
    /// Whether it stays until it is stopped or killed.
    pub stays: bool,
    /// Whether it has to be killed to end.
    pub deaf: bool,
    /// Status and message of the request to start it, where that fails.
    pub start: Option<(u16, String)>,
    /// Files that can be brought out of it.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The port of this machine at which each of its ports is.
    pub port: Option<u16>,
    /// What a command in it says, and its exit status.
    pub exec: Option<(String, i64)>,
}

impl Container {
    /// It says this and ends well.
    pub fn says(stdout: &str) -> Self {
        Self { stdout: stdout.to_owned(), ..Self::default() }
    }

    /// It ends with this status.
    pub fn ends(exit: i64) -> Self {
        Self { exit, ..Self::default() }
    }

    /// It says this and stays.
    pub fn stays(stdout: &str) -> Self {
        Self { stays: true, ..Self::says(stdout) }
    }
}

/// One that was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub does: Container,
    /// The document that it was made of.
    pub body: Value,
    pub running: bool,
    pub exit: i64,
}

impl Made {
    pub fn new(does: Container, body: Value) -> Self {
        Self { exit: does.exit, does, body, running: false }
    }

    pub fn document(&self, id: &str) -> Value {
        let ports = self.body["ExposedPorts"].as_object().into_iter().flatten().map(|(port, _)| port.clone());
        let at = |port: u16| json!([{ "HostIp": "127.0.0.1", "HostPort": port.to_string() }]);
        let ports: serde_json::Map<_, _> = ports.map(|port| (port, self.does.port.map_or(Value::Null, at))).collect();
        json!({
            "Id": id,
            "State": { "Running": self.running, "ExitCode": self.exit, "OOMKilled": self.does.oom },
            "HostConfig": { "Memory": self.body["HostConfig"]["Memory"].as_i64().unwrap_or(0) },
            "NetworkSettings": { "Ports": ports },
        })
    }

    pub fn archive(&self, path: &str) -> Option<Vec<u8>> {
        let content = self.does.files.get(path)?;
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        let mut archive = tar::Builder::new(Vec::new());
        let name = path.rsplit('/').next().unwrap_or(path);
        archive.append_data(&mut header, name, &content[..]).expect("an archive is written");
        Some(archive.into_inner().expect("an archive ends"))
    }
}
