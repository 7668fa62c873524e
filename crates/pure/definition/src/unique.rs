//! Names that may stand once.

use crate::extension::Part;
use crate::written::{Body, ChannelPart};
use crate::{DefinitionError, Located};
use sage_oci_names::ImageName;
use std::collections::{BTreeMap, BTreeSet};

/// People name images and variants alike, so that no two may have one name.
pub(crate) fn check_images<'a>(parts: impl Iterator<Item = (&'a str, &'a Part)>) -> Result<(), DefinitionError> {
    let mut known: BTreeMap<&ImageName, &str> = BTreeMap::new();
    for (file, part) in parts {
        for name in part.names() {
            if let Some(other) = known.insert(name, file) {
                let message = format!("`{name}` is the name of another image or variant, in {other}");
                return Err(DefinitionError::at(file, 1, message));
            }
        }
    }
    Ok(())
}

/// Source trees and wheels of one image, and of the one that it extends, have names of their own: the lock and layers tell them
/// apart by these.
pub(crate) fn check_names(file: &str, text: &str, body: &Body, base: Option<&Body>) -> Result<(), DefinitionError> {
    for (channel, part) in &body.channels {
        let part = part.get_ref();
        let below =
            base.into_iter().flat_map(|base| archives(base, base.channels.get(channel).map(toml::Spanned::get_ref)));
        let mut known: BTreeSet<&String> = below.map(|(_, name)| name).collect();
        for (span, name) in archives(body, Some(part)) {
            if !known.insert(name) {
                let line = Located::new(file, text, toml::Spanned::new(span, ())).line;
                let message = format!("`{name}` is the name of another source tree or wheel");
                return Err(DefinitionError::at(file, line, message));
            }
        }
    }
    Ok(())
}

/// The source trees and wheels of an image in one channel, with their places and names.
fn archives<'b>(
    body: &'b Body,
    part: Option<&'b ChannelPart>,
) -> impl Iterator<Item = (std::ops::Range<usize>, &'b String)> {
    let sources = body.sources.iter().chain(part.into_iter().flat_map(|part| &part.sources));
    let wheels = body.wheels.iter().chain(part.into_iter().flat_map(|part| &part.wheels));
    let sources = sources.map(|source| (source.span(), &source.get_ref().name));
    sources.chain(wheels.map(|wheel| (wheel.span(), &wheel.get_ref().name)))
}
