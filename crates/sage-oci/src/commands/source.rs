//! Images that are not built here: layouts, and images in registries.

use crate::architectures::Architectures;
use crate::cli::{self, Subject};
use crate::context::{Context, Locked};
use crate::machine::machine;
use crate::{Failure, registries};
use sage_oci_definition::Resolved;
use sage_oci_image::{Image, ImageSource};
use sage_oci_layout::LayoutDir;
use sage_oci_names::{Architecture, ChannelName};
use sage_oci_recipe::{CHANNEL, TITLE};
use std::sync::Arc;

/// Opens a layout or an image in a registry. A channel and a lock are for images that are built.
pub fn foreign(
    subject: &Subject,
    registry: &cli::Registry,
    choice: &cli::Choice,
) -> Result<Arc<dyn ImageSource>, Failure> {
    only_built(&[("--channel", choice.channel.is_some()), ("--lock", choice.lock.is_some())])?;
    Ok(match subject {
        Subject::Layout(folder) => Arc::new(LayoutDir::open(folder)?),
        Subject::Remote(remote) => Arc::new(registries::image(remote, registry)?),
        Subject::Image(image) => {
            return Err(Failure::new(format_args!("`{image}` is the name of an image of the project"), None));
        }
    })
}

/// Fails where a flag was given that is for images that are built.
pub fn only_built(flags: &[(&str, bool)]) -> Result<(), Failure> {
    match flags.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => {
            Err(Failure::new(format_args!("`{flag}` is for images of a project, which are built"), None))
        }
    }
}

/// The one architecture that is asked for, or this machine's.
pub fn architecture(asked: Option<&Architectures>) -> Result<Architecture, Failure> {
    match asked {
        None => machine(),
        Some(Architectures::These(these)) if these.len() == 1 => Ok(these[0]),
        Some(_) => Err(Failure::new("this command works on one architecture at a time", None)),
    }
}

/// What an image says of itself: an annotation, or the label of that name where its place keeps no annotations.
pub fn said<'i>(image: &'i Image, key: &str) -> &'i str {
    let annotation = image.manifest.annotations.get(key);
    annotation.or_else(|| image.config.config.labels.get(key)).map_or("", String::as_str)
}

/// The image of the project that an image says it is, by title and channel, as this checkout makes it.
pub fn identify(context: &Context, image: &Image) -> Result<Locked, Failure> {
    let resolved = definition(context, image)?;
    let arch = Some(Architectures::These(vec![architecture_of(image)?]));
    context.locked(&cli::Choice { channel: Some(resolved.channel), arch, ..cli::Choice::default() }.of(resolved.name))
}

/// The architecture that an image says it is for.
pub fn architecture_of(image: &Image) -> Result<Architecture, Failure> {
    Architecture::parse(&image.config.architecture).map_err(|_| unknown(image))
}

/// The definition of the image that an image says it is; no lock is needed.
pub fn definition(context: &Context, image: &Image) -> Result<Resolved, Failure> {
    let channel = ChannelName::parse(said(image, CHANNEL)).map_err(|_| unknown(image))?;
    for definition in context.project.images()? {
        for name in definition.names() {
            let resolved = context.project.image(&name, Some(&channel));
            if let Some(resolved) = resolved.ok().filter(|resolved| resolved.title == said(image, TITLE)) {
                return Ok(resolved);
            }
        }
    }
    Err(unknown(image))
}

fn unknown(image: &Image) -> Failure {
    let hint = "`smoke NAME --reference ENGINE_NAME` tests any image of the engine with the checks of NAME, and `diff` compares any two".to_owned();
    let says = format!("its title is `{}`, its channel `{}`", said(image, TITLE), said(image, CHANNEL));
    Failure::new(format_args!("{} is no image of this project: {says}", image.descriptor.digest), Some(hint))
}
