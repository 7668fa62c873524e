use crate::{Expect, Kind};
use sage_oci_names::Architecture;
use std::collections::BTreeMap;
use std::time::Duration;

/// Something to try with an image, and what it must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A name no other check has.
    pub name: String,
    /// The heading it stands under in reports.
    pub group: String,
    /// The rows of the contract that it proves.
    pub proves: Vec<String>,
    /// Why it is not run in this channel or image.
    pub skip: Option<String>,
    /// The one architecture it is about; every one where nothing is said.
    pub architecture: Option<Architecture>,
    /// How it is carried out.
    pub kind: Kind,
    /// The command; empty for the image's own.
    pub command: Vec<String>,
    /// Who runs it; the image's user otherwise.
    pub user: Option<String>,
    /// What it must answer.
    pub expect: Expect,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether someone who waits for an answer after each edit does without it: it takes long.
    pub slow: bool,
    /// How its container differs from a plain one.
    pub options: RunOptions,
    /// An image to build on top of the tested one, in which the check then runs.
    pub build: Option<Build>,
}

impl Check {
    /// Makes every limit so many times longer, for machines that emulate the image's processor.
    pub fn stretch(&mut self, times: u32) {
        self.timeout *= times;
        let more = |seconds: &mut u64| *seconds = seconds.saturating_mul(times.into());
        match &mut self.kind {
            Kind::Command | Kind::Image(_) => {}
            Kind::Service(service) => {
                more(&mut service.within);
                service.stop_within.iter_mut().for_each(more);
            }
            Kind::Notebook(notebook) => {
                more(&mut notebook.within);
                more(&mut notebook.kernel_within);
                more(&mut notebook.stop_within);
                notebook.cell.iter_mut().for_each(|cell| more(&mut cell.timeout));
            }
        }
    }
}

/// How a check's container differs from a plain one, which has no network, a writable root and no limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunOptions {
    /// `NAME=value` on top of the image's environment.
    pub env: Vec<String>,
    /// The folder to start in.
    pub working_dir: Option<String>,
    /// Whether there is a network.
    pub network: bool,
    /// Whether the root file system is read-only.
    pub read_only: bool,
    /// Folders on tmpfs, with mount options.
    pub tmpfs: BTreeMap<String, String>,
    /// Folders on fresh anonymous volumes.
    pub volumes: Vec<String>,
    /// Memory limit in MiB.
    pub memory_mib: Option<u64>,
    /// Size of `/dev/shm` in MiB.
    pub shm_mib: Option<u64>,
    /// Whether the engine's own small init is the first process.
    pub init: bool,
    /// Whether every capability is dropped.
    pub drop_capabilities: bool,
    /// Whether programs can gain no privileges.
    pub no_new_privileges: bool,
    /// Programs of this machine, by name, that the container finds read-only below `/host`. Where one is missing the
    /// check is skipped.
    pub host_programs: Vec<String>,
}

/// An image made by the engine's own builder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The instructions that follow `FROM`.
    pub dockerfile: String,
    /// The files beside it: name and text.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}
