use crate::universe::candidate;
use crate::{ArchiveError, ImageRequest, LockRequest};
use globset::{Glob, GlobSet, GlobSetBuilder};
use sage_oci_deb::IndexEntry;
use sage_oci_lock::{Omitted, Reason};
use sage_oci_names::{ImageName, PackageName};
use sage_oci_resolve::{Request, Resolution, Universe, resolve};
use std::collections::{BTreeMap, BTreeSet};

/// What all images need together.
pub(crate) struct Selection {
    pub(crate) packages: BTreeMap<PackageName, Selected>,
    pub(crate) omitted: BTreeMap<PackageName, Omitted>,
}

/// A package of one or more images.
pub(crate) struct Selected {
    pub(crate) entry: IndexEntry,
    pub(crate) reason: Reason,
    pub(crate) depends: BTreeSet<PackageName>,
    pub(crate) images: BTreeSet<ImageName>,
}

/// Resolves every image and puts the answers together.
pub(crate) fn select(request: &LockRequest<'_>, entries: Vec<IndexEntry>) -> Result<Selection, ArchiveError> {
    let candidates = entries.iter().map(candidate).collect();
    let first = request.images.first().map(|image| &image.name);
    let universe = Universe::new(candidates, request.architecture).map_err(|source| ArchiveError::Resolve {
        image: first.cloned().unwrap_or_else(|| ImageName::parse("none").expect("a plain word is an image name")),
        source,
    })?;
    let mut by_key: BTreeMap<(PackageName, String, String), IndexEntry> = BTreeMap::new();
    for entry in entries {
        by_key.insert((entry.name.clone(), entry.version.to_string(), entry.architecture.clone()), entry);
    }
    let mut selection = Selection { packages: BTreeMap::new(), omitted: BTreeMap::new() };
    for image in &request.images {
        let left_out = LeftOutSet::new(image)?;
        let omit = |name: &PackageName| left_out.reason(name).is_some();
        let resolution = resolve(&universe, &Request { wanted: &image.wanted, omit: &omit })
            .map_err(|source| ArchiveError::Resolve { image: image.name.clone(), source })?;
        selection.add(image, resolution, &left_out, &by_key)?;
    }
    // What one image leaves out and another holds is in the lock.
    selection.omitted.retain(|name, _| !selection.packages.contains_key(name));
    Ok(selection)
}

impl Selection {
    fn add(
        &mut self,
        image: &ImageRequest,
        resolution: Resolution,
        left_out: &LeftOutSet<'_>,
        entries: &BTreeMap<(PackageName, String, String), IndexEntry>,
    ) -> Result<(), ArchiveError> {
        for found in resolution.packages {
            let key = (found.name.clone(), found.version.to_string(), found.architecture);
            let entry = entries.get(&key).expect("the resolver chooses among the entries that it was given");
            let reason = match found.reason {
                sage_oci_resolve::Reason::Wanted => Reason::Wanted,
                sage_oci_resolve::Reason::Essential => Reason::Essential,
                sage_oci_resolve::Reason::RequiredBy(by) => Reason::RequiredBy(by),
            };
            let selected = self.packages.entry(found.name.clone()).or_insert_with(|| Selected {
                entry: entry.clone(),
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
            // The strongest reason that any image has.
            if reason == Reason::Wanted {
                selected.reason = reason;
            }
            selected.depends.extend(found.depends);
            selected.images.insert(image.name.clone());
        }
        for stand_in in resolution.omitted {
            let reason = left_out.reason(&stand_in.name).unwrap_or_default();
            let omitted = self.omitted.entry(stand_in.name.clone()).or_insert_with(|| Omitted {
                name: stand_in.name,
                version: stand_in.version,
                reason: reason.to_owned(),
                wanted_by: Vec::new(),
                provides: BTreeMap::new(),
            });
            omitted.provides.extend(stand_in.provides);
            omitted.wanted_by.extend(stand_in.wanted_by);
            omitted.wanted_by.sort();
            omitted.wanted_by.dedup();
        }
        Ok(())
    }
}

/// What an image leaves out, ready to be asked.
struct LeftOutSet<'a> {
    parts: Vec<(GlobSet, GlobSet, &'a str)>,
}

impl<'a> LeftOutSet<'a> {
    fn new(image: &'a ImageRequest) -> Result<Self, ArchiveError> {
        let globs = |texts: &[String]| -> Result<GlobSet, ArchiveError> {
            let mut set = GlobSetBuilder::new();
            for text in texts {
                let fail = |error: globset::Error| ArchiveError::Glob {
                    image: image.name.clone(),
                    glob: text.clone(),
                    why: error.kind().to_string(),
                };
                set.add(Glob::new(text).map_err(fail)?);
            }
            set.build().map_err(|error| ArchiveError::Glob {
                image: image.name.clone(),
                glob: texts.join(", "),
                why: error.to_string(),
            })
        };
        let parts = image
            .left_out
            .iter()
            .map(|part| Ok((globs(&part.names)?, globs(&part.except)?, part.reason.as_str())))
            .collect::<Result<_, ArchiveError>>()?;
        Ok(Self { parts })
    }

    /// Why a package is left out, if it is.
    fn reason(&self, name: &PackageName) -> Option<&'a str> {
        let found = self
            .parts
            .iter()
            .find(|(names, except, _)| names.is_match(name.as_str()) && !except.is_match(name.as_str()));
        found.map(|(_, _, reason)| *reason)
    }
}
