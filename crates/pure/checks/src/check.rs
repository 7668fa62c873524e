use crate::Expect;
use std::collections::BTreeMap;
use std::time::Duration;

/// One command and what it must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A name no other check has.
    pub name: String,
    /// The command; empty for the image's own.
    pub command: Vec<String>,
    /// Who runs it; the image's user otherwise.
    pub user: Option<String>,
    /// What it must answer.
    pub expect: Expect,
    /// How long it may take.
    pub timeout: Duration,
    /// How its container differs from a plain one.
    pub options: RunOptions,
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
    /// Memory limit in MiB.
    pub memory_mib: Option<u64>,
    /// Whether every capability is dropped.
    pub drop_capabilities: bool,
    /// Whether programs can gain no privileges.
    pub no_new_privileges: bool,
}
