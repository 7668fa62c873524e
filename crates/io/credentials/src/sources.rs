use crate::config::Config;
use crate::helper::Helper;
use crate::key::Key;
use crate::variables::{GITLAB, OWN, text};
use crate::{CredentialError, Found, Place};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How long a helper may take: long enough to unlock a key by hand.
const HELPER_LIMIT: Duration = Duration::from_secs(60);

/// The variable that holds docker's configuration itself.
const AUTH_CONFIG: &str = "DOCKER_AUTH_CONFIG";

/// What a credential is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The registry that a person named to write to: our own variables are for it, where they name no host.
    Target,
    /// Any other registry, as one that a layer is taken from.
    Other,
}

/// Where credentials are looked for: an environment and a home folder.
#[derive(Clone)]
pub struct Sources {
    environment: BTreeMap<OsString, OsString>,
    home: Option<PathBuf>,
    helper_limit: Duration,
}

impl Sources {
    /// Looks in this environment, whose `HOME` is the home folder.
    pub fn new<Name: Into<OsString>, Value: Into<OsString>>(
        environment: impl IntoIterator<Item = (Name, Value)>,
    ) -> Self {
        let environment: BTreeMap<OsString, OsString> =
            environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let home = environment.get(OsStr::new("HOME")).filter(|home| !home.is_empty()).map(PathBuf::from);
        Self { environment, home, helper_limit: HELPER_LIMIT }
    }

    /// Looks in this process's environment, and in the user's home folder, if need be by the system's list of users.
    pub fn of_this_process() -> Self {
        let mut sources = Self::new(std::env::vars_os());
        sources.home = sources.home.or_else(std::env::home_dir);
        sources
    }

    /// Gives helpers another time than a minute.
    #[must_use]
    pub fn with_helper_limit(self, helper_limit: Duration) -> Self {
        Self { helper_limit, ..self }
    }

    /// Finds the credential for a repository, as `sagemath/sagemath`, of a registry, as `ghcr.io`, or for all of the registry.
    ///
    /// # Errors
    ///
    /// A place that is looked at cannot be read or understood, or a helper fails. Entries for other registries are not looked at.
    pub fn lookup(
        &self,
        registry: &str,
        repository: Option<&str>,
        purpose: Purpose,
    ) -> Result<Option<Found>, CredentialError> {
        let registry = Key::parse(registry);
        if let Some(found) = OWN.find(&self.environment, &registry, purpose == Purpose::Target)? {
            return Ok(Some(found));
        }
        let ask = |helper: &Helper<'_>| helper.get(&registry, &self.environment, self.helper_limit);
        if let Some(value) = text(&self.environment, AUTH_CONFIG)? {
            let config = Config::parse(Place::Variable(AUTH_CONFIG), value.as_bytes())?;
            if let Some(found) = config.find(&registry, repository, ask)? {
                return Ok(Some(found));
            }
        }
        for path in self.files() {
            if let Some(config) = Config::of_file(&path)?
                && let Some(found) = config.find(&registry, repository, ask)?
            {
                return Ok(Some(found));
            }
        }
        GITLAB.find(&self.environment, &registry, false)
    }

    /// The files that are looked at, whether or not they are there, in their order: for a message that there is no credential.
    pub fn files(&self) -> Vec<PathBuf> {
        let folder = |name: &str| self.environment.get(OsStr::new(name)).filter(|v| !v.is_empty()).map(PathBuf::from);
        let home = |path: &str| self.home.as_ref().map(|home| home.join(path));
        let named = folder("REGISTRY_AUTH_FILE");
        let docker = folder("DOCKER_CONFIG").or_else(|| home(".docker"));
        // Both name the one file that podman writes to.
        let runtime = folder("XDG_RUNTIME_DIR").filter(|_| named.is_none());
        let config = folder("XDG_CONFIG_HOME").or_else(|| home(".config"));
        let podman = [runtime, config].into_iter().flatten().map(|folder| folder.join("containers/auth.json"));
        named.into_iter().chain(docker.map(|folder| folder.join("config.json"))).chain(podman).collect()
    }
}

/// Without the environment, which holds secrets.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("files", &self.files()).finish_non_exhaustive()
    }
}
