use crate::architectures::Architectures;
use clap::Args;
use sage_oci_names::{BlobDigest, ChannelName, ImageName, Reference};
use sage_oci_pipeline::Called;
use std::path::PathBuf;

/// Which image.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// The image, as `sagemath`.
    pub image: ImageName,
    /// Which of its images.
    #[command(flatten)]
    pub choice: Choice,
}

/// Which of an image's images.
#[derive(Debug, Clone, Default, Args)]
pub struct Choice {
    /// The channel; the image's default one where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub channel: Option<ChannelName>,
    /// The image's architecture; this machine's where nothing is said. `build`, `inspect`, `push` and what lists derivations take
    /// several, as `amd64,arm64`, or `all` that have a lock: one image index over the image of each.
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<Architectures>,
    /// Use this lock instead of the channel's committed one.
    #[arg(long, value_name = "FILE")]
    pub lock: Option<PathBuf>,
    /// The revision of Sage's source.
    #[command(flatten)]
    pub source: Source,
}

/// The revision of Sage's source that an image is made of.
#[derive(Debug, Clone, Default, Args)]
pub struct Source {
    /// Make the image of this revision of Sage's source instead of the packaged release.
    ///
    /// A git repository on this machine (`~/src/sage`, `~/src/sage@my-branch`), one elsewhere with a branch, tag, hash or reference
    /// (`https://github.com/sagemath/sage@refs/pull/42414/head`), a version that is pinned (`11.0.beta4`), or a source archive.
    /// Modules whose sources are as they were packaged are kept; the others are compiled.
    #[arg(long, value_name = "REVISION")]
    pub sage: Option<String>,
    /// With `--sage`: take the tracked files of the work tree as they are, and say so in the image's name.
    #[arg(long, requires = "sage")]
    pub dirty: bool,
    /// With `--sage`: compile every module, also those whose sources are as they were packaged.
    #[arg(long = "compile-all", requires = "sage")]
    pub everything: bool,
    /// With `--sage`: make the packaged Sage's own layers anew, without the files that the commit changes or removes.
    ///
    /// Otherwise these layers stay as they are, and the commit's files lie above them. A far commit is smaller this way, but a
    /// machine that has the packaged image needs one large layer more.
    #[arg(long, requires = "sage")]
    pub replace: bool,
    /// What the CI service calls a commit.
    #[arg(skip)]
    pub called: Option<Called>,
}

impl Choice {
    /// The same of an image.
    pub fn of(&self, image: ImageName) -> Target {
        Target { image, choice: self.clone() }
    }
}

/// Which image, and from where.
#[derive(Debug, Clone)]
pub enum Subject {
    /// An image of the project.
    Image(ImageName),
    /// A folder with an OCI layout.
    Layout(PathBuf),
    /// An image in a registry, by digest.
    Remote(Remote),
}

impl std::str::FromStr for Subject {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains("@sha256:") {
            return text.parse().map(Self::Remote);
        }
        if text.contains('/') || text == "." {
            return Ok(Self::Layout(text.into()));
        }
        ImageName::parse(text).map(Self::Image).map_err(|error| error.to_string())
    }
}

/// An image in a registry: a repository and a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The name as it was written.
    pub reference: Reference,
    /// The digest in it.
    pub digest: BlobDigest,
}

impl std::str::FromStr for Remote {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let reference = Reference::parse(text).map_err(|error| error.to_string())?;
        match reference.digest() {
            Some(digest) => Ok(Self { reference, digest }),
            None => {
                Err(format!("`{text}` has no digest: give `{}@sha256:...`, which nobody can move", reference.name()))
            }
        }
    }
}
