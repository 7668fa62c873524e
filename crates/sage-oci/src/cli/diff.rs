//! `diff` and how it names images.

use super::{Choice, Registry, Source, Subject};
use clap::Args;
use sage_oci_names::{Architecture, ChannelName, EngineImage, ImageName};
use std::path::PathBuf;

/// `diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The first image: an OCI layout, whoever wrote it, as a path with a `/`; an image in a registry, as `REPOSITORY@sha256:...`; one in
    /// Docker or podman, as `docker://sagemath:10.10`; or an image of the project, as `sagemath`, `sagemath@bookworm` of a channel, or
    /// `sagemath@old.json` of a lock.
    #[arg(value_name = "OLD")]
    pub old: Side,
    /// The second image, in the same words.
    #[arg(value_name = "NEW")]
    pub new: Side,
    /// The architecture to compare, where an image is there for several; this machine's for images of the project where nothing is said.
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<Architecture>,
    /// The revision of Sage's source that the second image is made of, where it is one of the project.
    #[command(flatten)]
    pub source: Source,
    /// Print it as JSON, whose `format` grows when a key changes its meaning.
    #[arg(long, conflicts_with = "summary")]
    pub json: bool,
    /// Print a short summary in Markdown, for a pull request.
    #[arg(long)]
    pub summary: bool,
    /// List the paths that packages explain, too, and look into each of the others that is not too large.
    #[arg(long)]
    pub all: bool,
    /// Exit status 1 when something differs, as git's option of that name.
    #[arg(long)]
    pub exit_code: bool,
    /// How a registry is reached.
    #[command(flatten)]
    pub registry: Registry,
}

/// One of the images that are compared.
#[derive(Debug, Clone)]
pub struct Side {
    /// As it was written.
    pub text: String,
    /// Where it is.
    pub place: Place,
}

/// Where an image is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a layout, in a registry, or to be built.
    Subject(Subject),
    /// An image of the project, of a channel.
    Channel(ImageName, ChannelName),
    /// An image of the project, of a lock in a file.
    Lock(ImageName, PathBuf),
    /// In a container engine.
    Engine(EngineImage),
}

impl Place {
    /// The image, where it is one of the project.
    pub fn of_project(&self) -> Option<&ImageName> {
        match self {
            Self::Subject(Subject::Image(image)) | Self::Channel(image, _) | Self::Lock(image, _) => Some(image),
            Self::Subject(Subject::Layout(_) | Subject::Remote(_)) | Self::Engine(_) => None,
        }
    }

    /// Which of the image's images it is, besides what `choice` says.
    pub fn choice(&self, choice: &Choice) -> Choice {
        match self {
            Self::Channel(_, channel) => Choice { channel: Some(channel.clone()), ..choice.clone() },
            Self::Lock(_, lock) => Choice { lock: Some(lock.clone()), ..choice.clone() },
            Self::Subject(_) | Self::Engine(_) => choice.clone(),
        }
    }
}

/// What stands before the name of an image in an engine.
const ENGINE: [&str; 2] = ["docker://", "engine:"];

impl std::str::FromStr for Side {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let place = if let Some(name) = ENGINE.iter().find_map(|prefix| text.strip_prefix(prefix)) {
            Place::Engine(EngineImage::parse(name).map_err(|error| error.to_string())?)
        } else {
            let named = text.split_once('@').filter(|(_, of)| !of.starts_with("sha256:"));
            match named.and_then(|(image, of)| Some((ImageName::parse(image).ok()?, of))) {
                Some((image, of)) => match ChannelName::parse(of) {
                    Ok(channel) if !of.ends_with(".json") => Place::Channel(image, channel),
                    _ => Place::Lock(image, of.into()),
                },
                None => Place::Subject(text.parse()?),
            }
        };
        Ok(Self { text: text.to_owned(), place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_an_image() {
        let place = |text: &str| text.parse::<Side>().map(|side| side.place);
        assert!(matches!(place("sagemath"), Ok(Place::Subject(Subject::Image(_)))));
        for layout in ["./layout", ".", "/nix/store/x-image", "./a@b"] {
            assert!(matches!(place(layout), Ok(Place::Subject(Subject::Layout(_)))), "{layout}");
        }
        let digest = "a".repeat(64);
        assert!(matches!(place(&format!("ghcr.io/x/y@sha256:{digest}")), Ok(Place::Subject(Subject::Remote(_)))));
        assert!(matches!(place("sagemath@bookworm"), Ok(Place::Channel(..))));
        for lock in ["sagemath@old.json", "sagemath@../locks/sid.json", "sagemath@/tmp/lock"] {
            assert!(matches!(place(lock), Ok(Place::Lock(..))), "{lock}");
        }
        for engine in ["docker://sagemath:10.10", "engine:sagemath", &format!("docker://sha256:{digest}")] {
            assert!(matches!(place(engine), Ok(Place::Engine(_))), "{engine}");
        }
        for bad in ["", "docker://", "A B", "x@sha256:1"] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
