//! The verbs that look at images with suspicion.

use super::{Choice, Registry, Side};
use crate::architectures::Architectures;
use clap::Args;
use sage_oci_names::{ChannelName, ImageName, LayerName};
use sage_oci_verify::{Emulate, Vary};
use std::path::PathBuf;

/// `verify`.
///
/// What the image says of itself must be so: its definition is this checkout's, and its lock is looked for in `--lock`, in the checkout
/// and its history, and beside the image, in its layout or its repository. The layers are
/// built by this command's own builder, in a folder of its own, from archives that are held to their digests; neither Nix nor
/// anything that was built before takes part. Exit status: 0 the same bytes; 1 the same content, or something else; 2 it could not
/// be told.
#[derive(Debug, Args)]
pub struct Verify {
    /// An OCI layout as a path with a `/`; an image in a registry, as `REPOSITORY@sha256:...`; one in Docker or podman, as
    /// `docker://sagemath:10.10`; or an image of the project, as `sagemath` or `sagemath@bookworm` of a channel, which is built first if
    /// it is not there.
    #[arg(value_name = "IMAGE")]
    pub subject: Side,
    /// Which of its images.
    #[command(flatten)]
    pub choice: Choice,
    /// In what the second build differs from a usual one: `all`, `none`, or names with commas between them. They are those of
    /// reprotest: aslr, build_path, domain_host, environment, exec_path, fileordering, home, kernel, locales, num_cpus, time,
    /// timezone, umask, user_group; and cpu_kind, memory, random and tmp.
    #[arg(long, value_name = "LIST", default_value = "all")]
    pub vary: Vary,
    /// Which layers an emulator builds, where `cpu_kind` is varied, which takes it about ten times as long: `smallest` of each kind of
    /// step, `all`, or names with commas between them. It is `qemu-x86_64-static -cpu kvm64`, on amd64.
    #[arg(long, value_name = "LAYERS", default_value = "smallest")]
    pub emulate: Emulate,
    /// Verify this layer alone.
    #[arg(long, value_name = "NAME")]
    pub layer: Option<LayerName>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
    /// Fetch every archive anew, instead of taking those that are here and have the right digest.
    #[arg(long)]
    pub fetch_anew: bool,
    /// How many layers are built at once.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Where there is room for the second build.
    #[arg(long, value_name = "DIR", env = "TMPDIR", default_value = "/var/tmp", hide_env_values = true)]
    pub work: PathBuf,
    /// How a registry is reached.
    #[command(flatten)]
    pub registry: Registry,
}

/// `lint`.
#[derive(Debug, Args)]
pub struct Lint {
    /// An OCI layout as a path with a `/`, whoever wrote it; an image in a registry, as `REPOSITORY@sha256:...`; one in Docker or podman, as
    /// `docker://sagemath:10.10`; or an image of the project, as `sagemath` or `sagemath@bookworm` of a channel, which is built first if
    /// it is not there.
    #[arg(value_name = "IMAGE")]
    pub subject: Side,
    /// Which of its images.
    #[command(flatten)]
    pub choice: Choice,
    /// What may break a rule, and why, in the place of `nix/lint.toml`, for any image.
    #[arg(long, value_name = "FILE")]
    pub exceptions: Option<PathBuf>,
    /// Tell what is allowed, too, by reason, and every path.
    #[arg(long)]
    pub all: bool,
    /// Print the report as JSON, whose `format` grows when a key changes its meaning.
    #[arg(long)]
    pub json: bool,
    /// How a registry is reached.
    #[command(flatten)]
    pub registry: Registry,
}

/// `digests`.
#[derive(Debug, Args)]
pub struct Digests {
    /// The images; all where none is named.
    #[arg(value_name = "IMAGE")]
    pub images: Vec<ImageName>,
    /// The channel; all of them where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub channel: Option<ChannelName>,
    /// Their architecture; this machine's where nothing is said. Several as `amd64,arm64`, or `all` that have a lock.
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<Architectures>,
    /// Write down what there is, and say what moved.
    #[arg(long)]
    pub write: bool,
}
