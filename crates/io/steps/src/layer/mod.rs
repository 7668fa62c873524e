//! Package archives to one layer: threads unpack ahead, one writer joins them in order.

mod body;
mod control;
mod library;
mod package;
mod pipeline;
mod rules;

pub(crate) use body::Body;
pub(crate) use control::sha256;
pub(crate) use package::Event;

use crate::log::megabytes;
use crate::output::LayerOutput;
use crate::{Outputs, StepError};
use rules::Rules;
use sage_oci_root::{Item, RootError};
use sage_oci_step::{LayerPackage, LayerStep};
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::Receiver;

/// The merged-/usr links that a root begins with (Debian's base-files ships the same since 2024).
const ROOT_LINKS: [&str; 3] = ["bin", "lib", "sbin"];

/// Links that a root has where their folders below `/usr` are, which depends on the architecture: base-files' scripts
/// refuse an upgrade where one of them leads nowhere.
const LIBRARY_LINKS: [&str; 3] = ["lib32", "lib64", "libx32"];

/// Builds the layer of a [`LayerStep`].
pub(crate) fn run(step: &LayerStep, outputs: &Outputs, scratch: &Path, threads: usize) -> Result<(), StepError> {
    let rules = Rules::new(step)?;
    let mut output = LayerOutput::create(&step.name, &step.sealing, outputs, threads, None)?;
    if step.base {
        for link in ROOT_LINKS {
            output.add_item(&Item::symlink(link, format!("usr/{link}"))?, None)?;
        }
    }
    let mut missed = rules.all_left_out().clone();
    pipeline::for_each_package(&step.packages, &rules, scratch, threads, |package, events| {
        write_package(&mut output, package, &events, &mut missed)
    })?;
    if let Some(path) = missed.first() {
        let wanted_by = format!("layer {}, which leaves it out,", step.name);
        return Err(RootError::Absent { path: path.absolute(), wanted_by }.into());
    }
    for link in LIBRARY_LINKS {
        let target = format!("usr/{link}");
        if step.base && output.get(&target).is_some() {
            output.add_item(&Item::symlink(link, target)?, None)?;
        }
    }
    check_declared(&output, &rules, step)?;
    let info = output.finish()?;
    eprintln!(
        "layer {}: {} packages, {} -> {} {}",
        step.name,
        step.packages.len(),
        megabytes(info.unpacked_size),
        megabytes(info.size),
        step.sealing.compression.algorithm()
    );
    Ok(())
}

fn write_package(
    output: &mut LayerOutput<'_>,
    package: &LayerPackage,
    events: &Receiver<Result<Event, StepError>>,
    missed: &mut BTreeSet<ImagePath>,
) -> Result<(), StepError> {
    loop {
        match events.recv().map_err(|_| StepError::Stopped)?? {
            Event::Entry(entry) if matches!(entry.kind, EntryKind::File { .. }) => {
                output.add_unpacked(&entry, &package.name, Body::new(events))?;
            }
            Event::Entry(entry) => {
                if let (EntryKind::Directory, Some(known)) = (&entry.kind, output.get(&entry.path)) {
                    note_difference(known, &entry, package);
                }
                output.add(&entry, Some(&package.name))?;
            }
            Event::LeftOut(path) => _ = missed.remove(&path),
            Event::Info(item) => output.add_item(&item, Some(&package.name))?,
            Event::Record(record) => {
                output.add_record(record);
                return Ok(());
            }
            // A body takes these; elsewhere they cannot come.
            Event::Piece(_) | Event::End { .. } => return Err(StepError::Stopped),
        }
    }
}

/// dpkg never changes a directory that exists, so the first package's metadata stays; a person should know.
fn note_difference(known: &sage_oci_layer::ContentEntry, entry: &Entry, package: &LayerPackage) {
    let (first, second) = ((known.mode, known.uid, known.gid), (entry.mode, entry.uid, entry.gid));
    if first != second {
        eprintln!(
            "note: {} stays as {} has it; {} would make it {:04o} {}:{}",
            entry.path,
            crate::conflict::origin(known),
            package.name,
            second.0,
            second.1,
            second.2
        );
    }
}

/// An effect on a path that nothing ships is a mistake of the census.
fn check_declared(output: &LayerOutput<'_>, rules: &Rules<'_>, step: &LayerStep) -> Result<(), StepError> {
    for path in rules.declared() {
        if output.get(path).is_none() {
            let wanted_by = format!("a mode or owner that the lock declares for layer {}", step.name);
            return Err(RootError::Absent { path: path.absolute(), wanted_by }.into());
        }
    }
    Ok(())
}
