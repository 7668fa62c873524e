//! A fake registry for tests that are shell scripts: prints its host, then serves until it is killed.

use clap::Parser;
use sage_oci_fake_registry::{FakeRegistry, Place, Profile};
use std::io::Write;
use std::path::PathBuf;

/// A fake OCI registry on 127.0.0.1. Prints HOST:PORT and serves until it is killed.
#[derive(Parser)]
struct Arguments {
    /// How it behaves: plain, distribution2, distribution3, docker-hub, ghcr, gitlab, ecr, crane.
    #[arg(long, default_value = "plain")]
    profile: String,
    /// On this port, not on a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Only this user may push, and pull.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// The user's password: the file's first line.
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
    /// Everybody may pull.
    #[arg(long)]
    anonymous_pull: bool,
    /// Tokens last so many seconds.
    #[arg(long)]
    token_seconds: Option<u64>,
    /// Tags that match do not move once they are there; may be given more than once.
    #[arg(long, value_name = "GLOB")]
    immutable: Vec<String>,
    /// Keeps what it has in this folder, and begins with what is there.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Hashes and counts blobs of more bytes, and does not keep them.
    #[arg(long, value_name = "BYTES")]
    discard_over: Option<u64>,
    /// Writes a line a request: method, path, status, bytes of its body.
    #[arg(long)]
    log: Option<PathBuf>,
}

fn main() {
    if let Err(message) = serve(Arguments::parse()) {
        eprintln!("sage-oci-fake-registry: {message}");
        std::process::exit(2);
    }
}

fn serve(arguments: Arguments) -> Result<(), String> {
    let mut all = Profile::all().into_iter();
    let mut profile = all
        .find(|profile| profile.name == arguments.profile)
        .ok_or_else(|| format!("there is no profile `{}`", arguments.profile))?;
    if let (Some(user), Some(file)) = (&arguments.user, &arguments.password_file) {
        let text = sage_oci_files::read_to_string(file).map_err(|error| error.to_string())?;
        let password = text.lines().next().unwrap_or_default();
        profile.accounts = profile.accounts.user(user, password);
    }
    if arguments.anonymous_pull {
        profile.accounts = profile.accounts.anonymous_pull();
    }
    if let Some(seconds) = arguments.token_seconds {
        profile.accounts = profile.accounts.token_seconds(seconds);
    }
    profile.immutable = arguments.immutable;
    let place =
        Place { port: arguments.port, data: arguments.data, discard_over: arguments.discard_over, log: arguments.log };
    let registry = FakeRegistry::start_at(profile, &place).map_err(|error| error.to_string())?;
    println!("{}", registry.host());
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    loop {
        std::thread::park();
    }
}
