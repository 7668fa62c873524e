use super::super::source::{self, said};
use crate::context::{Context, Locked};
use crate::{Failure, cli};
use sage_oci_image::Image;
use sage_oci_recipe::{INDEX, indexes};
use sage_oci_tags::UPSTREAM;

/// The definition, lock and revision that an image says that it was made of.
pub fn identify(context: &Context, choice: &cli::Choice, image: &Image) -> Result<Locked, Failure> {
    let revision = said(image, UPSTREAM);
    if !revision.is_empty() && choice.source.sage.is_none() {
        let hint = format!("give its source, as for `build`: `--sage {revision}`, or `--sage ~/src/sage@COMMIT`");
        return Err(Failure::new(format_args!("the image is of the revision {revision} of its source"), Some(hint)));
    }
    let locked = source::identify(context, image, choice)?;
    let (said, here) = (said(image, INDEX), indexes(&locked.lock));
    if said == here {
        return Ok(locked);
    }
    let path = context.project.lock_path(&locked.image.channel, locked.lock.architecture);
    let hint = format!(
        "take the revision of the project whose {} is of that index (`git log`), or give that lock with `--lock`",
        path.file_name().unwrap_or_default().to_string_lossy()
    );
    Err(Failure::new(
        format_args!("the image was made of the index `{said}`, and the lock here is of `{here}`"),
        Some(hint),
    ))
}
