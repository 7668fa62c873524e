use super::build;
use crate::context::{Context, Locked};
use crate::{Failure, cli};
use indicatif::HumanBytes;
use sage_oci_image::{Depth, Image, validate, whole};
use sage_oci_layout::LayoutDir;
use sage_oci_names::{Architecture, BlobDigest};
use serde::Serialize;
use std::collections::BTreeMap;

/// What `inspect --json` prints of an index.
#[derive(Serialize)]
struct Report {
    format: u64,
    image: String,
    version: String,
    channel: String,
    store_path: String,
    index: BlobDigest,
    images: Vec<ImageReport>,
    /// Sum of the blobs in bytes, each counted once: what a registry keeps.
    compressed: u64,
}

#[derive(Serialize)]
struct ImageReport {
    architecture: Architecture,
    manifest: BlobDigest,
    layers: usize,
    /// Sum of its blobs, in bytes: what a pull moves.
    compressed: u64,
}

/// `inspect` of several architectures: the image of each, and what they share.
pub fn run(context: &Context, options: &cli::Inspect, all: &[Locked]) -> Result<(), Failure> {
    if options.why_big.is_some() {
        return Err(Failure::new("`--why-big` ranks the packages of one architecture", None));
    }
    let built = build::realise_all(context, all, &cli::Building::default(), None)?;
    let layout = LayoutDir::open(&built.folder)?;
    if options.validate {
        let report = validate(&layout, Depth::Full)?.complete()?;
        let unpacked: u64 = report.images.iter().filter_map(|image| image.uncompressed).sum();
        let (count, unpacked) = (report.images.len(), HumanBytes(unpacked));
        context.printer.step("Valid", format_args!("every digest of {count} images; {unpacked} unpacked"));
    }
    let report = report(&built, &layout, all)?;
    if options.json {
        return context.printer.json(&report);
    }
    context.printer.result(text(&report));
    Ok(())
}

fn report(built: &build::Built, layout: &LayoutDir, all: &[Locked]) -> Result<Report, Failure> {
    let mut blobs = BTreeMap::new();
    let mut images = Vec::new();
    for locked in all {
        let architecture = locked.lock.architecture;
        let image = Image::open(layout, architecture)?;
        blobs.extend(image.layers.iter().map(|layer| (layer.descriptor.digest, layer.descriptor.size)));
        images.push(ImageReport {
            architecture,
            manifest: image.descriptor.digest,
            layers: image.layers.len(),
            compressed: image.compressed_size(),
        });
    }
    let first = all.first();
    let name = |name: fn(&Locked) -> String| first.map(name).unwrap_or_default();
    Ok(Report {
        format: 1,
        image: name(|locked| locked.image.name.to_string()),
        version: name(|locked| locked.version().unwrap_or_default().to_owned()),
        channel: name(|locked| locked.image.channel.to_string()),
        store_path: built.path.to_string(),
        index: whole(layout)?.digest,
        images,
        compressed: blobs.values().sum(),
    })
}

fn text(report: &Report) -> String {
    let mut lines = vec![
        format!("{} {} from {}", report.image, report.version, report.channel),
        format!("{}  {}", report.index, report.store_path),
        String::new(),
    ];
    for image in &report.images {
        let size = HumanBytes(image.compressed).to_string();
        lines.push(format!("{}  {}  {} layers  {size}", image.architecture, image.manifest, image.layers));
    }
    let sum: u64 = report.images.iter().map(|image| image.compressed).sum();
    let (all, shared) = (HumanBytes(report.compressed), HumanBytes(sum.saturating_sub(report.compressed)));
    lines.extend([
        String::new(),
        format!("{all} compressed in all; {shared} are in more than one of them and counted once"),
    ]);
    lines.join("\n")
}
