use crate::channel::FORMAT;
use crate::error::list;
use crate::{Config, DefinitionError, FileEntry, FileKind, Located, User};
use sage_oci_names::{ChannelName, ImageName, PackageName, SourceName};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An image definition: what it holds and how it runs, for all its channels and variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name.
    pub name: ImageName,
    file: String,
    text: String,
    body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Body {
    format: u64,
    name: ImageName,
    title: String,
    description: String,
    url: String,
    licenses: String,
    version_of: PackageName,
    default_channel: toml::Spanned<ChannelName>,
    payload: Vec<SourceName>,
    packages: Packages,
    user: User,
    #[serde(default)]
    config: Config,
    #[serde(default)]
    files: Vec<toml::Spanned<FileEntry>>,
    channels: BTreeMap<ChannelName, toml::Spanned<ChannelPart>>,
    #[serde(default)]
    variants: BTreeMap<ImageName, Variant>,
    compression: toml::Spanned<Compression>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Packages {
    /// Plain texts, so that a bad name's error has the name's own line and not the list's.
    #[serde(default)]
    wanted: Vec<toml::Spanned<String>>,
    #[serde(default)]
    left_out: Vec<LeftOut>,
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
struct ChannelPart {
    /// Local tags beside the version.
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    packages: Packages,
    #[serde(default)]
    config: Config,
    #[serde(default)]
    files: Vec<toml::Spanned<FileEntry>>,
}

/// The same layers with another run-time configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    title: String,
    description: String,
    #[serde(default)]
    config: Config,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Compression {
    algorithm: String,
    level: u32,
}

/// One image of one channel, with every override applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The image, or the variant, that was asked for.
    pub name: ImageName,
    /// The image whose layers it has; itself unless it is a variant.
    pub layers_of: ImageName,
    /// The channel.
    pub channel: ChannelName,
    /// `org.opencontainers.image.title`.
    pub title: String,
    /// `org.opencontainers.image.description`.
    pub description: String,
    /// `org.opencontainers.image.url`.
    pub url: String,
    /// `org.opencontainers.image.licenses`, an SPDX expression.
    pub licenses: String,
    /// The package whose version the image carries.
    pub version_of: PackageName,
    /// Source packages whose layers lie on top.
    pub payload: Vec<SourceName>,
    /// Local tags beside the version.
    pub tags: Vec<String>,
    /// Packages asked for.
    pub wanted: Vec<Located<PackageName>>,
    /// Packages left out.
    pub left_out: Vec<LeftOut>,
    /// The image's user.
    pub user: User,
    /// How it runs.
    pub config: Config,
    /// Files that are placed.
    pub files: Vec<(FileEntry, FileKind)>,
    /// `zstd`, `gzip` or `none`.
    pub compression: String,
    /// The compressor's level.
    pub level: u32,
    /// Globs of paths that are not unpacked.
    pub exclude: Vec<String>,
    /// Globs that win over `exclude`.
    pub include: Vec<String>,
}

impl Image {
    /// Parses an image definition; `file` is its name in errors.
    ///
    /// # Errors
    /// [`DefinitionError`] with the line of what is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, DefinitionError> {
        let body: Body = toml::from_str(text).map_err(|error| DefinitionError::from_toml(file, text, &error))?;
        if body.format > FORMAT {
            return Err(DefinitionError::Newer { file: file.to_owned(), found: body.format, known: FORMAT });
        }
        let compression = Located::new(file, text, body.compression.clone());
        if !matches!(compression.value.algorithm.as_str(), "zstd" | "gzip" | "none") {
            let message = "`compression.algorithm` must be `zstd`, `gzip` or `none`";
            return Err(DefinitionError::at(file, compression.line, message));
        }
        let default = Located::new(file, text, body.default_channel.clone());
        if !body.channels.contains_key(&default.value) {
            let message = format!("the image has no `[channels.{}]`, which `default-channel` names", default.value);
            return Err(DefinitionError::at(file, default.line, message));
        }
        let image = Self { name: body.name.clone(), file: file.to_owned(), text: text.to_owned(), body };
        for entry in image.body.files.iter().chain(image.body.channels.values().flat_map(|part| &part.get_ref().files))
        {
            let located = Located::new(file, text, entry.clone());
            located.value.kind().map_err(|message| DefinitionError::at(file, located.line, message))?;
        }
        for wanted in image
            .body
            .packages
            .wanted
            .iter()
            .chain(image.body.channels.values().flat_map(|part| &part.get_ref().packages.wanted))
        {
            let located = Located::new(file, text, wanted.clone());
            PackageName::parse(&located.value)
                .map_err(|error| DefinitionError::at(file, located.line, error.to_string()))?;
        }
        Ok(image)
    }

    /// The names that [`Image::resolve`] accepts: the image and its variants.
    pub fn names(&self) -> Vec<ImageName> {
        std::iter::once(self.name.clone()).chain(self.body.variants.keys().cloned()).collect()
    }

    /// The channels it is made for.
    pub fn channels(&self) -> Vec<ChannelName> {
        self.body.channels.keys().cloned().collect()
    }

    /// Fails unless the channels it is made for are all among `known`.
    ///
    /// # Errors
    /// [`DefinitionError::Syntax`] with the line of the part for a channel that there is not.
    pub fn check_channels(&self, known: &[ChannelName]) -> Result<(), DefinitionError> {
        for (name, part) in &self.body.channels {
            if !known.contains(name) {
                let line = Located::new(&self.file, &self.text, part.clone()).line;
                let message = format!("there is no channel `{name}`; there are {}", list(known));
                return Err(DefinitionError::at(&self.file, line, message));
            }
        }
        Ok(())
    }

    /// The channel that is meant where nobody names one.
    pub fn default_channel(&self) -> &ChannelName {
        self.body.default_channel.get_ref()
    }

    /// One image of one channel; `name` is the image's own or a variant's.
    ///
    /// # Errors
    /// [`DefinitionError::NoSuchChannel`].
    pub fn resolve(&self, name: &ImageName, channel: &ChannelName) -> Result<Resolved, DefinitionError> {
        let body = &self.body;
        let part =
            body.channels.get(channel).map(toml::Spanned::get_ref).ok_or_else(|| DefinitionError::NoSuchChannel {
                image: self.name.clone(),
                channel: channel.clone(),
                known: self.channels(),
            })?;
        let mut config = body.config.overlaid(&part.config);
        let (mut title, mut description) = (body.title.clone(), body.description.clone());
        if let Some(variant) = body.variants.get(name) {
            config = config.overlaid(&variant.config);
            (title, description) = (variant.title.clone(), variant.description.clone());
        }
        let wanted = body.packages.wanted.iter().chain(&part.packages.wanted);
        let files = body.files.iter().chain(&part.files).map(|entry| entry.clone().into_inner());
        Ok(Resolved {
            name: name.clone(),
            layers_of: self.name.clone(),
            channel: channel.clone(),
            title,
            description,
            url: body.url.clone(),
            licenses: body.licenses.clone(),
            version_of: body.version_of.clone(),
            payload: body.payload.clone(),
            tags: part.tags.clone(),
            wanted: wanted
                .map(|name| {
                    let Located { value, file, line } = Located::new(&self.file, &self.text, name.clone());
                    Located {
                        value: PackageName::parse(&value).expect("checked when the definition was parsed"),
                        file,
                        line,
                    }
                })
                .collect(),
            left_out: body.packages.left_out.iter().chain(&part.packages.left_out).cloned().collect(),
            user: body.user.clone(),
            config,
            files: files.filter_map(|entry| entry.kind().ok().map(|kind| (entry, kind))).collect(),
            compression: body.compression.get_ref().algorithm.clone(),
            level: body.compression.get_ref().level,
            exclude: body.exclude.clone(),
            include: body.include.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"format = 1
name = "tiny"
title = "Tiny"
description = "A test"
url = "https://example.org"
licenses = "MIT"
version-of = "hello"
default-channel = "sid"
payload = ["hello"]
compression = { algorithm = "zstd", level = 3 }

[packages]
wanted = [
  "hello",
  "sudo",
]
[[packages.left-out]]
names = ["node-*"]
reason = "not used at run time"

[user]
name = "me"
id = 1000
home = "/home/me"
shell = "/bin/bash"

[config]
cmd = ["hello"]
env = { LANG = "C.UTF-8" }

[[files]]
path = "/usr/local/bin/x"
link = "hello"

[channels.sid]
[channels.bookworm]
packages.wanted = ["old-hello"]

[variants.tiny-jupyter]
title = "Tiny notebook"
description = "x"
config.cmd = ["jupyter"]
"#;

    fn name<T: std::str::FromStr>(text: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        text.parse().unwrap()
    }

    #[test]
    fn channels_add_and_variants_replace() {
        let image = Image::parse("tiny.toml", TEXT).unwrap();
        let plain = image.resolve(&name("tiny"), &name("sid")).unwrap();
        assert_eq!(
            plain.wanted.iter().map(|w| (w.value.as_str(), w.line)).collect::<Vec<_>>(),
            [("hello", 14), ("sudo", 15)]
        );
        assert_eq!(plain.files[0].1, FileKind::Link("hello".into()));
        let variant = image.resolve(&name("tiny-jupyter"), &name("bookworm")).unwrap();
        assert_eq!(variant.wanted.len(), 3);
        assert_eq!(variant.config.cmd.as_deref(), Some(&["jupyter".to_owned()][..]));
        assert_eq!(variant.config.env["LANG"], "C.UTF-8");
        assert_eq!(variant.layers_of, name("tiny"));
    }

    #[test]
    fn errors_name_the_line() {
        for (from, to, line, word) in [
            ("id = 1000", "id = 1000\nshel = 1", 24, "shel"),
            ("\"sudo\"", "\"Sudo\"", 15, "lower-case"),
            ("link = \"hello\"", "", 31, "either"),
            ("link = \"hello\"", "link = \"hello\"\nmode = \"755\"", 31, "four octal digits"),
        ] {
            let error = Image::parse("tiny.toml", &TEXT.replace(from, to)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("tiny.toml:{line}:")) && error.contains(word), "{error}");
        }
    }

    #[test]
    fn an_unknown_channel_lists_the_known() {
        let image = Image::parse("tiny.toml", TEXT).unwrap();
        let error = image.resolve(&name("tiny"), &name("trixie")).unwrap_err().to_string();
        assert!(error.contains("`bookworm`, `sid`"), "{error}");
    }
}
