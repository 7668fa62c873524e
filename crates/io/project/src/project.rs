use crate::ProjectError;
use sage_oci_definition::{Channel, Image, Located, Resolved, Suite};
use sage_oci_files as files;
use sage_oci_lock::{LockFile, Versions};
use sage_oci_names::{Architecture, ChannelName, ImageName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A checkout with a `nix` folder.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    /// Another project whose keys and census are used where this one has none.
    base: Option<PathBuf>,
}

/// The census files' names and texts.
pub type Census = Vec<(String, String)>;

impl Project {
    /// Finds the project at `start` or above it.
    ///
    /// # Errors
    /// [`ProjectError::NotFound`].
    pub fn discover(start: &Path) -> Result<Self, ProjectError> {
        for folder in start.ancestors() {
            if let Some(project) = Self::at(folder)? {
                return Ok(project);
            }
        }
        Err(ProjectError::NotFound { start: start.to_owned() })
    }

    /// The project in this very folder, if it is one.
    ///
    /// # Errors
    /// The folder cannot be looked at.
    pub fn at(folder: &Path) -> Result<Option<Self>, ProjectError> {
        let is_project = files::exists(folder.join("nix/images"))?;
        Ok(is_project.then(|| Self { root: folder.to_owned(), base: None }))
    }

    /// This project, with the keys, the census and the pinned versions of another one where it has none of its own.
    #[must_use]
    pub fn based_on(self, base: &Self) -> Self {
        Self { base: Some(base.root.clone()), ..self }
    }

    /// A file or folder of this project, or of the one it is based on.
    fn inherited(&self, name: &str) -> Result<PathBuf, ProjectError> {
        let own = self.root.join(name);
        match &self.base {
            Some(base) if !files::exists(&own)? => Ok(base.join(name)),
            _ => Ok(own),
        }
    }

    /// The folder that holds `nix`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every image definition, sorted by file name.
    ///
    /// # Errors
    /// A file that cannot be read or is not a definition, or an image for a channel that is not defined.
    pub fn images(&self) -> Result<Vec<Image>, ProjectError> {
        let channels: Vec<ChannelName> = self.channels()?.into_iter().map(|channel| channel.name).collect();
        let mut images = Image::parse_all(&self.toml("nix/images")?)?;
        // `sagemath-dev.toml` comes before `sagemath.toml` in a folder, and after it in a list for people.
        images.sort_by(|a, b| a.name.cmp(&b.name));
        for image in &images {
            image.check_channels(&channels)?;
        }
        Ok(images)
    }

    /// One image of one channel; without one, of the image's default channel.
    ///
    /// # Errors
    /// An unknown image or channel, or a definition that cannot be used.
    pub fn image(&self, name: &ImageName, channel: Option<&ChannelName>) -> Result<Resolved, ProjectError> {
        let images = self.images()?;
        let known: Vec<String> = images.iter().flat_map(Image::names).map(|name| format!("`{name}`")).collect();
        let image = images
            .into_iter()
            .find(|image| image.names().contains(name))
            .ok_or_else(|| ProjectError::Unknown { kind: "image", name: name.to_string(), known })?;
        Ok(image.resolve(name, channel.unwrap_or(image.default_channel()))?)
    }

    /// The default channel of the first image.
    ///
    /// # Errors
    /// No image is defined, or a definition cannot be used.
    pub fn default_channel(&self) -> Result<ChannelName, ProjectError> {
        let images = self.images()?;
        let first = images.first().ok_or_else(|| ProjectError::NotFound { start: self.root.clone() })?;
        Ok(first.default_channel().clone())
    }

    /// Every channel's definition, sorted by file name.
    ///
    /// # Errors
    /// A file that cannot be read or is not a definition.
    pub fn channels(&self) -> Result<Vec<Channel>, ProjectError> {
        let texts = self.toml("nix/channels")?;
        Ok(texts.iter().map(|(file, text)| Channel::parse(file, text)).collect::<Result<_, _>>()?)
    }

    /// One channel's definition.
    ///
    /// # Errors
    /// An unknown channel, or a definition that cannot be used.
    pub fn channel(&self, name: &ChannelName) -> Result<Channel, ProjectError> {
        let mut known = Vec::new();
        for channel in self.channels()? {
            if channel.name == *name {
                return Ok(channel);
            }
            known.push(format!("`{}`", channel.name));
        }
        Err(ProjectError::Unknown { kind: "channel", name: name.to_string(), known })
    }

    /// Where a channel's lock lies: `<channel>.json` for amd64, `<channel>-<architecture>.json` for others.
    pub fn lock_path(&self, channel: &ChannelName, architecture: Architecture) -> PathBuf {
        self.root.join("nix/locks").join(lock_name(channel, architecture))
    }

    /// The architectures that a channel has a lock for, sorted.
    ///
    /// # Errors
    /// [`ProjectError::NoLock`] where there is none.
    pub fn locked_architectures(&self, channel: &ChannelName) -> Result<Vec<Architecture>, ProjectError> {
        let mut found = Vec::new();
        for architecture in [Architecture::Amd64, Architecture::Arm64] {
            if files::exists(self.lock_path(channel, architecture))? {
                found.push(architecture);
            }
        }
        if found.is_empty() {
            let path = self.lock_path(channel, Architecture::Amd64);
            return Err(ProjectError::NoLock { channel: channel.to_string(), path });
        }
        Ok(found)
    }

    /// A channel's lock.
    ///
    /// # Errors
    /// [`ProjectError::NoLock`], or a lock that cannot be used.
    pub fn lock(&self, channel: &ChannelName, architecture: Architecture) -> Result<LockFile, ProjectError> {
        let path = self.lock_path(channel, architecture);
        if !files::exists(&path)? {
            self.channel(channel)?;
            return Err(ProjectError::NoLock { channel: channel.to_string(), path });
        }
        self.read_lock(&path)
    }

    /// Where the digests are that images are known to have.
    pub fn digests_path(&self) -> PathBuf {
        self.root().join("nix/digests.json")
    }

    /// Where the pinned versions of a source are, by the name of its top folder.
    pub fn versions_path(&self, name: &str) -> PathBuf {
        self.root().join(format!("nix/versions/{name}.json"))
    }

    /// The pinned versions of a source, those of the project that this one is based on where it has none of its own; none where
    /// nothing was pinned.
    ///
    /// # Errors
    /// A file that cannot be read, or used.
    pub fn versions(&self, name: &str) -> Result<Versions, ProjectError> {
        let path = self.inherited(&format!("nix/versions/{name}.json"))?;
        if !files::exists(&path)? {
            return Ok(Versions::default());
        }
        Versions::parse(&files::read_to_string(&path)?).map_err(|source| ProjectError::Versions { path, source })
    }

    /// A lock at any place.
    ///
    /// # Errors
    /// A file that cannot be read, or a lock that cannot be used.
    pub fn read_lock(&self, path: &Path) -> Result<LockFile, ProjectError> {
        let text = files::read_to_string(path)?;
        LockFile::parse(text).map_err(|source| ProjectError::Lock { path: path.to_owned(), source })
    }

    /// The armoured keys of which one must have signed a suite: name and bytes.
    ///
    /// # Errors
    /// A key that is not there.
    pub fn keys(&self, suite: &Suite) -> Result<Vec<(String, Vec<u8>)>, ProjectError> {
        let read = |key: &Located<String>| {
            let path = self.inherited(&format!("nix/keys/{}.asc", key.value))?;
            if !files::exists(&path)? {
                return Err(ProjectError::NoKey { suite: suite.suite.clone(), key: key.clone(), path });
            }
            Ok((key.value.clone(), files::read(&path)?))
        };
        suite.keys.iter().map(read).collect()
    }

    /// The census of maintainer scripts.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn census(&self) -> Result<Census, ProjectError> {
        read_toml(&self.inherited("nix/census")?, "nix/census")
    }

    /// The checks of an image: file name and text.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn checks(&self, image: &ImageName) -> Result<(String, String), ProjectError> {
        let name = format!("nix/images/checks/{image}.toml");
        let text = files::read_to_string(self.root.join(&name))?;
        Ok((name, text))
    }

    /// Whether an image has checks of its own.
    ///
    /// # Errors
    /// A folder that cannot be looked into.
    pub fn has_checks(&self, image: &ImageName) -> Result<bool, ProjectError> {
        Ok(files::exists(self.root.join(format!("nix/images/checks/{image}.toml")))?)
    }

    /// The reviewed list of the doctests that fail in a version of Sage: file name and text; none where there is no list.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn known_doctests(&self, version: &str) -> Result<Option<(String, String)>, ProjectError> {
        let name = format!("nix/images/checks/doctests-{version}.toml");
        let path = self.root.join(&name);
        // A version comes from an archive: it must be a part of a name, not a path.
        if version.contains('/') || !files::exists(&path)? {
            return Ok(None);
        }
        Ok(Some((name, files::read_to_string(path)?)))
    }

    /// What may break lint's rules in the images, and why: file name and text; none where there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn lint(&self) -> Result<Option<(String, String)>, ProjectError> {
        let name = "nix/lint.toml";
        let path = self.root.join(name);
        if !files::exists(&path)? {
            return Ok(None);
        }
        Ok(Some((name.to_owned(), files::read_to_string(path)?)))
    }

    /// The texts that definitions place in images, by file name.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn placed_files(&self) -> Result<BTreeMap<String, String>, ProjectError> {
        let folder = self.root.join("nix/images/files");
        let mut all = BTreeMap::new();
        if !files::exists(&folder)? {
            return Ok(all);
        }
        for path in files::list(&folder)? {
            if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
                all.insert(name.to_owned(), files::read_to_string(&path)?);
            }
        }
        Ok(all)
    }

    /// The `.toml` files of a folder: names below the root, and texts.
    pub(crate) fn toml(&self, folder: &str) -> Result<Vec<(String, String)>, ProjectError> {
        read_toml(&self.root.join(folder), folder)
    }
}

/// The file name of a lock and of its recipe.
pub(crate) fn lock_name(channel: &ChannelName, architecture: Architecture) -> String {
    match architecture {
        Architecture::Amd64 => format!("{channel}.json"),
        Architecture::Arm64 => format!("{channel}-{architecture}.json"),
    }
}

/// The `.toml` files of a folder; `shown` is the folder's name in errors.
fn read_toml(folder: &Path, shown: &str) -> Result<Vec<(String, String)>, ProjectError> {
    let mut all = Vec::new();
    for path in files::list(folder)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".toml") {
            all.push((format!("{shown}/{name}"), files::read_to_string(&path)?));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_from_below_and_missed_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        files::create_dir_all(&below).unwrap();
        assert!(matches!(Project::discover(&below), Err(ProjectError::NotFound { .. })));
        files::create_dir_all(folder.path().join("nix/images")).unwrap();
        assert_eq!(Project::discover(&below).unwrap().root(), folder.path());
    }

    #[test]
    fn keys_and_census_come_from_the_base_where_they_are_missing() {
        let base = Project::discover(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        files::create_dir_all(folder.path().join("nix/images")).unwrap();
        let suite = base.channels().unwrap().remove(0).suites.remove(0);
        let alone = Project::at(folder.path()).unwrap().unwrap();
        assert!(matches!(alone.keys(&suite), Err(ProjectError::NoKey { .. })));
        let based = alone.based_on(&base);
        assert_eq!(based.keys(&suite).unwrap(), base.keys(&suite).unwrap());
        assert_eq!(based.census().unwrap(), base.census().unwrap());
        assert_eq!(based.versions("sage").unwrap(), base.versions("sage").unwrap());
        assert!(!base.versions("sage").unwrap().versions.is_empty());
        files::create_dir_all(folder.path().join("nix/census")).unwrap();
        assert_eq!(based.census().unwrap(), Vec::new());
    }

    #[test]
    fn the_committed_definitions_are_good() {
        let project = Project::discover(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        for image in project.images().unwrap() {
            for channel in image.channels() {
                let definition = project.channel(&channel).unwrap();
                for suite in &definition.suites {
                    assert!(!project.keys(suite).unwrap().is_empty());
                }
                for name in image.names() {
                    let resolved = project.image(&name, Some(&channel)).unwrap();
                    assert!(!resolved.wanted.is_empty());
                }
            }
        }
    }

    #[test]
    fn an_unknown_image_lists_the_known() {
        let project = Project::discover(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let error = project.image(&"sagemat".parse().unwrap(), None).unwrap_err().to_string();
        assert!(error.contains("`sagemath`"), "{error}");
    }
}
