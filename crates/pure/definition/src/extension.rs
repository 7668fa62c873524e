use crate::written::{Body, ChannelPart, Packages, Variant};
use crate::{Config, DefinitionError, FileEntry, Located, Source, Wheel};
use sage_oci_names::{ChannelName, ImageName};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The newest format of image definitions.
const FORMAT: u64 = 1;

/// One definition file, before those that extend another one are joined with it.
pub(crate) enum Part {
    /// Stands alone.
    Alone(Box<Body>),
    /// Lies above another image.
    Above(Box<Extension>),
}

/// The definition of an image that extends another: user, compression, versions and tags are the other one's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Extension {
    format: u64,
    pub(crate) name: ImageName,
    extends: toml::Spanned<ImageName>,
    title: String,
    description: String,
    packages: Packages,
    #[serde(default)]
    config: Config,
    #[serde(default)]
    files: Vec<toml::Spanned<FileEntry>>,
    #[serde(default)]
    sources: Vec<toml::Spanned<Source>>,
    #[serde(default)]
    wheels: Vec<toml::Spanned<Wheel>>,
    /// What differs in a channel; every channel of the other image is one of this image too.
    #[serde(default)]
    channels: BTreeMap<ChannelName, toml::Spanned<ChannelPart>>,
    #[serde(default)]
    variants: BTreeMap<ImageName, Variant>,
}

/// What every format has, and what tells the two kinds apart.
#[derive(Deserialize)]
struct Kind {
    format: u64,
    extends: Option<toml::Value>,
}

impl Part {
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, DefinitionError> {
        let failed = |error| DefinitionError::from_toml(file, text, &error);
        // The format first: a newer one may have other keys.
        let Kind { format, extends } = toml::from_str(text).map_err(failed)?;
        if format > FORMAT {
            return Err(DefinitionError::Newer { file: file.to_owned(), found: format, known: FORMAT });
        }
        match extends {
            None => toml::from_str(text).map(Box::new).map(Self::Alone).map_err(failed),
            Some(_) => toml::from_str(text).map(Box::new).map(Self::Above).map_err(failed),
        }
    }
}

impl Part {
    /// The names that images have by this file: the image's own, then its variants'.
    pub(crate) fn names(&self) -> impl Iterator<Item = &ImageName> {
        let (name, variants) = match self {
            Self::Alone(body) => (&body.name, &body.variants),
            Self::Above(extension) => (&extension.name, &extension.variants),
        };
        std::iter::once(name).chain(variants.keys())
    }
}

impl Extension {
    /// The line of `extends`, and the image that it names.
    pub(crate) fn extends(&self, file: &str, text: &str) -> (usize, ImageName) {
        let located = Located::new(file, text, self.extends.clone());
        (located.line, located.value)
    }

    /// The whole definition: what is not said here is as in `base`.
    pub(crate) fn body(self, file: &str, text: &str, base: &Body) -> Result<Body, DefinitionError> {
        let mut channels = self.channels;
        for (name, part) in &channels {
            let line = Located::new(file, text, part.clone()).line;
            if !base.channels.contains_key(name) {
                let message = format!("`{}`, which this image extends, has no channel `{name}`", base.name);
                return Err(DefinitionError::at(file, line, message));
            }
            let ChannelPart { tags, exclude, include, upstream, .. } = part.get_ref();
            if let Some(said) = upstream {
                let line = Located::new(file, text, said.clone()).line;
                let message = format!("`upstream` is that of `{}`, which this image extends", base.name);
                return Err(DefinitionError::at(file, line, message));
            }
            for (what, said) in [("tags", tags), ("paths that are left out", exclude), ("paths that stay", include)] {
                if !said.is_empty() {
                    let message = format!("the {what} are those of `{}`, which this image extends", base.name);
                    return Err(DefinitionError::at(file, line, message));
                }
            }
        }
        for (name, theirs) in &base.channels {
            let span = channels.get(name).map_or(0..0, toml::Spanned::span);
            let own = channels.remove(name).map(toml::Spanned::into_inner).unwrap_or_default();
            let ChannelPart { tags, exclude, include, upstream, .. } = theirs.get_ref().clone();
            let part = ChannelPart { tags, exclude, include, upstream, ..own };
            channels.insert(name.clone(), toml::Spanned::new(span, part));
        }
        Ok(Body {
            format: self.format,
            name: self.name,
            title: self.title,
            description: self.description,
            packages: self.packages,
            config: self.config,
            files: self.files,
            sources: self.sources,
            wheels: self.wheels,
            channels,
            variants: self.variants,
            payload: Vec::new(),
            ..base.clone()
        })
    }
}
