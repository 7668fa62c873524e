//! Images that are not built here: layouts, and images in registries.

use crate::architectures::Architectures;
use crate::cli::{self, Subject};
use crate::context::{Context, Locked};
use crate::machine::machine;
use crate::{Failure, registries};
use sage_oci_image::{Image, ImageSource};
use sage_oci_layout::LayoutDir;
use sage_oci_names::{Architecture, ChannelName};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The annotations that tell whose image it is.
pub const TITLE: &str = "org.opencontainers.image.title";
/// The channel that it was locked for.
pub const CHANNEL: &str = "org.sage-oci.channel";

/// Opens a layout or an image in a registry. A channel and a lock are for images that are built.
pub fn foreign(
    subject: &Subject,
    registry: &cli::Registry,
    channel: Option<&ChannelName>,
    lock: Option<&Path>,
) -> Result<Arc<dyn ImageSource>, Failure> {
    let flags = [("--channel", channel.is_some()), ("--lock", lock.is_some())];
    if let Some((flag, _)) = flags.into_iter().find(|(_, given)| *given) {
        return Err(Failure::new(format_args!("`{flag}` is for images of a project, which are built"), None));
    }
    Ok(match subject {
        Subject::Layout(folder) => Arc::new(LayoutDir::open(folder)?),
        Subject::Remote(remote) => Arc::new(registries::image(remote, registry)?),
        Subject::Image(image) => {
            return Err(Failure::new(format_args!("`{image}` is the name of an image of the project"), None));
        }
    })
}

/// The one architecture that is asked for, or this machine's.
pub fn architecture(asked: Option<&Architectures>) -> Result<Architecture, Failure> {
    match asked {
        None => machine(),
        Some(Architectures::These(these)) if these.len() == 1 => Ok(these[0]),
        Some(_) => Err(Failure::new("this command works on one architecture at a time", None)),
    }
}

/// The image of the project that an image says it is, by title and channel.
pub fn identify(context: &Context, image: &Image) -> Result<Locked, Failure> {
    let annotations: &BTreeMap<String, String> = &image.manifest.annotations;
    let said = |key: &str| annotations.get(key).map_or("", String::as_str);
    let (title, channel) = (said(TITLE), said(CHANNEL));
    let unknown = || {
        let hint =
            "`smoke NAME --reference ENGINE_NAME` tests any image of the engine with the checks of NAME".to_owned();
        let says = format!("its title is `{title}`, its channel `{channel}`");
        Failure::new(format_args!("{} is no image of this project: {says}", image.descriptor.digest), Some(hint))
    };
    let channel = ChannelName::parse(channel).map_err(|_| unknown())?;
    for definition in context.project.images()? {
        for name in definition.names() {
            let resolved = context.project.image(&name, Some(&channel));
            if resolved.is_ok_and(|resolved| resolved.title == title) {
                let architecture = Architecture::parse(&image.config.architecture).map_err(|_| unknown())?;
                let target = cli::Target {
                    image: name,
                    channel: Some(channel),
                    arch: Some(Architectures::These(vec![architecture])),
                    lock: None,
                };
                return context.locked(&target);
            }
        }
    }
    Err(unknown())
}
