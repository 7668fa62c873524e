//! dpkg's and apt's databases of a finished image.

mod conffiles;
mod database;
mod info;
mod stand_in;
mod status;
mod triggers;

pub use conffiles::Conffiles;
pub use info::{Sums, info_files};

use crate::paths::image_path;
use crate::{Installed, Item, RootError};
use database::DATABASE;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_layer::PackageRecord;
use sage_oci_names::{Architecture, PackageName};
use std::collections::BTreeMap;

/// What the databases are made of.
pub(crate) struct Input<'a> {
    pub(crate) architecture: Architecture,
    /// All packages, sorted by name.
    pub(crate) packages: &'a [PackageRecord],
    /// Among them the diversions.
    pub(crate) effects: &'a [OwnedEffect],
    /// Names that apt marks as installed automatically.
    pub(crate) automatic: &'a [PackageName],
    /// Packages left out, and the versions that the stand-in provides.
    pub(crate) omitted: &'a BTreeMap<PackageName, String>,
    /// apt's sources.
    pub(crate) sources: &'a str,
    /// Globs that dpkg leaves out from now on, as the layers do.
    pub(crate) exclude: &'a [String],
    /// Globs that win over `exclude`.
    pub(crate) include: &'a [String],
}

/// The status file, its companions, apt's marks and sources.
///
/// # Errors
///
/// A control stanza or `triggers` file is malformed, a package comes twice, or one that is left out is installed.
pub(crate) fn dpkg(input: &Input<'_>) -> Result<Vec<Item>, RootError> {
    let mut stanzas = BTreeMap::new();
    for record in input.packages {
        if stanzas.insert(record.package.clone(), status::stanza(record)?).is_some() {
            return Err(RootError::PackageTwice { package: record.package.clone() });
        }
    }
    let mut items = Vec::new();
    if !input.omitted.is_empty() {
        if let Some(name) = input.omitted.keys().find(|name| stanzas.contains_key(*name)) {
            return Err(RootError::LeftOutInstalled { package: name.clone() });
        }
        let record = stand_in::record(input.omitted);
        items.push(Item::file(&format!("{DATABASE}/info/{}.list", record.package), 0o644, "/.\n")?);
        // Without it `dpkg --audit` takes the package for a broken one.
        items.push(Item::file(&format!("{DATABASE}/info/{}.md5sums", record.package), 0o644, "")?);
        stanzas.insert(record.package.clone(), status::stanza(&record)?);
    }
    let status: String = stanzas.into_values().collect();
    for (name, text) in [
        ("status", status.as_str()),
        ("available", ""),
        ("statoverride", ""),
        ("info/format", "1\n"),
        ("triggers/Unincorp", ""),
        ("diversions", &diversions(input.effects)),
    ] {
        items.push(Item::file(&format!("{DATABASE}/{name}"), 0o644, text)?);
    }
    items.extend(triggers::files(input.packages)?);
    items.push(Item::file("/var/lib/apt/extended_states", 0o644, extended_states(input))?);
    items.push(Item::file("/etc/apt/sources.list.d/debian.sources", 0o644, input.sources)?);
    if !input.exclude.is_empty() {
        items.push(Item::file("/etc/dpkg/dpkg.cfg.d/excludes", 0o644, excludes(input))?);
    }
    Ok(items)
}

/// dpkg's rules for paths (dpkg(1), "--path-exclude"), so that what is installed later leaves out the same.
fn excludes(input: &Input<'_>) -> String {
    let rules =
        |option: &str, globs: &[String]| globs.iter().map(|glob| format!("{option}={glob}\n")).collect::<String>();
    format!(
        "# Left out of this image; without this file, `apt-get install --reinstall PACKAGE` brings them back.\n{}{}",
        rules("path-exclude", input.exclude),
        rules("path-include", input.include),
    )
}

/// A local diversion says that a package ships the path; one that no package ships any more has outlived its purpose.
pub(crate) fn check_diversions(effects: &[OwnedEffect], installed: &Installed) -> Result<(), RootError> {
    for owned in effects {
        if let Effect::Diversion { from, to, local: true } = &owned.effect
            && !installed.exists(image_path(to)?.as_str())
        {
            return Err(RootError::Absent { path: to.clone(), wanted_by: format!("the local diversion of `{from}`") });
        }
    }
    Ok(())
}

/// Three lines a diversion: from, to, by whom; a colon for a local one.
fn diversions(effects: &[OwnedEffect]) -> String {
    let line = |owned: &OwnedEffect| match &owned.effect {
        Effect::Diversion { from, to, local: true } => Some(format!("{from}\n{to}\n:\n")),
        Effect::Diversion { from, to, local: false } => Some(format!("{from}\n{to}\n{}\n", owned.package)),
        _ => None,
    };
    effects.iter().filter_map(line).collect()
}

/// apt's marks: what nobody asked for by name may be removed when nothing needs it any more.
fn extended_states(input: &Input<'_>) -> String {
    // apt writes its own architecture, for packages of architecture `all` too.
    let mark =
        |name: &PackageName| format!("Package: {name}\nArchitecture: {}\nAuto-Installed: 1\n\n", input.architecture);
    input.automatic.iter().map(mark).collect()
}
