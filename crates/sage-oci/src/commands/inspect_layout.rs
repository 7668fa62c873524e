use crate::{Failure, Printer, cli};
use indicatif::HumanBytes;
use sage_oci_image::{Depth, Descriptor, Image, ImageLayer, ImageSource, MediaType, Member, members, validate};
use sage_oci_names::{BlobDigest, DiffId};
use serde::Serialize;

/// What `inspect PATH --json` prints.
#[derive(Serialize)]
struct Report {
    format: u64,
    images: Vec<ImageReport>,
    /// What else the layout's index names, as it stands there.
    others: Vec<Descriptor>,
    /// What is named and not here: other platforms after a pull of one, layers that others need not hand on.
    absent: Vec<Descriptor>,
}

#[derive(Serialize)]
struct ImageReport {
    platform: String,
    manifest: BlobDigest,
    config: BlobDigest,
    /// Sum of the blobs, in bytes: what a pull moves.
    compressed: u64,
    layers: Vec<LayerReport>,
}

#[derive(Serialize)]
struct LayerReport {
    blob: BlobDigest,
    diff_id: DiffId,
    media_type: MediaType,
    compressed: u64,
    /// By which command, where the image says so of each of its layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
}

/// `inspect` of a layout or an image in a registry, whoever wrote it: its images and their layers, and what else is in it.
pub fn run(image: &dyn ImageSource, options: &cli::Inspect, printer: Printer) -> Result<(), Failure> {
    let flags = [
        ("--channel", options.choice.channel.is_some()),
        ("--arch", options.choice.arch.is_some()),
        ("--lock", options.choice.lock.is_some()),
        ("--why-big", options.why_big.is_some()),
    ];
    if let Some((flag, _)) = flags.into_iter().find(|(_, given)| *given) {
        return Err(Failure::new(format_args!("`{flag}` is for images of a project, not for a layout"), None));
    }
    // Every document in any case, and that what they name is here.
    let checked = validate(image, if options.validate { Depth::Full } else { Depth::Fast })?;
    if options.validate {
        let unpacked: u64 = checked.images.iter().filter_map(|image| image.uncompressed).sum();
        let (images, others) = (checked.images.len(), checked.others.len());
        printer.step(
            "Valid",
            format_args!("every digest of {images} images and {others} others; {} unpacked", HumanBytes(unpacked)),
        );
        for absent in &checked.absent {
            printer.step("Unchecked", format_args!("{}, which is not here", plain(&named(absent))));
        }
    }
    let report = report(image, checked.absent)?;
    if options.json {
        return printer.json(&report);
    }
    printer.result(text(&report));
    Ok(())
}

fn report(layout: &dyn ImageSource, absent: Vec<Descriptor>) -> Result<Report, Failure> {
    let (mut images, mut others) = (Vec::new(), Vec::new());
    for member in members(layout)? {
        match Member::read(layout, &member)? {
            Member::Image(image) => images.push(of_image(&image)),
            Member::Other(other) => others.push(other.descriptor),
            Member::Absent(_) => {}
        }
    }
    Ok(Report { format: 1, images, others, absent })
}

/// A line of what somebody else has written, without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// What a descriptor is for, as far as it says, and its digest.
fn named(descriptor: &Descriptor) -> String {
    match descriptor.platform.as_ref().filter(|platform| platform.is_said()) {
        Some(platform) => format!("{platform} {}", descriptor.digest),
        None => format!("{} {}", descriptor.media_type, descriptor.digest),
    }
}

fn of_image(image: &Image) -> ImageReport {
    let made: Vec<_> = image.config.history.iter().filter(|entry| !entry.empty_layer).collect();
    let by = |place: usize| (made.len() == image.layers.len()).then(|| made[place].created_by.clone()).flatten();
    let layer = |(place, layer): (usize, &ImageLayer)| LayerReport {
        blob: layer.descriptor.digest,
        diff_id: layer.diff_id,
        media_type: layer.descriptor.media_type.clone(),
        compressed: layer.descriptor.size,
        created_by: by(place),
    };
    ImageReport {
        platform: image.platform(),
        manifest: image.descriptor.digest,
        config: image.manifest.config.digest,
        compressed: image.compressed_size(),
        layers: image.layers.iter().enumerate().map(layer).collect(),
    }
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    for image in &report.images {
        let (layers, size) = (image.layers.len(), HumanBytes(image.compressed));
        lines.push(format!("{} {}: {layers} layers, {size} compressed", image.platform, image.manifest));
        for layer in &image.layers {
            let by = layer.created_by.as_deref().unwrap_or_default();
            let by: String = by.chars().take(80).collect();
            lines.push(format!("  {} {:>12}  {by}", layer.blob, HumanBytes(layer.compressed).to_string()));
        }
    }
    for other in &report.others {
        lines.push(format!("no image: {} {}, {}", other.media_type, other.digest, HumanBytes(other.size)));
    }
    for absent in &report.absent {
        lines.push(format!("not here: {}, {}", named(absent), HumanBytes(absent.size)));
    }
    lines.iter().map(|line| plain(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
