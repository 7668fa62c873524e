//! The command line, apart from what the commands do.

mod diff;
mod publish;
mod target;
mod verify;

use clap::{Args, Parser, Subcommand};
use sage_oci_doctest::What;
use sage_oci_names::{Architecture, ChannelName, ImageName, PackageName, StorePath};
use std::path::PathBuf;

pub use diff::{Diff, Place, Side};
pub use publish::{Ci, Compressions, Describe, Part, Push, Registry, Tags};
pub use target::{Choice, Remote, Source, Subject, Target};
pub use verify::{Digests, Lint, Verify};

/// Reproducible, layered OCI images of SageMath.
///
/// Results go to standard output, one bare line or JSON; everything for people goes to standard error.
/// Exit status: 0 fine, 1 checked and not fine, 2 could not check.
#[derive(Debug, Parser)]
#[command(name = "sage-oci", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// The checkout to work on; found from the working directory upwards by default.
    #[arg(long, global = true, value_name = "DIR", env = "SAGE_OCI_PROJECT", hide_env_values = true)]
    pub project: Option<PathBuf>,
    /// Use this builder, which is in the store or in a binary cache that is asked, instead of the one that this program brings.
    #[arg(
        long,
        global = true,
        value_name = "STORE_PATH",
        env = "SAGE_OCI_BUILDER",
        hide_env_values = true,
        value_parser = StorePath::parse
    )]
    pub builder: Option<StorePath>,
    /// Print errors and results only.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// From nothing to a tested image: install what is missing, build, import, test, tag.
    Up(Up),
    /// Describe this machine and what it lacks; mend it on request.
    Doctor(Doctor),
    /// Read the signed index, resolve, and pin every package.
    Lock(Lock),
    /// Write down for the flake what the images are made of.
    Recipe(Recipe),
    /// Say why a package is in an image.
    Why(Why),
    /// Register an image's derivations with Nix and print the top one.
    Emit(Target),
    /// Print the flags with which `nix build .#sagemath-image` uses this program and its builder.
    NixArgs(NixArgs),
    /// Build an image and print its store path, an OCI layout.
    Build(Build),
    /// Show an image's layers and packages and what each costs.
    Inspect(Inspect),
    /// Build an image again under other conditions, and say whether the same bytes come of it.
    Verify(Verify),
    /// Hold images against the digests that they are known to have, or write these down.
    Digests(Digests),
    /// Look for what must not be in an image, or must be constant.
    ///
    /// Any image: a layout, one in a registry, in Docker or podman, or of the project. Every file that a container sees is read once and held against
    /// the rules: identity, log, leftover, private-key, shadow-day, time, set-id, world-writable, unknown-owner, dangling-link, missing-library,
    /// no-byte-code, stale-byte-code, store-path, build-path, altered, unowned. What breaks one and may, with the reason, stands in `nix/lint.toml`, for
    /// the project's images; an exception that names nothing is told, too.
    ///
    /// Exit status: 0 clean, 1 not clean, or a rule could not be held against the image; 2 could not read it.
    Lint(Lint),
    /// Say what differs between two images, by package and path.
    ///
    /// Any two: layouts, images in registries, in Docker or podman, of two locks or channels, whoever made them. First come the packages
    /// that differ; then settings; then the paths that no package explains, with what differs of each: content, target, mode, owner,
    /// time, extended attributes, hard links, type. A path is explained when a package has it whose version is another, also the
    /// byte-code of its modules and what dpkg keeps of it. Then what differs inside: dpkg's record by field, text as a unified diff,
    /// JSON by key, byte-code by the fields of its header, ELF by section and note, archives by member, and what else there is by
    /// `diffoscope`, where that is installed.
    ///
    /// Layers have no part in it: what only comes from another layer is told at the end. Images with one digest are equal, and nothing of
    /// them is read; layers that both have are read only where they matter. `--sage` and what belongs to it is said of the second image.
    ///
    /// Exit status: 0 compared, 1 with `--exit-code` where something differs, 2 could not compare.
    Diff(Diff),
    /// Show an image's derivations as a graph, in Graphviz's language or as JSON.
    Graph(Graph),
    /// Say which layer holds a package or a path, what makes that layer, and since when.
    WhyLayer(WhyLayer),
    /// List an image's derivations, or those that are still to be built.
    Derivations(Derivations),
    /// Import an image into Docker or podman, sending only what the engine lacks.
    Load(Load),
    /// Test an imported image as its users would use it.
    Smoke(Smoke),
    /// Send an image to a registry, by digest, and only what the registry lacks.
    Push(Push),
    /// What a CI job does, at home, too: build, test, push, test what was pushed, tags, reports.
    Ci(Ci),
    /// Let a registry's tags lead to an image there, forward only.
    Tags(Tags),
    /// Make an image of store paths and everything they need.
    Closure(Closure),
    /// Add the builder to the store and print its path.
    Builder(Builder),
    /// Make a repository's page on Docker Hub follow a README.
    ///
    /// It logs in as SAGE_OCI_HUB_USER with SAGE_OCI_HUB_PASSWORD, an access token of the Hub. In a job of GitHub's with the
    /// permission `id-token: write`, SAGE_OCI_HUB_CONNECTION, the id of an OIDC connection of the Hub, takes a password's place.
    Describe(Describe),
    /// Print a shell's completions of this command.
    Completions(Completions),
    /// Write manual pages, one a verb, into a folder.
    Man(Man),
    /// Print the reference of all verbs as Markdown.
    #[command(hide = true)]
    Reference(Words),
}

/// How Nix builds.
#[derive(Debug, Clone, Args)]
pub struct Building {
    /// Derivations that are built at once, 0 to build on other machines only; chosen from processors and memory where
    /// neither this nor nix.conf says.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Threads that one builder uses; all processors where nothing is said.
    #[arg(long, value_name = "N")]
    pub cores: Option<usize>,
    /// Binary caches to ask first, as Nix's option of that name; none where nothing is said.
    #[arg(long, value_name = "URLS", env = "SAGE_OCI_SUBSTITUTERS", hide_env_values = true)]
    pub substituters: Option<String>,
    /// Connections that fetch archives at once.
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub connections: usize,
    /// End builds that for so long neither wrote a line nor used a processor; 0 lets them hang.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub stall_timeout: u64,
    /// Say what each build took: time, processor time, memory, bytes.
    #[arg(long)]
    pub timings: bool,
    /// A build that fails lets the others go on, so that one run names all that fail.
    #[arg(skip)]
    pub keep_going: bool,
    /// Where the builds' logs go; the state folder where nothing is said.
    #[arg(skip)]
    pub logs: Option<PathBuf>,
}

impl Default for Building {
    fn default() -> Self {
        Self {
            jobs: None,
            cores: None,
            substituters: None,
            connections: 6,
            stall_timeout: 300,
            timings: false,
            keep_going: false,
            logs: None,
        }
    }
}

/// `up`.
#[derive(Debug, Args)]
pub struct Up {
    /// Which image.
    #[command(flatten)]
    pub target: Target,
    /// How it is built.
    #[command(flatten)]
    pub building: Building,
    /// Install what is missing without asking.
    #[arg(long, short)]
    pub yes: bool,
    /// With `--sage`: leave out the checks that take long, to have an answer soon after each edit.
    #[arg(long, requires = "sage")]
    pub quick: bool,
    /// How it is tested.
    #[command(flatten)]
    pub running: Running,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Install and start what is missing.
    #[arg(long)]
    pub fix: bool,
    /// With `--fix`: do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Print the facts as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `lock`.
#[derive(Debug, Args)]
pub struct Lock {
    /// The channel; all channels where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub channel: Option<ChannelName>,
    /// The packages' architecture; amd64 where nothing is said.
    #[arg(long, value_name = "ARCH", default_value = "amd64")]
    pub arch: Architecture,
    /// Another architecture on whose machines the images shall be built, too: the lock pins a Python for it and, where commits
    /// of Sage can be built, the compilers; those of the lock that is replaced, or amd64, where nothing is said.
    #[arg(long, value_name = "ARCH")]
    pub build_on: Vec<Architecture>,
    /// Compare with the archive and write nothing: say which packages have newer versions, and which of these mend security
    /// holes. Exit status 1 when a new lock would have other packages.
    #[arg(long, group = "comparison")]
    pub check: bool,
    /// Say what has changed since this older lock, and write nothing.
    #[arg(long, value_name = "OLD", group = "comparison")]
    pub diff: Option<PathBuf>,
    /// Take an index that is past its `Valid-Until`; the lock records that.
    #[arg(long)]
    pub accept_expired: bool,
    /// Take an index that is older than the one in the lock that is replaced; the lock records that.
    #[arg(long)]
    pub allow_older: bool,
    /// Write the lock to this file instead of `nix/locks`.
    #[arg(long, short, value_name = "FILE", requires = "channel")]
    pub output: Option<PathBuf>,
    /// Pin a version of Sage's source, as `11.0.beta4`, the newest where none is named: write the address, size and digest of its
    /// archive into `nix/versions`, as the index of Python's packages states them. Locks of channels stay as they are. With
    /// `--check`: write nothing and say which versions are newer than the newest pinned one; exit status 1 when there are some.
    #[arg(
        long,
        value_name = "VERSION",
        num_args = 0..=1,
        conflicts_with_all = ["channel", "arch", "build_on", "diff", "accept_expired", "allow_older", "output"]
    )]
    pub sage: Option<Option<String>>,
    /// With `--sage`: the index that is asked, the public one or a mirror of it, with Python's simple API in JSON. What is written
    /// are the public addresses, whichever is asked.
    #[arg(
        long,
        value_name = "URL",
        env = "SAGE_OCI_PYPI_INDEX",
        hide_env_values = true,
        default_value = sage_oci_revision::PUBLIC_INDEX
    )]
    pub index: String,
    /// With `--check` or `--diff`: print it as JSON.
    #[arg(long, requires = "comparison")]
    pub json: bool,
}

/// `recipe`.
#[derive(Debug, Args)]
pub struct Recipe {
    /// Write nothing; say which of the files in `nix/recipes`, and whether `nix/images.json`, are out of date. Exit status 1
    /// when one is.
    #[arg(long)]
    pub check: bool,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell. For bash: `sage-oci completions bash >~/.local/share/bash-completion/completions/sage-oci`.
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder, as `~/.local/share/man/man1`.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// `reference`.
#[derive(Debug, Args)]
pub struct Words {
    /// The verbs and what each does, as JSON.
    #[arg(long)]
    pub verbs: bool,
}

/// `why`.
#[derive(Debug, Args)]
pub struct Why {
    /// The package.
    pub package: PackageName,
    /// The channel; the default one of the first image where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub channel: Option<ChannelName>,
    /// The architecture.
    #[arg(long, value_name = "ARCH", default_value = "amd64")]
    pub arch: Architecture,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `build`.
#[derive(Debug, Args)]
pub struct Build {
    /// Which image.
    #[command(flatten)]
    pub target: Target,
    /// How it is built.
    #[command(flatten)]
    pub building: Building,
    /// Keep the result from garbage collection with this link.
    #[arg(long, short, value_name = "LINK")]
    pub out_link: Option<PathBuf>,
    /// Print the digest of the manifest, or of the index of several architectures, instead of the store path.
    #[arg(long)]
    pub digest: bool,
}

/// `builder`.
#[derive(Debug, Args)]
pub struct Builder {
    /// Binary caches to ask first, as Nix's option of that name; none where nothing is said.
    #[arg(long, value_name = "URLS", env = "SAGE_OCI_SUBSTITUTERS", hide_env_values = true)]
    pub substituters: Option<String>,
}

/// `nix-args`.
#[derive(Debug, Args)]
pub struct NixArgs {
    /// Binary caches to ask first, as Nix's option of that name; none where nothing is said.
    #[arg(long, value_name = "URLS", env = "SAGE_OCI_SUBSTITUTERS", hide_env_values = true)]
    pub substituters: Option<String>,
    /// The name that this flake has as an input of another one, for building that one.
    #[arg(long, value_name = "NAME")]
    pub input: Option<String>,
}

/// `inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The image, as `sagemath`; or an OCI layout, whoever wrote it, as a path with a `/`: `./layout`; or an image in a
    /// registry, as `REPOSITORY@sha256:...`.
    #[arg(value_name = "IMAGE|PATH")]
    pub subject: Subject,
    /// Which of its images.
    #[command(flatten)]
    pub choice: Choice,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// Check every digest, the layers' contents included.
    #[arg(long)]
    pub validate: bool,
    /// Rank packages and folders by what they cost instead, the N dearest of each.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "25")]
    pub why_big: Option<usize>,
    /// How a registry is reached.
    #[command(flatten)]
    pub registry: Registry,
}

/// `graph`.
#[derive(Debug, Args)]
pub struct Graph {
    /// Which image.
    #[command(flatten)]
    pub target: Target,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `why-layer`.
#[derive(Debug, Args)]
pub struct WhyLayer {
    /// Which image.
    #[command(flatten)]
    pub target: Target,
    /// The package, or a path in the image, with a leading slash.
    #[arg(value_name = "PATH|PACKAGE")]
    pub subject: String,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `derivations`.
#[derive(Debug, Args)]
pub struct Derivations {
    /// Which image.
    #[command(flatten)]
    pub target: Target,
    /// How it would be built; which caches are asked matters.
    #[command(flatten)]
    pub building: Building,
    /// Only what would be built or come from a binary cache now; nothing is run.
    #[arg(long)]
    pub missing: bool,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `load`.
#[derive(Debug, Args)]
pub struct Load {
    /// The image, as `sagemath`; or an OCI layout, as a path with a `/`; or an image in a registry, as `REPOSITORY@sha256:...`,
    /// of which only the layers are fetched that the engine lacks.
    #[arg(value_name = "IMAGE|PATH")]
    pub subject: Subject,
    /// Which of its images.
    #[command(flatten)]
    pub choice: Choice,
    /// How it is built, if it is not.
    #[command(flatten)]
    pub building: Building,
    /// How a registry is reached.
    #[command(flatten)]
    pub registry: Registry,
    /// The name to give it, as `sagemath:mine`. Where nothing is said, an image of the project gets its version and its channel's
    /// tags, and any other one no name: its Id is printed.
    #[arg(long, value_name = "NAME")]
    pub tag: Vec<String>,
}

/// `closure`.
#[derive(Debug, Args)]
pub struct Closure {
    /// The image's name.
    pub name: ImageName,
    /// Store paths, paths below them, or links to them as `./result`.
    pub paths: Vec<PathBuf>,
    /// Read more paths from this file, one a line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub paths_from: Option<PathBuf>,
    /// Read options from this file: a JSON object with the keys of `lib.closureImage`.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Let the tree of this path appear in the image's root, too.
    #[arg(long, value_name = "PATH")]
    pub copy_to_root: Vec<PathBuf>,
    /// Put the layers on top of this image: an OCI layout in the store.
    #[arg(long, value_name = "PATH")]
    pub from_image: Option<PathBuf>,
    /// One word of the default command; give it once a word.
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    pub cmd: Vec<String>,
    /// One word of the entry point; give it once a word.
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    pub entrypoint: Vec<String>,
    /// A variable of the environment.
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The most layers that the image may have; 60 where nothing is said.
    #[arg(long, value_name = "N")]
    pub max_layers: Option<usize>,
    /// The image's architecture; this machine's where nothing is said.
    #[arg(long, value_name = "ARCH")]
    pub arch: Option<Architecture>,
    /// How it is built.
    #[command(flatten)]
    pub building: Building,
    /// Keep the result from garbage collection with this link.
    #[arg(long, short, value_name = "LINK")]
    pub out_link: Option<PathBuf>,
    /// Print the manifest digest instead of the store path.
    #[arg(long, conflicts_with = "load")]
    pub digest: bool,
    /// Import it into Docker or podman.
    #[arg(long)]
    pub load: bool,
    /// With `--load`: the name to give it; `NAME:latest` where nothing is said.
    #[arg(long, value_name = "NAME", requires = "load")]
    pub tag: Vec<String>,
}

/// `smoke`.
#[derive(Debug, Args)]
pub struct Smoke {
    /// Which image's checks; or an image in a registry, as `REPOSITORY@sha256:...`, or an OCI layout, as a path with a `/`: it is
    /// imported without a name, and tested with the checks of the project's image whose title and channel it has.
    #[arg(value_name = "IMAGE|PATH", required_unless_present = "all")]
    pub subject: Option<Subject>,
    /// Every image of every channel that is locked, in one table; the engine must have them, `load` imports them.
    #[arg(long, conflicts_with_all = ["subject", "lock", "reference"])]
    pub all: bool,
    /// Which of its images.
    #[command(flatten)]
    pub choice: Choice,
    /// The engine's name or id of the image to test, whoever made it; the name that `load` gives where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub reference: Option<String>,
    /// Run only checks whose name, or whose group's name, contains this, as `computations`.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Leave out the checks that take long.
    #[arg(long)]
    pub quick: bool,
    /// Run nothing: list the rows of the contract with the checks that would show each on this machine; exit status 1 where a
    /// row has no check, or every one would be skipped.
    #[arg(long)]
    pub contract: bool,
    /// With `--contract`: print it as JSON.
    #[arg(long, requires = "contract")]
    pub json: bool,
    /// Sage's own tests (`sage -t`) instead of the image's checks.
    #[command(flatten)]
    pub doctests: Doctests,
    /// How checks are run, and where the reports go.
    #[command(flatten)]
    pub running: Running,
    /// How a registry is reached.
    #[command(flatten)]
    pub registry: Registry,
}

/// Sage's own tests.
#[derive(Debug, Clone, Args)]
pub struct Doctests {
    /// Run Sage's own tests (`sage -t`) instead of the image's checks: `changed` for those of the files that the commit changes,
    /// `all`, or files and folders as `sage/rings,sage/arith/misc.py`. `--smoke-jobs` files run at once; as many as there are
    /// processors and GiB of memory where nothing is said. Exit status 1 where a failure is not in the reviewed list of
    /// the release, `nix/images/checks/doctests-VERSION.toml`.
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["all", "only", "contract", "keep", "port"])]
    pub doctest: Option<What>,
    /// With `--doctest`: end after so many minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = Self::MINUTES, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub doctest_timeout: u64,
    /// With `--doctest`: end the tests of one file after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = Self::FILE_SECONDS, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub doctest_file_timeout: u64,
    /// With `--doctest`: write the full log to this file; a new one in the state folder where nothing is said.
    #[arg(long, value_name = "FILE", requires = "doctest")]
    pub doctest_log: Option<PathBuf>,
}

impl Doctests {
    /// The minutes that all may take where nothing is said.
    pub const MINUTES: u64 = 600;
    /// The seconds that one file may take where nothing is said.
    pub const FILE_SECONDS: u64 = 1800;
}

/// How checks are run, and where the reports go.
#[derive(Debug, Clone, Args)]
pub struct Running {
    /// Write a JUnit report to this file.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a JSON report to this file.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Checks that run at once; as many as there are processors where nothing is said.
    #[arg(long, value_name = "N")]
    pub smoke_jobs: Option<usize>,
    /// Keep the containers of checks that do not pass, and print how to enter each.
    #[arg(long)]
    pub keep: bool,
    /// The port of this machine that notebooks are published at, on 127.0.0.1; a free one each where nothing is said.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}
