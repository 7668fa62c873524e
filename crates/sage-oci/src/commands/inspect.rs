use super::{build, inspect_index, why_big};
use crate::context::{Context, Locked};
use crate::{Failure, cli};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use indicatif::HumanBytes;
use sage_oci_image::{Depth, Image, validate};
use sage_oci_layout::LayoutDir;
use sage_oci_names::{BlobDigest, DiffId, ImageName, PackageName};
use serde::Serialize;

/// What `inspect --json` prints.
#[derive(Serialize)]
struct Report {
    format: u64,
    image: String,
    version: String,
    channel: String,
    architecture: String,
    store_path: String,
    manifest: BlobDigest,
    /// Sum of the blobs, in bytes: what a pull moves.
    compressed: u64,
    layers: Vec<LayerReport>,
}

#[derive(Serialize)]
struct LayerReport {
    name: String,
    blob: BlobDigest,
    diff_id: DiffId,
    compressed: u64,
    packages: Vec<PackageReport>,
}

#[derive(Serialize)]
struct PackageReport {
    name: PackageName,
    version: String,
    /// Size of the archive, in bytes.
    archive: u64,
    /// What Debian says it takes unpacked, in bytes.
    installed: u64,
}

/// `inspect`: layers and packages and what each costs.
pub fn run(context: &Context, image: ImageName, options: &cli::Inspect) -> Result<(), Failure> {
    let all = context.locked_for_each(&options.choice.of(image))?;
    let [locked] = &all[..] else { return inspect_index::run(context, options, &all) };
    let built = build::realise(context, locked, &cli::Building::default(), None)?;
    let image = build::open(&built, locked)?;
    if options.validate {
        let report = validate(&LayoutDir::open(&built.folder)?, Depth::Full)?.complete()?;
        let unpacked: u64 = report.images.iter().filter_map(|image| image.uncompressed).sum();
        context.printer.step("Valid", format_args!("every digest; {} unpacked", HumanBytes(unpacked)));
    }
    if let Some(most) = options.why_big {
        return why_big::run(context, options, locked, &built, most);
    }
    let report = report(locked, &built, &image);
    if options.json {
        return context.printer.json(&report);
    }
    context.printer.result(table(&report));
    Ok(())
}

fn report(locked: &Locked, built: &build::Built, image: &Image) -> Report {
    let layer = |layer: &sage_oci_image::ImageLayer| {
        let name = layer.name.clone().unwrap_or_default();
        let mut packages: Vec<PackageReport> = locked
            .lock
            .packages
            .iter()
            .filter(|package| package.layer.as_str() == name)
            .map(|package| PackageReport {
                name: package.name.clone(),
                version: package.version.to_string(),
                archive: package.size,
                installed: package.installed_size.saturating_mul(1024),
            })
            .collect();
        packages.sort_by(|a, b| b.archive.cmp(&a.archive).then_with(|| a.name.cmp(&b.name)));
        LayerReport {
            name,
            blob: layer.descriptor.digest,
            diff_id: layer.diff_id,
            compressed: layer.descriptor.size,
            packages,
        }
    };
    Report {
        format: 1,
        image: locked.image.name.to_string(),
        version: locked.version().unwrap_or_default().to_owned(),
        channel: locked.image.channel.to_string(),
        architecture: locked.lock.architecture.to_string(),
        store_path: built.path.to_string(),
        manifest: image.descriptor.digest,
        compressed: image.compressed_size(),
        layers: image.layers.iter().map(layer).collect(),
    }
}

/// A row a layer, bottom first, and the packages that cost most in each.
fn table(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["layer", "compressed", "packages", "installed", "largest"]);
    for column in 1..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for layer in &report.layers {
        let installed: u64 = layer.packages.iter().map(|package| package.installed).sum();
        let largest = layer.packages.iter().take(3).map(|package| package.name.as_str()).collect::<Vec<_>>().join(" ");
        let some = |text: String| if layer.packages.is_empty() { String::new() } else { text };
        table.add_row([
            layer.name.clone(),
            HumanBytes(layer.compressed).to_string(),
            some(layer.packages.len().to_string()),
            some(HumanBytes(installed).to_string()),
            largest,
        ]);
    }
    let packages: usize = report.layers.iter().map(|layer| layer.packages.len()).sum();
    let lines = [
        format!("{} {} from {}, {}", report.image, report.version, report.channel, report.architecture),
        format!("{}  {}", report.manifest, report.store_path),
        String::new(),
        table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n"),
        String::new(),
        format!("{} layers, {packages} packages, {} compressed", report.layers.len(), HumanBytes(report.compressed)),
    ];
    lines.join("\n")
}
