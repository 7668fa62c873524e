use super::sides::{Opened, Pair, open};
use super::{diff_insides, diff_scope};
use crate::context::Context;
use crate::{Failure, Printer, cli};
use sage_oci_delta::{Document, ImageDocument, compare_packages, explain, summary, text};
use sage_oci_flat::{Compared, Side, compare, compare_settings};
use std::collections::BTreeSet;

/// More threads than that cost memory and wait for each other.
const MOST_THREADS: usize = 4;

/// `diff`: what differs between two images.
pub fn run(
    context: impl Fn() -> Result<Context, Failure>,
    options: &cli::Diff,
    printer: Printer,
) -> Result<(), Failure> {
    let document = match open(context, options, printer)? {
        Pair::Equal(images) => Document::equal(images),
        Pair::Two(sides) => of_two(&sides, options)?,
    };
    if options.json {
        printer.json(&document)?;
    } else if options.summary {
        printer.result(summary(&document));
    } else {
        printer.result(text(&document));
    }
    let equal = document.same_content && document.same_settings;
    if options.exit_code && !equal { Err(Failure::NotFine) } else { Ok(()) }
}

fn of_two(opened: &[Opened; 2], options: &cli::Diff) -> Result<Document, Failure> {
    let images: [ImageDocument; 2] = [opened[0].document(), opened[1].document()];
    if images[0].digest == images[1].digest {
        return Ok(Document::equal(images));
    }
    let sides = [0, 1].map(|side| Side { source: opened[side].source.as_ref(), image: &opened[side].image });
    let prefer = usize::from(opened[1].is_near && !opened[0].is_near);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let compared = compare(sides, prefer, threads)?;
    let settings = compare_settings(&opened[0].image, &opened[1].image, opened.iter().all(|side| side.has_manifest));
    let mut document = with_delta(Document::equal(images).with_settings(settings), &compared, sides, options.all);
    if !options.summary {
        let told: BTreeSet<String> = document.packages.iter().map(|package| package.name.clone()).collect();
        diff_insides::look(
            &mut document,
            &compared,
            sides,
            options.all,
            &|name| told.contains(name),
            &diff_scope::look,
        )?;
    }
    Ok(document)
}

fn with_delta(document: Document, compared: &Compared, sides: [Side<'_>; 2], all: bool) -> Document {
    let packages = compare_packages(&compared.dpkg[0].packages, &compared.dpkg[1].packages);
    let paths = || compared.delta.changes.iter().map(|change| &change.path);
    let owners = [compared.dpkg[0].owners(paths()), compared.dpkg[1].owners(paths())];
    let explained = explain(&compared.delta.changes, &packages, [&owners[0], &owners[1]]);
    let names = sides.map(|side| {
        let layers = side.image.layers.iter();
        layers.map(|layer| layer.name.clone().unwrap_or_else(|| layer.diff_id.to_string())).collect::<Vec<_>>()
    });
    let owner = |path: &_| owners.iter().rev().find_map(|owners| owners.get(path).first().cloned());
    document.with_delta(&compared.delta, &packages, &explained, owner, [&names[0], &names[1]], all)
}
