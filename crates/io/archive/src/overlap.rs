use crate::{ArchiveError, Overlap};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_names::{Architecture, DebVersion, ImageName, PackageName};
use sage_oci_resolve::parse_relations;
use std::collections::{BTreeMap, BTreeSet};

/// What the check needs to know of a package.
pub(crate) struct Shipped<'a> {
    pub(crate) version: &'a DebVersion,
    pub(crate) replaces: &'a str,
    pub(crate) images: &'a BTreeSet<ImageName>,
    pub(crate) files: &'a [String],
}

/// For each package the paths that are not unpacked, and whose file is there instead.
pub(crate) type Replaced = BTreeMap<PackageName, BTreeMap<String, PackageName>>;

/// Finds paths that two packages of an image ship, and whose they are: by `Replaces` (Debian policy 7.6), or because a
/// diversion puts one of them elsewhere. Directories may be shared; nothing else may. `extends` has the image below each
/// image that lies above one.
///
/// # Errors
/// [`ArchiveError::Overlaps`] with every path that nothing explains, [`ArchiveError::ChangesBase`] with every path of an
/// image that would be another one in an image above it.
pub(crate) fn replaced(
    packages: &BTreeMap<&PackageName, Shipped<'_>>,
    effects: &[OwnedEffect],
    architecture: Architecture,
    extends: &BTreeMap<&ImageName, &ImageName>,
) -> Result<Replaced, ArchiveError> {
    let diversions = diversions(effects);
    let mut owners: BTreeMap<String, Vec<(&PackageName, &str)>> = BTreeMap::new();
    for (name, package) in packages {
        for file in package.files {
            owners.entry(place(&diversions, name, file)).or_default().push((name, file));
        }
    }
    let mut replaced = Replaced::new();
    let (mut overlaps, mut changes) = (BTreeSet::new(), BTreeSet::new());
    let mut winners = Winners { packages, architecture, known: BTreeMap::new() };
    for owners in owners.into_values().filter(|owners| owners.len() > 1) {
        for (loser, path) in &owners {
            for (other, _) in owners.iter().filter(|(other, _)| other != loser) {
                if packages[loser].images.is_disjoint(packages[other].images) {
                    continue;
                }
                let overlap = || {
                    let (first, second) = ((*loser).min(other).clone(), (*loser).max(other).clone());
                    Overlap { path: (*path).to_owned(), first, second }
                };
                match (winners.replaces(other, loser)?, winners.replaces(loser, other)?) {
                    (true, false) => {
                        // Where an image has the loser alone, its file must be there; in the other images the winner
                        // lies in a layer above.
                        let shared = packages[loser].images.intersection(packages[other].images);
                        let above = shared.filter_map(|image| extends.get(image)).any(|base| {
                            packages[loser].images.contains(*base) && !packages[other].images.contains(*base)
                        });
                        if above {
                            // dpkg's list of the loser, in a layer below, would still name the path.
                            changes.insert(overlap());
                        } else if packages[loser].images.is_subset(packages[other].images) {
                            replaced.entry((*loser).clone()).or_default().insert((*path).to_owned(), (*other).clone());
                        }
                    }
                    (false, true) => {}
                    _ => _ = overlaps.insert(overlap()),
                }
            }
        }
    }
    if !overlaps.is_empty() {
        return Err(ArchiveError::Overlaps { overlaps: overlaps.into_iter().collect() });
    }
    if !changes.is_empty() {
        return Err(ArchiveError::ChangesBase { overlaps: changes.into_iter().collect() });
    }
    Ok(replaced)
}

/// By path who diverts it, nobody for a local diversion, and where to.
type Diversions<'a> = BTreeMap<String, (Option<&'a PackageName>, String)>;

/// Where each package diverts others' files from and to, as they lie in a merged `/usr`.
fn diversions(effects: &[OwnedEffect]) -> Diversions<'_> {
    let mut all = BTreeMap::new();
    for effect in effects {
        if let Effect::Diversion { from, to, local } = &effect.effect {
            let by = (!local).then_some(&effect.package);
            all.insert(merged(from.trim_start_matches('/')), (by, merged(to.trim_start_matches('/'))));
        }
    }
    all
}

/// Where a package's file comes to lie.
fn place(diversions: &Diversions<'_>, package: &PackageName, file: &str) -> String {
    let path = merged(file);
    match diversions.get(&path) {
        Some((by, to)) if *by != Some(package) => to.clone(),
        _ => path,
    }
}

/// The path behind the links of a merged `/usr` (`/bin` is `/usr/bin`, and so on).
fn merged(path: &str) -> String {
    let first = path.split('/').next().unwrap_or_default();
    if path.contains('/') && ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].contains(&first) {
        format!("usr/{path}")
    } else {
        path.to_owned()
    }
}

/// Answers who replaces whom, reading each `Replaces` field once.
struct Winners<'p, 'a> {
    packages: &'p BTreeMap<&'p PackageName, Shipped<'a>>,
    architecture: Architecture,
    known: BTreeMap<PackageName, BTreeSet<PackageName>>,
}

impl Winners<'_, '_> {
    fn replaces(&mut self, winner: &PackageName, loser: &PackageName) -> Result<bool, ArchiveError> {
        if let Some(known) = self.known.get(winner) {
            return Ok(known.contains(loser));
        }
        let relations = parse_relations(self.packages[winner].replaces, self.architecture)
            .map_err(|source| ArchiveError::Replaces { package: winner.clone(), source })?;
        // Only real packages lose files: Provides does not count here.
        let losers: BTreeSet<PackageName> = relations
            .into_iter()
            .flatten()
            .filter(|relation| {
                self.packages.get(&relation.name).is_some_and(|package| {
                    relation.version.as_ref().is_none_or(|(how, wanted)| how.holds(package.version, wanted))
                })
            })
            .map(|relation| relation.name)
            .collect();
        let answer = losers.contains(loser);
        self.known.insert(winner.clone(), losers);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        PackageName::parse(text).unwrap()
    }

    /// Packages as name, version, Replaces, images, files; what is replaced as `loser:path:winner`, or the overlaps.
    fn check(packages: &[(&str, &str, &str, &str, &[&str])], effects: &[OwnedEffect]) -> Result<Vec<String>, String> {
        let parsed: Vec<_> = packages
            .iter()
            .map(|(package, version, replaces, images, files)| {
                let images: BTreeSet<ImageName> = images.split(' ').map(|i| ImageName::parse(i).unwrap()).collect();
                let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
                (name(package), DebVersion::parse(version).unwrap(), *replaces, images, files)
            })
            .collect();
        let (dev, base) = (ImageName::parse("base-dev").unwrap(), ImageName::parse("base").unwrap());
        let extends = BTreeMap::from([(&dev, &base)]);
        let shipped = parsed
            .iter()
            .map(|(name, version, replaces, images, files)| (name, Shipped { version, replaces, images, files }))
            .collect();
        let found = replaced(&shipped, effects, Architecture::Amd64, &extends).map_err(|error| error.to_string())?;
        Ok(found
            .iter()
            .flat_map(|(loser, paths)| paths.iter().map(move |(path, winner)| format!("{loser}:{path}:{winner}")))
            .collect())
    }

    #[test]
    fn an_unexplained_overlap_names_both_packages_and_the_path() {
        let error = check(
            &[("aa", "1", "", "i", &["bin/x", "usr/share/y"]), ("bb", "1", "", "i", &["usr/bin/x", "usr/share/z"])],
            &[],
        )
        .unwrap_err();
        assert!(error.contains("bin/x: aa and bb") && !error.contains("share"), "{error}");
    }

    #[test]
    fn replaces_decides_if_its_version_holds() {
        let files: &[&str] = &["usr/bin/x"];
        let found = check(&[("aa", "1.0", "", "i", files), ("bb", "2", "aa (<< 2)", "i", files)], &[]);
        assert_eq!(found.unwrap(), ["aa:usr/bin/x:bb"]);
        assert!(check(&[("aa", "2.0", "", "i", files), ("bb", "2", "aa (<< 2)", "i", files)], &[]).is_err());
        // Both ways decides nothing.
        assert!(check(&[("aa", "1", "bb", "i", files), ("bb", "2", "aa", "i", files)], &[]).is_err());
    }

    #[test]
    fn a_diversion_moves_the_other_packages_file() {
        let files: &[&str] = &["usr/bin/x"];
        let effect = OwnedEffect {
            package: name("bb"),
            effect: Effect::Diversion { from: "/bin/x".into(), to: "/bin/x.distrib".into(), local: false },
        };
        let found = check(&[("aa", "1", "", "i", files), ("bb", "1", "", "i", files)], std::slice::from_ref(&effect));
        assert!(found.unwrap().is_empty());
        let third = check(
            &[("aa", "1", "", "i", files), ("bb", "1", "", "i", files), ("cc", "1", "", "i", &["usr/bin/x.distrib"])],
            &[effect],
        );
        assert!(third.unwrap_err().contains("aa and cc"));
    }

    #[test]
    fn an_image_does_not_change_what_it_extends() {
        let files: &[&str] = &["usr/bin/x"];
        let both = "base base-dev";
        let error = check(&[("aa", "1", "", both, files), ("bb", "1", "aa", "base-dev", files)], &[]).unwrap_err();
        assert!(error.contains("extends") && error.contains("aa and bb"), "{error}");
        // The other way round the file of the package above is not unpacked.
        let found = check(&[("aa", "1", "bb", both, files), ("bb", "1", "", "base-dev", files)], &[]);
        assert_eq!(found.unwrap(), ["bb:usr/bin/x:aa"]);
        assert!(check(&[("aa", "1", "aa", "base-dev", files), ("bb", "1", "aa", "base-dev", files)], &[]).is_ok());
    }

    #[test]
    fn images_that_never_meet_do_not_matter() {
        let files: &[&str] = &["usr/bin/x"];
        assert!(check(&[("aa", "1", "", "i", files), ("bb", "1", "", "j", files)], &[]).unwrap().is_empty());
        // The winner is in fewer images than the loser: the loser's file stays below it.
        assert!(check(&[("aa", "1", "", "i j", files), ("bb", "1", "aa", "j", files)], &[]).unwrap().is_empty());
    }
}
