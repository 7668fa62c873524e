use crate::access::variable;
use crate::{Access, Installed, NixVersion, Settings, StoreError, config};
use sage_oci_derivation::StoreDir;
use sage_oci_names::StorePath;
use std::path::{Path, PathBuf};

/// A Nix that can be used, with the settings it is run with.
#[derive(Debug, Clone)]
pub struct Nix {
    pub(crate) programs: PathBuf,
    pub(crate) version: NixVersion,
    pub(crate) access: Access,
    pub(crate) settings: Settings,
    /// Arguments that every command gets.
    pub(crate) options: Vec<String>,
    /// Where the store's file system is rooted, as we see it.
    root: PathBuf,
    store_dir: StoreDir,
}

impl Nix {
    /// Finds Nix: on `PATH`, then where its installers put it. Starts `nix-store` once, to ask its version.
    pub fn discover(settings: Settings) -> Result<Self, StoreError> {
        let Installed { program, version, .. } = Installed::find(settings.programs.as_deref())?;
        if version < NixVersion::OLDEST {
            return Err(StoreError::TooOld { version });
        }
        let access = Access::find(settings.store.as_deref())?;
        let store_dir = StoreDir::parse(&variable("NIX_STORE_DIR", "/nix/store").to_string_lossy())?;
        let root = settings.store.as_deref().map_or_else(store_root, root_of);
        let options = options(&settings, access);
        let programs = program.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { programs, version, access, settings, options, root, store_dir })
    }

    /// The version of `nix-store`.
    pub fn version(&self) -> NixVersion {
        self.version
    }

    /// How the store is reached.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The directory that store paths begin with.
    pub fn store_dir(&self) -> &StoreDir {
        &self.store_dir
    }

    /// An option that we give Nix's commands, as `max-jobs`; none where Nix's own configuration decides.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.windows(3).find(|words| words[0] == "--option" && words[1] == name).map(|words| words[2].as_str())
    }

    /// The folder of Nix's commands.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Where a store path is to be read: the path itself, but for a store below another root.
    pub fn real_path(&self, path: &StorePath) -> PathBuf {
        self.root.join(path.as_str().trim_start_matches('/'))
    }
}

/// Where the file system of the store that Nix uses by itself is rooted: `/`, unless `NIX_REMOTE` says otherwise.
pub fn store_root() -> PathBuf {
    std::env::var("NIX_REMOTE").map_or_else(|_| PathBuf::from("/"), |uri| root_of(&uri))
}

/// The root that a store's name speaks of: `local?root=/x`, or plainly `/x`.
fn root_of(uri: &str) -> PathBuf {
    if uri.starts_with('/') {
        return PathBuf::from(uri);
    }
    let parameters = uri.split_once('?').map_or("", |(_, parameters)| parameters);
    let root = parameters.split('&').find_map(|parameter| parameter.strip_prefix("root="));
    PathBuf::from(root.unwrap_or("/"))
}

/// The options that follow from our settings, the user's configuration and the machine.
fn options(settings: &Settings, access: Access) -> Vec<String> {
    let made = config::settings_made();
    let users = build_users();
    let mut options = Vec::new();
    let mut option = |name: &str, value: String| options.extend(["--option".to_owned(), name.to_owned(), value]);
    let root = rustix::process::geteuid().is_root();
    let group_less = users.is_none() && !made.contains("build-users-group");
    if root && access == Access::Direct && group_less {
        // Root alone, without Nix's group of build users, as with Debian's bare `nix-bin`: builds run as root, in the sandbox.
        option("build-users-group", String::new());
    }
    match &settings.substituters {
        Some(caches) => option("substituters", caches.clone()),
        None if !made.contains("substituters") => option("substituters", String::new()),
        None => {}
    }
    if let Some(sandbox) = settings.sandbox {
        option("sandbox", sandbox.to_string());
    }
    if settings.jobs.is_some() || !made.contains("max-jobs") {
        let processors =
            std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1));
        // A build beyond the number of build users waits for ever in some versions.
        let most = users.filter(|count| *count > 0).unwrap_or(u32::MAX);
        option("max-jobs", settings.jobs.or(settings.usual_jobs).unwrap_or(processors).min(most).to_string());
    }
    if let Some(cores) = settings.cores.or(settings.usual_cores.filter(|_| !made.contains("cores"))) {
        option("cores", cores.to_string());
    }
    if let Some(store) = &settings.store {
        options.extend(["--store".to_owned(), store.clone()]);
    }
    options
}

/// How many members Nix's usual group of build users has; none if there is no such group.
fn build_users() -> Option<u32> {
    let groups = sage_oci_files::read_to_string("/etc/group").ok()?;
    let members = groups.lines().find_map(|line| line.strip_prefix("nixbld:"))?.rsplit(':').next()?;
    u32::try_from(members.split(',').filter(|member| !member.trim().is_empty()).count()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_stores() {
        for (uri, root) in [
            ("local?root=/a/b", "/a/b"),
            ("unix:///s?x=1&root=/c", "/c"),
            ("/d", "/d"),
            ("daemon", "/"),
            ("local", "/"),
        ] {
            assert_eq!(root_of(uri), Path::new(root), "{uri}");
        }
    }

    #[test]
    fn a_folder_without_nix_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { programs: Some(folder.path().to_owned()), ..Settings::default() };
        assert!(matches!(Nix::discover(settings), Err(StoreError::NotInstalled)));
    }
}
