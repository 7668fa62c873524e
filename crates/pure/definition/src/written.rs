//! Image definitions as people write them.

use crate::{Config, FileEntry, Repository, Source, Upstream, User, Wheel};
use sage_oci_names::{self as names, ChannelName, ImageName, PackageName, SourceName};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Body {
    pub(crate) format: u64,
    pub(crate) name: ImageName,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) repository: Option<Repository>,
    pub(crate) licenses: String,
    pub(crate) version_of: PackageName,
    pub(crate) default_channel: toml::Spanned<ChannelName>,
    pub(crate) payload: Vec<SourceName>,
    pub(crate) packages: Packages,
    pub(crate) user: User,
    #[serde(default)]
    pub(crate) config: Config,
    #[serde(default)]
    pub(crate) files: Vec<toml::Spanned<FileEntry>>,
    #[serde(default)]
    pub(crate) sources: Vec<toml::Spanned<Source>>,
    #[serde(default)]
    pub(crate) wheels: Vec<toml::Spanned<Wheel>>,
    pub(crate) channels: BTreeMap<ChannelName, toml::Spanned<ChannelPart>>,
    #[serde(default)]
    pub(crate) variants: BTreeMap<ImageName, Variant>,
    pub(crate) compression: toml::Spanned<Compression>,
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    #[serde(default)]
    pub(crate) include: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Packages {
    /// Plain texts, so that a bad name's error has the name's own line and not the list's.
    #[serde(default)]
    pub(crate) wanted: Vec<toml::Spanned<String>>,
    #[serde(default)]
    pub(crate) left_out: Vec<LeftOut>,
    /// Globs of names that the extended image leaves out and this one does not.
    #[serde(default)]
    pub(crate) brought_back: Vec<toml::Spanned<String>>,
}

/// Packages that are not installed although something depends on them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Globs of package names.
    pub names: Vec<String>,
    /// Globs of names that stay although `names` matches them.
    #[serde(default)]
    pub except: Vec<String>,
    /// Why nothing is missed.
    pub reason: String,
}

/// What differs in one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ChannelPart {
    /// Local tags beside the version.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) packages: Packages,
    #[serde(default)]
    pub(crate) config: Config,
    #[serde(default)]
    pub(crate) files: Vec<toml::Spanned<FileEntry>>,
    #[serde(default)]
    pub(crate) sources: Vec<toml::Spanned<Source>>,
    #[serde(default)]
    pub(crate) wheels: Vec<toml::Spanned<Wheel>>,
    /// What a commit of the project's own repository changes.
    #[serde(default)]
    pub(crate) upstream: Option<toml::Spanned<Upstream>>,
    /// Globs of paths that are not unpacked in this channel, beside the image's own.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// Globs that win over them.
    #[serde(default)]
    pub(crate) include: Vec<String>,
}

/// The same layers with another run-time configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    pub(crate) title: String,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) config: Config,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compression {
    pub(crate) algorithm: String,
    pub(crate) level: u32,
}

impl Compression {
    /// The two words as one value; or what is wrong with them, as a person is told.
    pub(crate) fn parse(&self) -> Result<names::Compression, String> {
        let algorithm = names::Algorithm::parse(&self.algorithm)
            .map_err(|_| "`compression.algorithm` must be `zstd`, `gzip` or `none`".to_owned())?;
        names::Compression::new(algorithm, self.level).map_err(|error| format!("`compression.level`: {error}"))
    }
}
