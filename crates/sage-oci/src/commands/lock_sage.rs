//! `lock --sage`: pins a version of Sage's source, or says which versions are newer than the pinned ones.

use crate::context::Context;
use crate::{Failure, cli, downloads};
use sage_oci_definition::Image;
use sage_oci_lock::{PinnedArchive, Versions};
use sage_oci_revision::{Published, find, newer, published};
use sage_oci_tags::ImageVersion;
use serde::Serialize;
use std::path::Path;

/// What the index of Python's packages calls Sage.
const PROJECT: &str = "sagemath";

/// What `--check --json` prints.
#[derive(Serialize)]
struct Report {
    /// The format of this document, 1.
    format: u64,
    /// The newest version that is pinned; null where none is.
    pinned: Option<String>,
    /// The versions that are newer, oldest first.
    newer: Vec<String>,
}

/// Pins a version, the newest where none is named, or compares.
pub fn run(context: &Context, version: Option<&str>, options: &cli::Lock) -> Result<(), Failure> {
    let version = version.map(ImageVersion::parse).transpose()?;
    if options.check && version.is_some() {
        let hint = "leave out the version: `--sage --check` tells of all that are newer than the pinned ones";
        return Err(Failure::new("`--check` does not go with a version of Sage", Some(hint.to_owned())));
    }
    let name = source_name(context)?;
    let (path, versions) = (context.project.versions_path(&name), context.project.versions(&name)?);
    let all = published(&options.index, PROJECT, &downloads::options(1))?;
    if options.check {
        return check(context, &versions, &all, options.json);
    }
    let (version, pin) = find(&all, PROJECT, version.as_ref())?;
    let archive = PinnedArchive { urls: pin.urls, size: pin.size, sha256: pin.sha256 };
    write(context, &path, versions, &version.to_string(), archive)
}

/// The name of the pinned versions' file: that of the source's top folder, which the definitions say.
fn source_name(context: &Context) -> Result<String, Failure> {
    for image in context.project.images()? {
        for channel in Image::channels(&image) {
            if let Some(upstream) = context.project.image(&image.name, Some(&channel))?.upstream {
                return Ok(upstream.top);
            }
        }
    }
    Err(Failure::new("no image can be made of a commit", Some("no channel's definition says `upstream`".to_owned())))
}

fn check(context: &Context, versions: &Versions, all: &[Published], json: bool) -> Result<(), Failure> {
    let pinned = versions.versions.keys().filter_map(|version| ImageVersion::parse(version).ok()).max();
    let newer: Vec<String> = newer(all, pinned.as_ref()).iter().map(|one| one.version.to_string()).collect();
    let is_current = newer.is_empty();
    let pinned = pinned.map(|version| version.to_string());
    if json {
        context.printer.json(&Report { format: 1, pinned, newer })?;
    } else {
        let pinned = pinned.as_deref().unwrap_or("none");
        match newer.len() {
            0 => context.printer.result(format_args!("{pinned} is pinned, and no version is newer")),
            count => {
                context.printer.result(format_args!("newest pinned version: {pinned}; newer: {count}"));
                newer.iter().for_each(|version| context.printer.result(format_args!("+ {version}")));
            }
        }
    }
    if is_current { Ok(()) } else { Err(Failure::NotFine) }
}

fn write(
    context: &Context,
    path: &Path,
    mut versions: Versions,
    version: &str,
    archive: PinnedArchive,
) -> Result<(), Failure> {
    let said = format!("{version}: {} bytes, sha256:{}", archive.size, archive.sha256);
    let is_new = versions.pin(version, archive).map_err(|error| Failure::from(error).at(path.display()))?;
    if is_new {
        if let Some(folder) = path.parent() {
            sage_oci_files::create_dir_all(folder)?;
        }
        sage_oci_files::write_atomic(path, versions.to_text().as_bytes())?;
    }
    context.printer.step(if is_new { "Pinned" } else { "Unchanged" }, said);
    context.printer.result(path.display());
    Ok(())
}
