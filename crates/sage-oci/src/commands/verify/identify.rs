use crate::architectures::Architectures;
use crate::context::{Context, Locked};
use crate::{Failure, cli};
use sage_oci_image::Image;
use sage_oci_names::{Architecture, ChannelName, ImageName};
use sage_oci_recipe::{CHANNEL, INDEX, TITLE, indexes};

/// The definition and lock that an image says that it was made of.
pub fn identify(context: &Context, choice: &cli::Choice, image: &Image) -> Result<Locked, Failure> {
    let label = |key: &str| image.config.config.labels.get(key).map(String::as_str);
    let (Some(title), Some(channel)) = (label(TITLE), label(CHANNEL)) else {
        let hint = "`inspect --validate` checks the digests of any image, `diff` compares it with another one";
        let error = "the image does not say how it was made: it has no label `org.sage-oci.channel`, so another program made it";
        return Err(Failure::new(error, Some(hint.to_owned())));
    };
    let channel: ChannelName =
        channel.parse().map_err(|error| Failure::new(format_args!("its channel: {error}"), None))?;
    let architecture: Architecture = image
        .config
        .architecture
        .parse()
        .map_err(|error| Failure::new(format_args!("its architecture: {error}"), None))?;
    let name = named(context, title, &channel)?;
    let choice = cli::Choice {
        channel: Some(channel.clone()),
        arch: Some(Architectures::These(vec![architecture])),
        ..choice.clone()
    };
    let locked = context.locked(&choice.of(name))?;
    let (said, here) = (label(INDEX).unwrap_or_default(), indexes(&locked.lock));
    if said != here {
        let path = context.project.lock_path(&channel, architecture);
        let hint = format!(
            "take the revision of the project whose {} is of that index (`git log`), or give that lock with `--lock`",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        let error = format!("the image was made of the index `{said}`, and the lock here is of `{here}`");
        return Err(Failure::new(error, Some(hint)));
    }
    Ok(locked)
}

/// The image of the project that has a title.
fn named(context: &Context, title: &str, channel: &ChannelName) -> Result<ImageName, Failure> {
    let mut titles = Vec::new();
    for image in context.project.images()? {
        for name in image.names() {
            let resolved = image.resolve(&name, channel)?;
            if resolved.title == title {
                return Ok(name);
            }
            titles.push(format!("`{}`", resolved.title));
        }
    }
    let hint = format!("the images here are called {}", titles.join(", "));
    Err(Failure::new(format_args!("no image of this project is called `{title}`"), Some(hint)))
}
