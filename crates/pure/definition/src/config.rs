use sage_oci_names::PackageName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The image's own user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its uid and gid, fixed for ever.
    pub id: u32,
    /// Its home.
    pub home: String,
    /// Its login shell.
    pub shell: String,
    /// May become root without a password.
    #[serde(default)]
    pub sudo: bool,
}

/// The OCI run-time configuration; in a variant or a channel's part, what is set replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// `WorkingDir`.
    pub working_dir: Option<String>,
    /// `Entrypoint`.
    pub entrypoint: Option<Vec<String>>,
    /// `Cmd`.
    pub cmd: Option<Vec<String>>,
    /// `ExposedPorts`, as `8888/tcp`.
    pub ports: Option<Vec<String>>,
    /// `StopSignal`.
    pub stop_signal: Option<String>,
    /// `Env`; names are merged, the later value wins.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// `Labels` beside those that the lock determines; merged like `env`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl Config {
    /// This configuration with what `over` sets put on top.
    pub(crate) fn overlaid(&self, over: &Self) -> Self {
        let merged = |below: &BTreeMap<String, String>, above: &BTreeMap<String, String>| {
            let mut all = below.clone();
            all.extend(above.clone());
            all
        };
        Self {
            working_dir: over.working_dir.clone().or_else(|| self.working_dir.clone()),
            entrypoint: over.entrypoint.clone().or_else(|| self.entrypoint.clone()),
            cmd: over.cmd.clone().or_else(|| self.cmd.clone()),
            ports: over.ports.clone().or_else(|| self.ports.clone()),
            stop_signal: over.stop_signal.clone().or_else(|| self.stop_signal.clone()),
            env: merged(&self.env, &over.env),
            labels: merged(&self.labels, &over.labels),
        }
    }
}

/// A path that the definition places in the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Where, absolute.
    pub path: String,
    /// A file below `nix/images/files` with the content.
    source: Option<String>,
    /// Or a patch below `nix/images/files` to the package's own file, which is diverted.
    patch: Option<String>,
    /// The package that ships the file which is patched.
    of: Option<PackageName>,
    /// Or a symbolic link's target.
    link: Option<String>,
    /// Or a directory, which is only said where its mode or owner is another than its parents'.
    #[serde(default)]
    directory: bool,
    /// A package ships the path: its file is diverted to the same name with `.distrib`, as by `dpkg-divert --local`. Not for
    /// Python modules: byte-code is compiled from what packages ship.
    #[serde(default)]
    pub divert: bool,
    /// Permission bits as four octal digits; where nothing is said, `0644`, and `0755` for a directory.
    mode: Option<String>,
    /// The owner.
    #[serde(default = "root")]
    pub owner: String,
    /// The group.
    #[serde(default = "root")]
    pub group: String,
}

/// What a placed path is, in the words of a definition: where its content comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file with the content of this file below `nix/images/files`.
    Source(String),
    /// What a package ships there, changed by a patch.
    Patch {
        /// The package.
        package: PackageName,
        /// The file below `nix/images/files` with the patch.
        patch: String,
    },
    /// A symbolic link with this target.
    Link(String),
    /// A directory.
    Directory,
}

impl FileEntry {
    /// What the path is, or what is wrong with the entry.
    pub(crate) fn kind(&self) -> Result<FileKind, String> {
        if !self.path.starts_with('/') || self.path.split('/').any(|part| part == "..") {
            return Err(format!("`path = \"{}\"` must be absolute, without `..`", self.path));
        }
        // The text goes into the build step as it is, so it has one form only.
        if let Some(mode) = &self.mode
            && (mode.len() != 4 || !mode.bytes().all(|digit| (b'0'..=b'7').contains(&digit)))
        {
            return Err(format!("`mode = \"{mode}\"` must be four octal digits, as `0755`"));
        }
        if self.divert && self.path.ends_with(".py") {
            let path = &self.path;
            return Err(format!(
                "`{path}`: a Python module is not diverted, since the image's byte-code is that of the package's own text, \
                 and Python believes it without a look at the module"
            ));
        }
        if let Some(patch) = &self.patch {
            return match (&self.of, &self.source, &self.link) {
                _ if patch.contains('/') => {
                    Err(format!("`patch = \"{patch}\"` must be a file name below nix/images/files"))
                }
                (Some(of), None, None) if self.divert && !self.directory => {
                    Ok(FileKind::Patch { package: of.clone(), patch: patch.clone() })
                }
                _ => {
                    Err(format!("`{}`: a `patch` needs `of`, the package of the file, and `divert = true`", self.path))
                }
            };
        }
        if self.of.is_some() {
            return Err(format!("`{}`: `of` is for a `patch`", self.path));
        }
        match (&self.source, &self.link, self.directory) {
            (Some(source), None, false) if !source.contains('/') => Ok(FileKind::Source(source.clone())),
            (Some(source), None, false) => {
                Err(format!("`source = \"{source}\"` must be a file name below nix/images/files"))
            }
            (None, Some(link), false) => Ok(FileKind::Link(link.clone())),
            (None, None, true) if self.divert => Err(format!("`{}`: a directory is not diverted", self.path)),
            (None, None, true) => Ok(FileKind::Directory),
            _ => Err(format!("`{}` needs either `source`, `patch`, `link` or `directory = true`", self.path)),
        }
    }

    /// The permission bits, as four octal digits.
    #[must_use]
    pub fn mode(&self) -> &str {
        self.mode.as_deref().unwrap_or(if self.directory { "0755" } else { "0644" })
    }
}

fn root() -> String {
    "root".to_owned()
}
