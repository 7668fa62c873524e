use super::build;
use crate::context::{Context, Locked};
use crate::{Failure, cli};
use sage_oci_image::Image;
use sage_oci_names::{BlobDigest, ImageName};
use sage_oci_verify::{Golden, GoldenImage, Moved};
use std::collections::BTreeMap;

/// How many names of layers are told.
const MOST: usize = 8;

/// `digests`: holds images against the list of known digests, or writes it.
pub fn run(context: &Context, options: &cli::Digests) -> Result<(), Failure> {
    let path = context.project.digests_path();
    let mut golden = match sage_oci_files::exists(&path)? {
        false if !options.write => {
            let hint = "write it: `sage-oci digests --write`".to_owned();
            return Err(Failure::new(format_args!("there is no {}", path.display()), Some(hint)));
        }
        false => Golden::default(),
        true => Golden::parse(&sage_oci_files::read_to_string(&path)?)
            .map_err(|error| Failure::from(error).at(path.display()))?,
    };
    let (mut moved, mut count): (Vec<Moved>, usize) = (Vec::new(), 0);
    for locked in wanted(context, options)? {
        let built = build::realise(context, &locked, &cli::Building::default(), None)?;
        let image = build::open(&built, &locked)?;
        let (channel, architecture) = (&locked.image.channel, locked.lock.architecture);
        let below = below(&locked).and_then(|name| golden.get(channel, architecture, name));
        let found = GoldenImage { manifest: image.descriptor.digest, layers: layers(&image, below) };
        count += 1;
        moved.extend(golden.put(channel, architecture, &locked.image.name, found));
    }
    moved.iter().for_each(|one| context.printer.result(text(one)));
    if options.write {
        sage_oci_files::write_atomic(&path, golden.to_text().as_bytes())?;
        context.printer.step("Written", format_args!("{}: {} of {count} images moved", path.display(), moved.len()));
        return Ok(());
    }
    match moved.is_empty() {
        true => context.printer.step("Golden", format_args!("{count} images have the digests that are known")),
        false => {
            let hint =
                "if that is meant, `sage-oci digests --write` writes them down, and the commit says why they moved";
            return Err(Failure::Red {
                message: format!("{} of {count} images have other digests than {}", moved.len(), path.display()),
                hint: Some(hint.to_owned()),
            });
        }
    }
    Ok(())
}

/// The images that are named, or all of all channels; an image comes after the one that it extends.
fn wanted(context: &Context, options: &cli::Digests) -> Result<Vec<Locked>, Failure> {
    let mut all = Vec::new();
    for image in context.project.images()? {
        let channels: Vec<_> = context.project.channels()?.into_iter().map(|channel| channel.name).collect();
        for channel in
            channels.into_iter().filter(|channel| options.channel.as_ref().is_none_or(|wanted| wanted == channel))
        {
            for name in image.names() {
                let is_wanted = options.images.is_empty() || options.images.contains(&name);
                if !is_wanted || image.resolve(&name, &channel).is_err() {
                    continue;
                }
                let choice = cli::Choice {
                    channel: Some(channel.clone()),
                    arch: options.arch.clone(),
                    ..cli::Choice::default()
                };
                all.extend(context.locked_for_each(&choice.of(name))?);
            }
        }
    }
    all.sort_by_key(|locked| below(locked).is_some());
    if let Some(unknown) = options.images.iter().find(|name| !all.iter().any(|locked| locked.image.name == **name)) {
        return Err(Failure::new(
            format_args!("there is no image `{unknown}` in the channels that are asked for"),
            None,
        ));
    }
    Ok(all)
}

/// The image whose layers this one has, too.
fn below(locked: &Locked) -> Option<&ImageName> {
    let extended = locked.image.extends.as_ref().map(|below| &below.name);
    extended.or(Some(&locked.image.layers_of).filter(|name| **name != locked.image.name))
}

fn layers(image: &Image, below: Option<&GoldenImage>) -> BTreeMap<String, BlobDigest> {
    let named = image.layers.iter().map(|layer| (layer.name.clone().unwrap_or_default(), layer.descriptor.digest));
    named.filter(|(name, digest)| below.is_none_or(|below| below.layers.get(name) != Some(digest))).collect()
}

fn text(moved: &Moved) -> String {
    let before = moved.expected.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
    let more = moved.layers.len().saturating_sub(MOST);
    let some: Vec<&str> = moved.layers.iter().take(MOST).map(String::as_str).collect();
    let layers = match (moved.layers.len(), more) {
        (0, _) => "no layer, so its configuration or annotations".to_owned(),
        (_, 0) => some.join(", "),
        _ => format!("{} and {more} more", some.join(", ")),
    };
    let Moved { image, channel, architecture, found, .. } = moved;
    format!("{image} {channel} {architecture}: {before} -> {found}; moved: {layers}")
}
