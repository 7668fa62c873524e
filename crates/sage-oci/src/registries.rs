//! Registries as the command line names them, with the credentials that the user has for them.

use crate::progress::Meter;
use crate::{Failure, cli, interrupt};
use sage_oci_credentials::{Credential, Purpose, Sources};
use sage_oci_registry::{Access, Options, Registry, RemoteImage, Repository};
use std::path::PathBuf;
use std::sync::Arc;

/// Opens a repository; `siblings` are further ones of the same registry that are read from.
pub fn open(
    repository: Repository,
    access: Access,
    siblings: &[String],
    options: &cli::Registry,
) -> Result<Registry, Failure> {
    // Our own variables name no registry as a rule: they are for what is written to.
    let purpose = if access == Access::Push { Purpose::Target } else { Purpose::Other };
    let credential = credential(&repository, purpose)?;
    let options = Options { at_once: options.requests.max(1), stop: interrupt::flag(), ..Options::default() };
    Ok(Registry::open(repository, access, siblings, credential, options)?)
}

/// What the user has to show a repository's registry.
pub fn credential(repository: &Repository, purpose: Purpose) -> Result<Option<Credential>, Failure> {
    let found = Sources::of_this_process().lookup(repository.registry(), Some(repository.path()), purpose)?;
    Ok(found.map(|found| found.credential))
}

/// Opens an image in a registry for reading.
pub fn image(remote: &cli::Remote, options: &cli::Registry) -> Result<RemoteImage, Failure> {
    let repository = Repository::of(&remote.reference, options.plain_http);
    let registry = open(repository, Access::Pull, &[], options)?;
    Ok(RemoteImage::open(Arc::new(registry), &remote.digest.to_string())?)
}

/// Where begun uploads are kept.
pub fn journals() -> PathBuf {
    sage_oci_files::state_dir().join("uploads")
}

/// Shows what a push does.
pub struct Pushing(Meter);

impl Pushing {
    /// Shows it by a meter.
    pub fn new(meter: Meter) -> Self {
        Self(meter)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish();
    }
}

impl sage_oci_registry::Progress for Pushing {
    fn planned(&self, _blobs: usize, bytes: u64) {
        self.0.start(bytes);
    }

    fn advanced(&self, bytes: u64) {
        self.0.advance(bytes);
    }

    fn withdrawn(&self, bytes: u64) {
        self.0.withdraw(bytes);
    }

    fn again(&self, what: &str, why: &str) {
        self.0.note(&format!("{:>10} {what}: {why}", "again"));
    }

    fn waiting(&self, what: &str) {
        self.0.note(&format!("{:>10} {what}", "Waiting"));
    }
}
