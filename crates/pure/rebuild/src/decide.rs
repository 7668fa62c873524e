use crate::files::{changes, configured};
use crate::modules::{Judged, Modules};
use crate::{Change, Commit, ModuleBuild, Packaged, RebuildError, Shape, Skeleton, Texts, is_scanned};
use sage_oci_meson::Description;
use std::collections::{BTreeMap, BTreeSet};

/// A commit and what it is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// How the tree is laid out.
    pub shape: &'a Shape,
    /// The packaged program.
    pub packaged: &'a Packaged,
    /// The commit.
    pub commit: &'a Commit,
    /// Compile every module, also those that are as they were.
    pub everything: bool,
}

/// What meson says of a commit, and of the release that was packaged.
#[derive(Debug, Clone, Copy)]
pub struct Descriptions<'a> {
    /// Of the commit.
    pub now: &'a Description,
    /// Of the release.
    pub before: &'a Description,
}

/// What a commit changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuild {
    /// Modules that are compiled, by target.
    pub modules: Vec<ModuleBuild>,
    /// How many modules stay as they are packaged.
    pub kept: usize,
    /// Other installed files that differ, by path below the folder of modules.
    pub files: BTreeMap<String, Change>,
    /// Files that `meson setup` writes and the package has changed: from the build folder, by installed path.
    pub configured: BTreeMap<String, String>,
    /// What meson says of libraries and programs that it found for the release and does not find for the commit.
    pub missing: Vec<String>,
}

impl Rebuild {
    /// The installed paths that it changes, brings or removes, apart from configured ones.
    pub fn installed(&self) -> impl Iterator<Item = &String> {
        let of_modules = self.modules.iter().flat_map(|module| module.generated.keys().chain([&module.installed]));
        of_modules.chain(self.files.keys())
    }
}

impl Question<'_> {
    /// Sources that differ from what was compiled.
    pub fn differing(&self) -> BTreeSet<&str> {
        self.commit.differing(self.packaged).collect()
    }

    /// Whether what meson says of the two trees must be known: modules may differ, or other files are installed.
    pub fn needs_meson(&self) -> bool {
        let compiled = |path: &&str| is_scanned(path) || self.shape.generates(path);
        self.everything || self.differing().iter().any(compiled) || self.skeleton() != self.skeleton_before()
    }

    /// What meson reads of the commit.
    pub fn skeleton(&self) -> Skeleton {
        Skeleton::of(&self.commit.tree, self.shape)
    }

    /// What it read of the release as it was packaged.
    pub fn skeleton_before(&self) -> Skeleton {
        let mut tree = self.packaged.release.clone();
        for (path, file) in &self.packaged.changed.files {
            if let Some(known) = tree.files.get_mut(path) {
                known.id = file.id;
            }
        }
        Skeleton::of(&tree, self.shape)
    }
}

/// Tells what a commit changes. `texts` has the text of every file of either that [`is_scanned`]; `descriptions` may be missing where
/// [`Question::needs_meson`] says so.
///
/// # Errors
/// [`RebuildError`].
pub fn decide(
    question: Question<'_>,
    texts: &Texts,
    descriptions: Option<Descriptions<'_>>,
) -> Result<Rebuild, RebuildError> {
    let Question { shape, packaged, commit, everything } = question;
    let both = descriptions.map(|Descriptions { now, before }| (now, before));
    let files = changes(shape, packaged, commit, both);
    let Some((now, before)) = both else {
        if question.needs_meson() {
            return Err(RebuildError::NoDescription);
        }
        let kept = packaged.installed.files.keys().filter(|path| path.ends_with(".so")).count();
        return Ok(Rebuild { kept, files, ..Rebuild::default() });
    };
    let missing: Vec<String> = now.missing.difference(&before.missing).cloned().collect();
    let left_out = left_out(question, now, before);
    if !missing.is_empty() && !left_out.is_empty() {
        return Err(RebuildError::LeftOut { modules: left_out, missing });
    }
    let differing = question.differing();
    let Judged { compiled, kept } =
        Modules { shape, packaged, commit, texts }.judge(now, before, &differing, everything)?;
    Ok(Rebuild { modules: compiled, kept, files, configured: configured(packaged, now), missing })
}

/// The packaged modules whose sources the commit still has and that meson does not build any longer.
fn left_out(question: Question<'_>, now: &Description, before: &Description) -> Vec<String> {
    let Question { shape, packaged, commit, .. } = question;
    let gone = before.modules.values().filter(|module| !now.modules.contains_key(&module.target));
    let of_package = gone.filter(|module| {
        let installed = shape.installed(&module.target);
        installed.is_some_and(|installed| packaged.installed.files.contains_key(installed))
    });
    let with_source =
        of_package.filter(|module| module.sources.iter().all(|path| commit.tree.files.contains_key(path)));
    with_source.filter_map(|module| Some(module.stem(&shape.folder)?.replace('/', "."))).collect()
}
