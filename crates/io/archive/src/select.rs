use crate::index::Listed;
use crate::universe::candidate;
use crate::{ArchiveError, ImageRequest, LeftOut, LockRequest};
use globset::{Glob, GlobSet, GlobSetBuilder};
use sage_oci_deb::IndexEntry;
use sage_oci_lock::{Omitted, Reason};
use sage_oci_names::{ImageName, PackageName};
use sage_oci_resolve::{Request, Resolution, StandIn, Universe, resolve};
use std::collections::{BTreeMap, BTreeSet};

/// What all images need together.
pub(crate) struct Selection {
    pub(crate) packages: BTreeMap<PackageName, Selected>,
    /// By name, and by image where it extends another one.
    pub(crate) omitted: BTreeMap<(PackageName, Option<ImageName>), Omitted>,
}

/// Name, version and architecture: what tells the packages of an archive apart.
type Key = (PackageName, String, String);

/// A package of one or more images.
pub(crate) struct Selected {
    pub(crate) entry: IndexEntry,
    /// The place of its suite among those of the request.
    pub(crate) suite: usize,
    pub(crate) reason: Reason,
    pub(crate) depends: BTreeSet<PackageName>,
    pub(crate) images: BTreeSet<ImageName>,
}

impl Selected {
    /// The image above whose layers it lies; `None` for a package of an image that stands alone.
    pub(crate) fn base<'r>(&self, request: &'r LockRequest<'_>) -> Option<&'r ImageName> {
        let bases: Option<Vec<&ImageName>> = self.images.iter().map(|image| request.base_of(image)).collect();
        bases?.first().copied()
    }
}

/// Resolves every image and puts the answers together.
pub(crate) fn select(request: &LockRequest<'_>, listed: Vec<Listed>) -> Result<Selection, ArchiveError> {
    let candidates = listed.iter().map(|listed| candidate(&listed.entry)).collect();
    let first = request.images.first().map(|image| &image.name);
    let universe = Universe::new(candidates, request.architecture).map_err(|source| ArchiveError::Resolve {
        image: first.cloned().unwrap_or_else(|| ImageName::parse("none").expect("a plain word is an image name")),
        source,
    })?;
    let mut by_key: BTreeMap<Key, Listed> = BTreeMap::new();
    for one in listed {
        let Listed { entry, .. } = &one;
        by_key.insert((entry.name.clone(), entry.version.to_string(), entry.architecture.clone()), one);
    }
    let mut selection = Selection { packages: BTreeMap::new(), omitted: BTreeMap::new() };
    for image in request.bases_first() {
        let base = image.extends.as_ref().and_then(|name| request.images.iter().find(|image| image.name == *name));
        let left_out = LeftOutSet::new(image, base)?;
        let omit = |name: &PackageName| left_out.reason(name).is_some();
        let kept = match &image.extends {
            Some(base) => selection.of_image(base),
            None => Vec::new(),
        };
        let resolution = resolve(&universe, &Request { wanted: &image.wanted, kept: &kept, omit: &omit })
            .map_err(|source| ArchiveError::Resolve { image: image.name.clone(), source })?;
        selection.add(image, resolution, &left_out, &by_key)?;
    }
    selection.check_homes(request)?;
    // What one image that stands alone leaves out and another holds is in the lock.
    let Selection { packages, omitted } = &mut selection;
    let held = |name: &PackageName| packages.get(name).is_some_and(|one| one.base(request).is_none());
    omitted.retain(|(name, image), _| image.is_some() || !held(name));
    Ok(selection)
}

impl Selection {
    fn of_image(&self, image: &ImageName) -> Vec<PackageName> {
        self.packages.iter().filter(|(_, one)| one.images.contains(image)).map(|(name, _)| name.clone()).collect()
    }

    fn add(
        &mut self,
        image: &ImageRequest,
        resolution: Resolution,
        left_out: &LeftOutSet<'_>,
        listed: &BTreeMap<Key, Listed>,
    ) -> Result<(), ArchiveError> {
        for found in resolution.packages {
            let key = (found.name.clone(), found.version.to_string(), found.architecture);
            let Listed { entry, suite } =
                listed.get(&key).expect("the resolver chooses among the entries that it was given");
            let reason = match found.reason {
                sage_oci_resolve::Reason::Wanted => Reason::Wanted,
                sage_oci_resolve::Reason::Essential => Reason::Essential,
                sage_oci_resolve::Reason::RequiredBy(by) => Reason::RequiredBy(by),
            };
            let selected = self.packages.entry(found.name.clone()).or_insert_with(|| Selected {
                entry: entry.clone(),
                suite: *suite,
                reason: reason.clone(),
                depends: BTreeSet::new(),
                images: BTreeSet::new(),
            });
            if selected.entry.version.as_str() != entry.version.as_str() {
                return Err(ArchiveError::TwoVersions {
                    package: found.name,
                    first: selected.entry.version.clone(),
                    second: entry.version.clone(),
                });
            }
            // What is said of the extended image's packages stays what it is without this image.
            let below = image.extends.as_ref().is_some_and(|base| selected.images.contains(base));
            selected.images.insert(image.name.clone());
            if below {
                continue;
            }
            // The strongest reason that any image has.
            if reason == Reason::Wanted {
                selected.reason = reason;
            }
            selected.depends.extend(found.depends);
        }
        for stand_in in resolution.omitted {
            self.omit(image, stand_in, left_out);
        }
        Ok(())
    }

    fn omit(&mut self, image: &ImageRequest, stand_in: StandIn, left_out: &LeftOutSet<'_>) {
        let StandIn { name, version, wanted_by, provides } = stand_in;
        let below = image.extends.as_ref().and_then(|_| self.omitted.get(&(name.clone(), None)));
        if below.is_some_and(|below| provides.iter().all(|(name, version)| below.provides.get(name) == Some(version))) {
            // It is promised already.
            return;
        }
        let key = (name.clone(), image.extends.as_ref().map(|_| image.name.clone()));
        let reason = left_out.reason(&name).unwrap_or_default().to_owned();
        let of = key.1.clone();
        let omitted = self.omitted.entry(key).or_insert_with(|| Omitted {
            name,
            version,
            reason,
            wanted_by: Vec::new(),
            image: of,
            provides: BTreeMap::new(),
        });
        omitted.provides.extend(provides);
        omitted.wanted_by.extend(wanted_by);
        omitted.wanted_by.sort();
        omitted.wanted_by.dedup();
    }

    /// A package has one layer: what an image brings above another one must not be in a third.
    fn check_homes(&self, request: &LockRequest<'_>) -> Result<(), ArchiveError> {
        for (name, one) in &self.packages {
            let bases: BTreeSet<Option<&ImageName>> = one
                .images
                .iter()
                .filter(|image| request.base_of(image).is_none_or(|base| !one.images.contains(base)))
                .map(|image| request.base_of(image))
                .collect();
            if bases.len() > 1 {
                let images = one.images.iter().cloned().collect();
                return Err(ArchiveError::Scattered { package: name.clone(), images });
            }
        }
        Ok(())
    }
}

/// What an image leaves out, ready to be asked.
struct LeftOutSet<'a> {
    own: Vec<Part<'a>>,
    /// What the extended image leaves out.
    below: Vec<Part<'a>>,
    /// Names that `below` does not matter for.
    brought_back: GlobSet,
    wanted: &'a [PackageName],
}

/// Names, exceptions, the reason.
type Part<'a> = (GlobSet, GlobSet, &'a str);

impl<'a> LeftOutSet<'a> {
    fn new(image: &'a ImageRequest, base: Option<&'a ImageRequest>) -> Result<Self, ArchiveError> {
        let globs = |texts: &[String]| globs(&image.name, texts);
        let parts = |all: &'a [LeftOut]| {
            all.iter()
                .map(|part| Ok((globs(&part.names)?, globs(&part.except)?, part.reason.as_str())))
                .collect::<Result<_, ArchiveError>>()
        };
        Ok(Self {
            own: parts(&image.left_out)?,
            below: parts(base.map_or(&[], |base| &base.left_out))?,
            brought_back: globs(&image.brought_back)?,
            wanted: if base.is_some() { &image.wanted } else { &[] },
        })
    }

    /// Why a package is left out, if it is.
    fn reason(&self, name: &PackageName) -> Option<&'a str> {
        let is_back = self.wanted.contains(name) || self.brought_back.is_match(name.as_str());
        let below = if is_back { &[] } else { self.below.as_slice() };
        let found = self
            .own
            .iter()
            .chain(below)
            .find(|(names, except, _)| names.is_match(name.as_str()) && !except.is_match(name.as_str()));
        found.map(|(_, _, reason)| *reason)
    }
}

fn globs(image: &ImageName, texts: &[String]) -> Result<GlobSet, ArchiveError> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let fail = |error: globset::Error| ArchiveError::Glob {
            image: image.clone(),
            glob: text.clone(),
            why: error.kind().to_string(),
        };
        set.add(Glob::new(text).map_err(fail)?);
    }
    set.build().map_err(|error| ArchiveError::Glob {
        image: image.clone(),
        glob: texts.join(", "),
        why: error.to_string(),
    })
}
