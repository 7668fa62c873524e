use crate::auth::Auth;
use crate::gate::Gate;
use crate::location::Place;
use crate::{Options, RegistryError, Repository};
use sage_oci_credentials::Credential;
use sage_oci_http::{Http, Settings};
use url::Url;

/// What is wanted of a registry; a token that allows more than that is never asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Pull,
    /// Reading and writing.
    Push,
}

/// A repository of a registry, and the connections to it.
///
/// Credentials go to the registry and to the token server that it names, never to where a redirect or a `Location` leads, and
/// without TLS only to this machine or where [`Repository::of`] was told.
#[derive(Debug)]
pub struct Registry {
    pub(crate) http: Http,
    pub(crate) api: Url,
    pub(crate) repository: Repository,
    pub(crate) auth: Auth,
    pub(crate) options: Options,
    pub(crate) gate: Gate,
    access: Access,
    siblings: Vec<String>,
}

impl Registry {
    /// Prepares connections; nothing is sent yet. `siblings` are further repositories of the registry to read from.
    ///
    /// # Errors
    /// A proxy variable cannot be used, or the registry's name makes no address.
    pub fn open(
        repository: Repository,
        access: Access,
        siblings: &[String],
        credential: Option<Credential>,
        options: Options,
    ) -> Result<Self, RegistryError> {
        let settings = Settings {
            user_agent: options.user_agent.clone(),
            connect_timeout: options.connect_timeout,
            quiet_timeout: options.quiet_timeout,
            idle: options.at_once,
            redirects: 0,
        };
        let api = Url::parse(&repository.api()).map_err(|error| RegistryError::Nonsense {
            registry: repository.registry().to_owned(),
            what: "nothing yet".to_owned(),
            why: format!("its name makes no address: {error}"),
        })?;
        let siblings = siblings.iter().filter(|path| *path != repository.path()).cloned().collect();
        let gate = Gate::new(options.at_once);
        Ok(Self {
            http: Http::new(&settings)?,
            api,
            auth: Auth::new(credential),
            repository,
            options,
            gate,
            access,
            siblings,
        })
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Further repositories of the same registry that are read from.
    pub(crate) fn siblings(&self) -> &[String] {
        &self.siblings
    }

    /// What a token should allow: this repository first, then reading the siblings.
    pub(crate) fn scopes(&self) -> Vec<String> {
        let actions = match self.access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
        };
        let own = format!("repository:{}:{actions}", self.repository.path());
        let others = self.siblings.iter().map(|path| format!("repository:{path}:pull"));
        std::iter::once(own).chain(others).collect()
    }

    /// An address below this repository, as `blobs/uploads/`.
    pub(crate) fn place(&self, rest: &str) -> Place {
        self.place_in(self.repository.path(), rest)
    }

    /// The same of a sibling.
    pub(crate) fn place_in(&self, path: &str, rest: &str) -> Place {
        let mut url = self.api.clone();
        // The grammar of repositories, tags and digests has nothing that an address would have to escape.
        url.set_path(&format!("/v2/{path}/{rest}"));
        Place { url, is_registry: true }
    }
}
