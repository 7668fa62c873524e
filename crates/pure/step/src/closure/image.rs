use sage_oci_closure::DEFAULT_LAYERS;
use sage_oci_names::{Algorithm, Architecture, Compression, ImageName, NameError, StorePath};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a closure image is to be, apart from the closure itself: the options of `lib.closureImage` and of the file that
/// `sage-oci closure --config` reads. An unknown key is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClosureImage {
    /// Its name.
    pub name: ImageName,
    /// The machine that it is for.
    pub architecture: Architecture,
    /// The one time stamp, in seconds since 1970.
    #[serde(default = "one")]
    pub created: u64,
    /// How layers are stored, but for the level.
    #[serde(default = "zstd")]
    pub compression: Algorithm,
    /// The compressor's level; the usual one where nothing is said.
    #[serde(default)]
    pub level: Option<u32>,
    /// The most layers that the image may have, the base image's among them.
    #[serde(default = "layers")]
    pub max_layers: usize,
    /// The owner of the store and everything in it.
    #[serde(default)]
    pub owner: Owner,
    /// How a container starts.
    #[serde(default)]
    pub config: OciConfig,
    /// Annotations of the manifest.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// Store paths whose trees appear in the image's root, too.
    #[serde(default)]
    pub copy_to_root: Vec<StorePath>,
    /// As what their files appear there.
    #[serde(default)]
    pub root_files: RootFiles,
    /// A user beside root and nobody; the container runs as it unless the config says otherwise.
    #[serde(default)]
    pub user: Option<AddedUser>,
    /// Owners, modes and capabilities that differ.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// Puts `/nix-path-registration` into the image, which `nix-store --load-db` reads.
    #[serde(default, rename = "includeNixDB")]
    pub include_nix_db: bool,
    /// An OCI layout in the store whose layers come first.
    #[serde(default)]
    pub from_image: Option<StorePath>,
}

fn one() -> u64 {
    1
}

fn zstd() -> Algorithm {
    Algorithm::Zstd
}

fn layers() -> usize {
    DEFAULT_LAYERS
}

impl ClosureImage {
    /// An image with nothing but defaults.
    pub fn new(name: ImageName, architecture: Architecture) -> Self {
        Self {
            name,
            architecture,
            created: one(),
            compression: zstd(),
            level: None,
            max_layers: layers(),
            owner: Owner::default(),
            config: OciConfig::default(),
            annotations: BTreeMap::new(),
            copy_to_root: Vec::new(),
            root_files: RootFiles::default(),
            user: None,
            permissions: Vec::new(),
            include_nix_db: false,
            from_image: None,
        }
    }

    /// How layers are stored: at the level that is asked for, or at the usual one.
    ///
    /// # Errors
    /// The compressor has no such level.
    pub fn compression(&self) -> Result<Compression, NameError> {
        self.level.map_or(Ok(Compression::usual(self.compression)), |level| Compression::new(self.compression, level))
    }
}

/// An owner by numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Owner {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// As what the files of `copyToRoot` appear in the root.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RootFiles {
    /// Symbolic links into the store: no byte is in the image twice.
    #[default]
    Link,
    /// The files themselves, and links as they are, for what must not be a link.
    Copy,
}

/// A user to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedUser {
    /// The login name, which the group gets as well.
    pub name: String,
    /// The user's number.
    #[serde(default = "thousand")]
    pub uid: u32,
    /// The group's number; the user's where nothing is said.
    #[serde(default)]
    pub gid: Option<u32>,
    /// The home, which is made; `/home/NAME` where nothing is said.
    #[serde(default)]
    pub home: Option<String>,
    /// The login shell; `/bin/sh` where nothing is said.
    #[serde(default)]
    pub shell: Option<String>,
}

fn thousand() -> u32 {
    1000
}

impl AddedUser {
    /// The group's number.
    pub fn gid(&self) -> u32 {
        self.gid.unwrap_or(self.uid)
    }

    /// The home.
    pub fn home(&self) -> String {
        self.home.clone().unwrap_or_else(|| format!("/home/{}", self.name))
    }

    /// The login shell.
    pub fn shell(&self) -> &str {
        self.shell.as_deref().unwrap_or("/bin/sh")
    }
}

/// What differs at one path of the image. Nothing is changed on disk: these are entries of the layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// The path in the image, absolute; a symbolic link is not followed.
    pub path: String,
    /// Also everything below it; links keep their mode.
    #[serde(default)]
    pub recursive: bool,
    /// The twelve permission bits in octal, as `4755`.
    #[serde(default)]
    pub mode: Option<String>,
    /// The owner's number.
    #[serde(default)]
    pub uid: Option<u32>,
    /// The group's number.
    #[serde(default)]
    pub gid: Option<u32>,
    /// What running the file gives, as `cap_net_raw+ep`.
    #[serde(default)]
    pub capabilities: Option<String>,
}

/// The `config` object in OCI's own words (OCI image spec, image configuration, `config`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase", default)]
pub struct OciConfig {
    /// User name or number, as `1000:1000`.
    pub user: Option<String>,
    /// Ports as `8888/tcp`, each mapped to an empty object.
    pub exposed_ports: BTreeMap<String, Nothing>,
    /// `NAME=value`, in order.
    pub env: Vec<String>,
    /// What every start runs.
    pub entrypoint: Vec<String>,
    /// The default command, or the default arguments of the entry point.
    pub cmd: Vec<String>,
    /// Where data is kept outside the layers.
    pub volumes: BTreeMap<String, Nothing>,
    /// The folder a container starts in.
    pub working_dir: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The signal that asks for an end.
    pub stop_signal: Option<String>,
}

/// The empty object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_needed_and_nothing_unknown_is_taken() {
        let image: ClosureImage = serde_json::from_str(r#"{"name":"a","architecture":"arm64"}"#).unwrap();
        assert_eq!(image, ClosureImage::new("a".parse().unwrap(), Architecture::Arm64));
        let text = |json: &str| serde_json::from_str::<ClosureImage>(json).unwrap_err().to_string();
        let unknown = text(r#"{"name":"a","architecture":"amd64","config":{"Cmdd":["x"]}}"#);
        assert!(unknown.contains("unknown field `Cmdd`") && unknown.contains("`Cmd`"), "{unknown}");
        assert!(text(r#"{"name":"a","architecture":"amd64","tag":"x"}"#).contains("unknown field `tag`"));
        assert!(text(r#"{"name":"a","architecture":"riscv64"}"#).contains("riscv64"));
    }
}
