use crate::{Aspect, Change, Delta, Explained, Facts, Inside, PackageChange, What};
use data_encoding::HEXLOWER;
use sage_oci_names::Sha256;
use sage_oci_tree::ImagePath;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of [`Document`]'s form. It grows when a key changes its meaning or goes away, not when one is added.
pub const FORMAT: u64 = 1;
/// So many paths of which nothing but the time differs, and by the same two times, are one fact and not many.
const ONE_CLOCK: usize = 20;

/// What differs between two images, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// [`FORMAT`].
    pub format: u64,
    /// The two images.
    pub images: [ImageDocument; 2],
    /// Whether a container sees the same files in both.
    pub same_content: bool,
    /// Whether both also start in the same way.
    pub same_settings: bool,
    /// How the images start, and what they say of themselves, where that differs.
    pub settings: Vec<Setting>,
    /// Packages that differ.
    pub packages: Vec<PackageDocument>,
    /// Paths that differ; those that a package explains are left out unless all are asked for.
    pub paths: Vec<PathDocument>,
    /// How many files were not looked into, to keep the answer short or because they are too large.
    #[serde(skip_serializing_if = "is_zero")]
    pub unopened: usize,
    /// How many paths packages explain, whether they are listed or not.
    pub explained: usize,
    /// Pairs of times by which many paths differ, and by nothing else.
    pub clocks: Vec<Clock>,
    /// Paths that are the same and come from another layer.
    pub moved: Vec<Moved>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// One of the two images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageDocument {
    /// What it was called on the command line.
    pub name: String,
    /// The digest of its manifest; of its configuration where it has no manifest, as in an engine.
    pub digest: String,
    /// The machine that it is for.
    pub platform: String,
    /// How many layers it has.
    pub layers: usize,
    /// What its layers take compressed, in bytes; none where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compressed: Option<u64>,
}

/// A key of the configuration, or of the manifest's annotations, that differs; values as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The key, as `config.Env`.
    pub key: String,
    /// In the first image.
    pub old: Option<String>,
    /// In the second.
    pub new: Option<String>,
}

/// A package that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageDocument {
    /// Its name.
    pub name: String,
    /// Its version in the first image.
    pub old: Option<String>,
    /// Its version in the second.
    pub new: Option<String>,
    /// How much larger it is unpacked, by its own words, in bytes.
    pub growth: i64,
    /// How many paths differ because of it.
    pub paths: usize,
}

/// What became of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Something else is there.
    Changed,
}

/// A path that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathDocument {
    /// The path, without a leading slash; empty for the root.
    pub path: ImagePath,
    /// What became of it.
    pub change: ChangeKind,
    /// In what it differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aspects: Vec<Aspect>,
    /// The package that has it, where one does that is the same in both images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The package whose other version explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<String>,
    /// What was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<StateDocument>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<StateDocument>,
    /// What differs inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateDocument {
    /// `file`, `directory` or `symlink`.
    pub kind: &'static str,
    /// The permission bits in octal, as `0755`.
    pub mode: String,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// Seconds since 1970; none of a directory of which no layer says anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtime: Option<i64>,
    /// A file's length in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// A file's digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Where a symbolic link leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The first of a file's several names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked: Option<ImagePath>,
    /// Extended attributes, their values in hexadecimal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub xattrs: BTreeMap<String, String>,
}

/// Two times, and how many paths differ by them and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// In the first image, in seconds since 1970.
    pub old: i64,
    /// In the second.
    pub new: i64,
    /// How many paths.
    pub paths: usize,
}

/// Paths that are the same and come from another layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The layer in the first image: its name, or its digest where it has none.
    pub from: String,
    /// The layer in the second.
    pub to: String,
    /// How many paths.
    pub count: usize,
    /// The paths, where all are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<ImagePath>,
}

impl StateDocument {
    fn of(facts: &Facts) -> Self {
        let xattrs = facts.xattrs.iter().flat_map(|all| all.iter());
        Self {
            kind: facts.what.name(),
            mode: format!("{:04o}", facts.mode),
            uid: facts.uid,
            gid: facts.gid,
            mtime: (facts.what != What::Implied).then_some(facts.mtime),
            size: facts.size(),
            sha256: facts.sha256(),
            target: match &facts.what {
                What::Symlink(target) => Some(target.to_string()),
                _ => None,
            },
            linked: facts.linked.as_deref().cloned(),
            xattrs: xattrs.map(|(name, value)| (name.clone(), HEXLOWER.encode(value))).collect(),
        }
    }
}

impl Document {
    /// A document of two images that are the same.
    pub fn equal(images: [ImageDocument; 2]) -> Self {
        Self {
            format: FORMAT,
            images,
            same_content: true,
            same_settings: true,
            settings: Vec::new(),
            packages: Vec::new(),
            paths: Vec::new(),
            unopened: 0,
            explained: 0,
            clocks: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// Adds what the images say of themselves otherwise.
    #[must_use]
    pub fn with_settings(mut self, settings: Vec<Setting>) -> Self {
        self.same_settings = settings.is_empty();
        self.settings = settings;
        self
    }

    /// Adds what differs in packages and paths. `owner` says which package has a path; `layers` are the names of each image's layers;
    /// `all` lists what packages explain, too.
    #[must_use]
    pub fn with_delta(
        mut self,
        delta: &Delta,
        packages: &[PackageChange],
        explained: &Explained,
        owner: impl Fn(&ImagePath) -> Option<String>,
        layers: [&[String]; 2],
        all: bool,
    ) -> Self {
        self.same_content = delta.is_empty();
        self.explained = explained.by.iter().flatten().count();
        self.packages = packages
            .iter()
            .map(|package| PackageDocument {
                name: package.name.clone(),
                old: package.old.as_ref().map(|old| old.version.clone()),
                new: package.new.as_ref().map(|new| new.version.clone()),
                growth: package.growth(),
                paths: explained.counts.get(&package.name).copied().unwrap_or_default(),
            })
            .collect();
        let listed: Vec<(&Change, &Option<String>)> =
            delta.changes.iter().zip(&explained.by).filter(|(_, by)| all || by.is_none()).collect();
        let clocks = clocks(&listed);
        let told = |change: &Change| !all && times(change).is_some_and(|times| clocks.contains_key(&times));
        self.paths = listed
            .iter()
            .filter(|(change, _)| !told(change))
            .map(|(change, by)| path(change, by.as_ref(), owner(&change.path)))
            .collect();
        self.clocks = clocks.into_iter().map(|((old, new), paths)| Clock { old, new, paths }).collect();
        self.moved = moved(delta, layers, all);
        self
    }
}

/// The two times of a change that is of nothing else.
fn times(change: &Change) -> Option<(i64, i64)> {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) if change.is_time_alone() => Some((old.mtime, new.mtime)),
        _ => None,
    }
}

fn clocks(listed: &[(&Change, &Option<String>)]) -> BTreeMap<(i64, i64), usize> {
    let mut counts: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    for times in listed.iter().filter_map(|(change, _)| times(change)) {
        *counts.entry(times).or_default() += 1;
    }
    counts.retain(|_, count| *count > ONE_CLOCK);
    counts
}

fn path(change: &Change, explained_by: Option<&String>, owner: Option<String>) -> PathDocument {
    PathDocument {
        path: change.path.clone(),
        change: match (&change.old, &change.new) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        },
        aspects: change.aspects(),
        package: owner.filter(|_| explained_by.is_none()),
        explained_by: explained_by.cloned(),
        old: change.old.as_ref().map(StateDocument::of),
        new: change.new.as_ref().map(StateDocument::of),
        inside: None,
    }
}

fn moved(delta: &Delta, layers: [&[String]; 2], all: bool) -> Vec<Moved> {
    let mut pairs: BTreeMap<(u16, u16), Vec<&ImagePath>> = BTreeMap::new();
    for it in &delta.moves {
        pairs.entry((it.old, it.new)).or_default().push(&it.path);
    }
    let name = |side: usize, layer: u16| layers[side].get(usize::from(layer)).cloned().unwrap_or_default();
    pairs
        .into_iter()
        .map(|((old, new), paths)| Moved {
            from: name(0, old),
            to: name(1, new),
            count: paths.len(),
            paths: if all { paths.into_iter().cloned().collect() } else { Vec::new() },
        })
        .collect()
}
