use sage_oci_names::{Architecture, ImageName, PackageName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a commit of the project's own repository changes in an image, and how what it changes is compiled.
///
/// The packaged program was made of a release, with the distribution's changes. A commit is laid over it: what it has differently
/// takes the place of what the package ships, and the modules whose sources differ are compiled anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upstream {
    /// What people call the project, as `Sage`.
    pub name: String,
    /// The package whose files a commit's take the place of.
    pub package: PackageName,
    /// Where the package has Python's modules, absolute.
    pub modules: String,
    /// The folder of the tree below which modules lie as they do there.
    pub folder: String,
    /// The top folder of the modules, below both.
    pub top: String,
    /// The release that was packaged.
    pub release: Release,
    /// Files that a tree has if it can be built in this way, by their paths below its top folder.
    pub marks: Vec<String>,
    /// What to say of a tree that lacks one.
    #[serde(skip_serializing)]
    pub mark_hint: String,
    /// Files that may say the tree's version; the first one that does counts.
    pub versions: Vec<String>,
    /// Folders of the tree that programs which generate sources are taken from.
    #[serde(default)]
    pub generators: Vec<String>,
    /// Options of `meson setup`.
    pub options: Vec<String>,
    /// What is said otherwise in a commit, so that it takes the distribution's libraries.
    #[serde(default)]
    pub adjust: Vec<Adjustment>,
    /// How programs of `release.image` are laid out to compile.
    #[serde(default)]
    pub root: Root,
}

/// The release that a package was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The image that has its source, and the packages that compile it.
    pub image: ImageName,
    /// The name of the source there.
    pub source: String,
}

/// A text of a commit's file in whose place another one stands; nothing happens where the file does not have it.
///
/// It is for commits that are newer or older than the release: what the release itself needs is a patch of its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// The file, below the tree's top folder.
    pub file: String,
    /// What may stand there, as in the file.
    pub from: String,
    /// What is put in its place.
    pub to: String,
    /// Why that is right.
    #[serde(skip_serializing)]
    pub reason: String,
}

/// A folder of packages that compilers run in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Packages that are laid out beside those that the image of the compilers asks for.
    #[serde(default)]
    pub packages: Vec<PackageName>,
    /// Globs of paths that are not unpacked.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Globs that win over `exclude`.
    #[serde(default)]
    pub include: Vec<String>,
    /// Links beside what packages bring: target by absolute path.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// A program with its arguments that prepares the root, once.
    #[serde(default)]
    pub prepare: Vec<String>,
    /// Packages that compile on machines of another architecture than the image's, by the image's: a lock pins those that its
    /// architecture names, with what they depend on there.
    #[serde(default)]
    pub cross: BTreeMap<Architecture, Vec<PackageName>>,
}

impl Upstream {
    /// What is wrong with the entry.
    pub(crate) fn check(&self) -> Result<(), String> {
        let clean = |path: &str| !path.is_empty() && !path.ends_with('/') && path.split('/').all(|part| part != "..");
        if !self.modules.starts_with('/') || !clean(&self.modules) {
            return Err(format!(
                "`modules = \"{}\"` must be absolute, without `..` and a slash at the end",
                self.modules
            ));
        }
        let below = [("folder", &self.folder), ("top", &self.top)];
        let lists = [("marks", &self.marks), ("versions", &self.versions), ("generators", &self.generators)];
        let lists = lists.into_iter().flat_map(|(key, all)| all.iter().map(move |path| (key, path)));
        let adjusted = self.adjust.iter().map(|one| ("adjust", &one.file));
        let mut paths = below.into_iter().chain(lists).chain(adjusted);
        if let Some((key, path)) = paths.find(|(_, path)| path.starts_with('/') || !clean(path)) {
            return Err(format!("`{path}` in `{key}` must be a path below the tree's top folder"));
        }
        let nothing = |one: &&Adjustment| one.from.is_empty() || one.from == one.to;
        if let Some(one) = self.adjust.iter().find(nothing) {
            return Err(format!("`adjust` of `{}` needs two texts that differ, and something to look for", one.file));
        }
        match self.root.cross.iter().find(|(_, packages)| packages.is_empty()) {
            Some((target, _)) => Err(format!("`root.cross.{target}` names no package, so leave it out")),
            None => Ok(()),
        }
    }
}
