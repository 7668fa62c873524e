use super::super::sides::Opened;
use super::super::source::{self, said};
use super::lock::{Wanted, find};
use crate::context::{Context, Locked};
use crate::{Failure, cli};
use sage_oci_definition::Resolved;
use sage_oci_image::Image;
use sage_oci_names::BlobDigest;
use sage_oci_recipe::{DEFINITION, FLAKE, INDEX, LOCK, LOCK_FORMAT};
use sage_oci_tags::UPSTREAM;
use sage_oci_verify::FoundLock;

/// The definition, lock and revision that an image says that it was made of.
pub fn identify(context: &Context, choice: &cli::Choice, opened: &Opened) -> Result<(Locked, FoundLock), Failure> {
    let image = &opened.image;
    let revision = said(image, UPSTREAM);
    if !revision.is_empty() && choice.source.sage.is_none() {
        let hint = format!("give its source, as for `build`: `--sage {revision}`, or `--sage ~/src/sage@COMMIT`");
        return Err(Failure::new(format_args!("the image is of the revision {revision} of its source"), Some(hint)));
    }
    let definition = source::definition(context, image)?;
    let digest = lock(image)?;
    check_definition(context, image, &definition)?;
    let wanted = Wanted {
        digest,
        channel: &definition.channel,
        architecture: source::architecture_of(image)?,
        given: choice.lock.as_ref(),
    };
    let (lock, from) = find(context, opened, &wanted)?;
    Ok((context.with_lock(definition, lock, &choice.source)?, from))
}

/// The lock that the image names, if this program can read it.
fn lock(image: &Image) -> Result<BlobDigest, Failure> {
    let format = said(image, LOCK_FORMAT);
    if format.parse().is_ok_and(|found: u64| found > sage_oci_lock::FORMAT) {
        let hint = format!("verify it with a later sage-oci{}", at(image));
        let known = sage_oci_lock::FORMAT;
        let text = format_args!("the image's lock has format {format}, this program knows formats up to {known}");
        return Err(Failure::new(text, Some(hint)));
    }
    let digest = said(image, LOCK);
    if digest.is_empty() {
        let of = said(image, INDEX);
        let of = if of.is_empty() { String::new() } else { format!(", only of which index (`{of}`)") };
        let hint =
            "it was made before images said so: verify it with a sage-oci of that time, from the revision that made it";
        let text = format_args!("the image does not say of which lock it was made (`{LOCK}`){of}");
        return Err(Failure::new(text, Some(hint.to_owned())));
    }
    BlobDigest::parse(digest).map_err(|error| Failure::new(format_args!("the image's label `{LOCK}`: {error}"), None))
}

/// Of another definition something else is made, which says nothing of the image.
fn check_definition(context: &Context, image: &Image, definition: &Resolved) -> Result<(), Failure> {
    let (of, here) = (said(image, DEFINITION), context.definition(definition, !said(image, UPSTREAM).is_empty())?);
    if of == here.to_string() {
        return Ok(());
    }
    let hint = format!(
        "check out the revision that made it{}: `git log -- nix/images nix/channels` lists those that changed a definition",
        at(image)
    );
    let text = format_args!("the image was made of the definition {of}, and that of this checkout is {here}");
    Err(Failure::new(text, Some(hint)))
}

/// Where the image says that it is from.
fn at(image: &Image) -> String {
    match said(image, FLAKE) {
        "" => String::new(),
        flake => format!(", of {flake}"),
    }
}
