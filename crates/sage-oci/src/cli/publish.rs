//! The verbs that speak to registries and services, and what they name.

use super::{Building, Choice, Remote, Source, Subject};
use crate::architectures::Architectures;
use clap::Args;
use sage_oci_doctest::What;
use sage_oci_names::{ChannelName, ImageName, Reference};
use sage_oci_tags::{Purpose, Tag};
use std::path::PathBuf;

/// A repository of a registry, as `ghcr.io/sagemath/sagemath`.
#[derive(Debug, Clone, Args)]
pub struct Registry {
    /// Speak HTTP without TLS to a registry that is not on this machine; everybody on the way can read along.
    #[arg(long)]
    pub plain_http: bool,
    /// Requests that may be on their way at once.
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub requests: usize,
}

/// How the layers of a pushed image are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Compressions {
    /// Zstandard: small; Docker reads it from version 23 on.
    Zstd,
    /// Gzip, which every engine reads.
    Gzip,
    /// An index of both, gzip first, which engines take that know no better; the other one is marked for those that do.
    Both,
}

/// `push`.
#[derive(Debug, Args)]
pub struct Push {
    /// The image, as `sagemath`; or an OCI layout, whoever wrote it, as a path with a `/`; or an image in another registry,
    /// as `REPOSITORY@sha256:...`.
    #[arg(value_name = "IMAGE|PATH")]
    pub subject: Subject,
    /// Where to, as `ghcr.io/sagemath/sagemath`, without a tag.
    #[arg(value_name = "REPOSITORY")]
    pub repository: String,
    /// Which of its images.
    #[command(flatten)]
    pub choice: Choice,
    /// The compression of the layers; the definition's where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub compression: Option<Compressions>,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    pub json: bool,
    /// Take layers over from this repository of the same registry, as `sagemath/sagemath`; those of the project's other
    /// images beside this one where nothing is said.
    #[arg(long, value_name = "REPOSITORY")]
    pub mount_from: Vec<String>,
    /// How the registry is reached.
    #[command(flatten)]
    pub registry: Registry,
    /// How it is built, if it is not.
    #[command(flatten)]
    pub building: Building,
}

/// `tags`.
#[derive(Debug, Args)]
pub struct Tags {
    /// The image in its registry, as `push` prints it.
    #[arg(value_name = "REPOSITORY@DIGEST")]
    pub image: Remote,
    /// What it is tagged for: `release`, `pre-release`, `develop`, `branch:NAME`, or `revision`: an image of a chosen revision of the
    /// source gets the one tag that it says itself. What the image's version says where nothing is said.
    #[arg(long = "as", value_name = "PURPOSE", value_parser = purpose)]
    pub purpose: Option<Purpose>,
    /// Say what would move, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    pub json: bool,
    /// The JSON report of `smoke` on this very image, by its digest: it is put beside the image.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Tag an image that no test report speaks for.
    #[arg(long, value_name = "REASON", conflicts_with = "report")]
    pub untested: Option<String>,
    /// Put tags to this image against the rules, also back; the reason is kept beside the image, and the tags stay there until
    /// something newer comes than what they were at.
    #[arg(long, value_name = "REASON")]
    pub downgrade: Option<String>,
    /// With `--downgrade`: only this tag.
    #[arg(long, value_name = "TAG", requires = "downgrade")]
    pub only: Vec<Tag>,
    /// How the registry is reached.
    #[command(flatten)]
    pub registry: Registry,
}

fn purpose(text: &str) -> Result<Purpose, String> {
    Ok(match (text, text.strip_prefix("branch:")) {
        ("release", _) => Purpose::Release,
        ("pre-release", _) => Purpose::PreRelease,
        ("develop", _) => Purpose::Develop,
        ("revision", _) => Purpose::Revision { branch: None },
        (_, Some(name)) if !name.is_empty() => Purpose::Branch(name.to_owned()),
        _ => return Err("it is none of `release`, `pre-release`, `develop`, `revision` and `branch:NAME`".to_owned()),
    })
}

/// `describe`.
#[derive(Debug, Args)]
pub struct Describe {
    /// The repository on Docker Hub, as `docker.io/sagemath/sagemath`.
    #[arg(value_parser = Reference::parse)]
    pub repository: Reference,
    /// The README; the project's where nothing is said.
    #[arg(long, value_name = "FILE")]
    pub readme: Option<PathBuf>,
    /// The repository of source code that the README's relative links lead to.
    #[arg(long, value_name = "URL", default_value = env!("CARGO_PKG_REPOSITORY"))]
    pub source: String,
    /// Write nothing and print the page; no password is needed.
    #[arg(long)]
    pub dry_run: bool,
}

/// `ci`.
#[derive(Debug, Args)]
pub struct Ci {
    /// The images; all of the project where none is named.
    #[arg(value_name = "IMAGE")]
    pub images: Vec<ImageName>,
    /// Only this channel; every channel that is locked where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub channel: Option<ChannelName>,
    /// The architectures that are built and tested here; this machine's where nothing is said.
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<Architectures>,
    /// The revision of Sage's source. A commit that is checked out without its branch, as services do, is called as the service
    /// calls it. Where no channel is named, those are left out that have no images of revisions.
    #[command(flatten)]
    pub source: Source,
    /// Where images go, as `ghcr.io/sagemath`: the image's name is put behind it. What `nix/ci.toml` says of the service, or the
    /// owner's own place, where nothing is said.
    #[arg(long, value_name = "PREFIX", env = "SAGE_OCI_REPOSITORY", hide_env_values = true)]
    pub repository: Option<String>,
    /// Only a part of the job: `build` builds, tests and pushes by digest; `publish` joins the digests that the build jobs have
    /// left in the folder of results, and moves tags.
    #[arg(long, value_name = "PART")]
    pub part: Option<Part>,
    /// The folder for results, reports and logs.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Print what would be done as JSON, and do nothing.
    #[arg(long)]
    pub plan: bool,
    /// End after so many minutes, and keep what there is: results, reports, logs.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub deadline: Option<u64>,
    /// The compression of the layers that are pushed.
    #[arg(long, value_name = "NAME", default_value = "both")]
    pub compression: Compressions,
    /// A binary cache in this folder: what is in it is not built again, and what was built is in it afterwards.
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// The most that the cache may hold, in gigabytes.
    #[arg(long, value_name = "GB", default_value_t = 3)]
    pub cache_limit: u64,
    /// Say what each build took.
    #[arg(long, short)]
    pub verbose: bool,
    /// Install what is missing without asking.
    #[arg(long, short)]
    pub yes: bool,
    /// How the registry is reached.
    #[command(flatten)]
    pub registry: Registry,
    /// Checks that run at once; as many as there are processors where nothing is said.
    #[arg(long, value_name = "N")]
    pub smoke_jobs: Option<usize>,
    /// Run Sage's own tests, too, in the images that have Sage's source: `changed`, `all`, or paths, as `smoke --doctest` takes them.
    /// Their log is in the folder of logs.
    #[arg(long, value_name = "WHAT")]
    pub doctest: Option<What>,
}

/// A part of a CI job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Build, test, push by digest, test what was pushed.
    Build,
    /// Join architectures, move tags, tell.
    Publish,
}
