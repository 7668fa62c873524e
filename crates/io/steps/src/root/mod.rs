//! Packages to a folder that is a root for programs.

mod links;
mod prepare;
mod unpack;
mod workers;

use crate::log::megabytes;
use crate::{Outputs, StepError};
use sage_oci_files::FileError;
use sage_oci_root::{Filter, Installed, NodeKind, RootError};
use sage_oci_step::RootStep;
use sage_oci_tree::{EntryKind, ImagePath};
use std::path::Path;

use unpack::Brought;

/// Does a [`RootStep`]: `out` is the root.
///
/// All files are written before the first symbolic link is made, so none is ever written through one. What is in the root
/// does not depend on which thread came first: a path that two packages bring must be the same in both.
///
/// # Errors
///
/// An archive is not the package it should be, two packages bring one path differently, or the program that prepares the
/// root fails.
pub(crate) fn run(step: &RootStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let out = &outputs.out;
    sage_oci_files::create_dir_all(out)?;
    let filter = Filter::new(&step.exclude, &step.include)?;
    let all = workers::unpack_all(&step.packages, &filter, out, threads)?;
    let mut installed = Installed::default();
    for (package, brought) in step.packages.iter().zip(&all) {
        for item in brought {
            unpack::install(&mut installed, item, &package.name)?;
        }
    }
    nothing_below_links(&installed)?;
    make_hard_links(&all, out)?;
    links::add(&mut installed, &step.effects, &step.links, &filter)?;
    nothing_below_links(&installed)?;
    for (path, node) in installed.iter() {
        let at = out.join(path);
        match &node.kind {
            NodeKind::Directory => sage_oci_files::create_dir_all(at)?,
            NodeKind::Symlink(target) => {
                sage_oci_files::create_dir_all(out.join(path.parent().unwrap_or_default()))?;
                sage_oci_files::symlink(within(path, target), at)?;
            }
            NodeKind::File(_) => {}
        }
    }
    prepare::run(step, out, scratch)?;
    let bytes = installed.iter().filter_map(|(_, node)| node.kind.file()).map(|file| file.size).sum();
    eprintln!("root: {} packages, {}", step.packages.len(), megabytes(bytes));
    Ok(())
}

/// The target of a link as it must be for the root to lie anywhere: one that begins at `/` begins at the root's top.
fn within(path: &ImagePath, target: &str) -> String {
    match target.strip_prefix('/') {
        Some(below) => "../".repeat(path.components().count() - 1) + below,
        None => target.to_owned(),
    }
}

/// Hard links are made when their files are there, as copies where the file system has none.
fn make_hard_links(all: &[Vec<Brought>], out: &Path) -> Result<(), StepError> {
    for Brought { path, kind, .. } in all.iter().flatten() {
        let EntryKind::HardLink { target } = kind else { continue };
        let at = out.join(path);
        if let Some(parent) = at.parent() {
            sage_oci_files::create_dir_all(parent)?;
        }
        match sage_oci_files::hard_link_or_copy(out.join(target), &at) {
            // Another package has the same one.
            Err(FileError { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
    }
    Ok(())
}

/// Only directories have something below them.
fn nothing_below_links(installed: &Installed) -> Result<(), RootError> {
    for (path, _) in installed.iter() {
        let other = |above: &ImagePath| installed.get(above).is_some_and(|node| !node.kind.is_directory());
        if let Some(ancestor) = path.ancestors().find(other) {
            return Err(RootError::BelowLink { path: path.to_string(), ancestor: ancestor.into() });
        }
    }
    Ok(())
}
