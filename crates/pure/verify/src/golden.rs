use sage_oci_names::{Architecture, BlobDigest, ChannelName, ImageName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the file's format.
const FORMAT: u64 = 1;

/// The digests that images are known to have: `nix/digests.json`. A pull request that moves one shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    format: u64,
    /// By channel and architecture.
    images: BTreeMap<ChannelName, BTreeMap<Architecture, BTreeMap<ImageName, GoldenImage>>>,
}

/// The digests of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenImage {
    /// What the image is known by.
    pub manifest: BlobDigest,
    /// Its layers by name; those that the image which it extends has, too, stand there alone.
    pub layers: BTreeMap<String, BlobDigest>,
}

/// What is not as the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The image.
    pub image: ImageName,
    /// Its channel.
    pub channel: ChannelName,
    /// Its architecture.
    pub architecture: Architecture,
    /// The manifest that the file has; none for an image that it does not know.
    pub expected: Option<BlobDigest>,
    /// The manifest that there is.
    pub found: BlobDigest,
    /// Layers that moved, came or went, by name.
    pub layers: Vec<String>,
}

/// Why a file of digests cannot be used.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum GoldenError {
    /// It is none.
    #[error("it is no list of digests: {0}")]
    #[hint("write it again: `sage-oci digests --write`")]
    Syntax(String),
    /// A newer program wrote it.
    #[error("it has format {format}, and this program knows {FORMAT}")]
    #[hint("use the program of the same revision")]
    Format {
        /// The version.
        format: u64,
    },
}

impl Default for Golden {
    fn default() -> Self {
        Self { format: FORMAT, images: BTreeMap::new() }
    }
}

impl Golden {
    /// Reads the file.
    ///
    /// # Errors
    /// [`GoldenError`].
    pub fn parse(text: &str) -> Result<Self, GoldenError> {
        #[derive(Deserialize)]
        struct Head {
            format: u64,
        }
        let syntax = |error: serde_json::Error| GoldenError::Syntax(error.to_string());
        let Head { format } = serde_json::from_str(text).map_err(syntax)?;
        if format != FORMAT {
            return Err(GoldenError::Format { format });
        }
        serde_json::from_str(text).map_err(syntax)
    }

    /// The file's text: of the same digests always the same.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("digests are plain values");
        text.push('\n');
        text
    }

    /// The image of a channel for an architecture.
    pub fn get(&self, channel: &ChannelName, architecture: Architecture, image: &ImageName) -> Option<&GoldenImage> {
        self.images.get(channel)?.get(&architecture)?.get(image)
    }

    /// Puts an image's digests into the list; what the list said otherwise, if it did.
    pub fn put(
        &mut self,
        channel: &ChannelName,
        architecture: Architecture,
        image: &ImageName,
        found: GoldenImage,
    ) -> Option<Moved> {
        let images = self.images.entry(channel.clone()).or_default().entry(architecture).or_default();
        let before = images.insert(image.clone(), found.clone());
        if before.as_ref() == Some(&found) {
            return None;
        }
        let (expected, known) = before.map(|before| (before.manifest, before.layers)).unzip();
        let known = known.unwrap_or_default();
        let names = known.keys().chain(found.layers.keys()).collect::<std::collections::BTreeSet<_>>();
        let moved = names.into_iter().filter(|name| known.get(*name) != found.layers.get(*name)).cloned().collect();
        Some(Moved {
            image: image.clone(),
            channel: channel.clone(),
            architecture,
            expected,
            found: found.manifest,
            layers: moved,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::Sha256;

    fn digest(byte: u8) -> BlobDigest {
        BlobDigest::new(Sha256::new([byte; 32]))
    }

    fn image(manifest: u8, layers: &[(&str, u8)]) -> GoldenImage {
        let layers = layers.iter().map(|(name, byte)| ((*name).to_owned(), digest(*byte))).collect();
        GoldenImage { manifest: digest(manifest), layers }
    }

    #[test]
    fn what_moves_is_told_and_what_stays_is_not() {
        let (channel, name): (ChannelName, ImageName) = ("sid".parse().unwrap(), "sagemath".parse().unwrap());
        let mut golden = Golden::default();
        let first = golden.put(&channel, Architecture::Amd64, &name, image(1, &[("a", 1), ("b", 2)])).unwrap();
        assert_eq!((first.expected, first.layers.len()), (None, 2));
        assert_eq!(golden.put(&channel, Architecture::Amd64, &name, image(1, &[("a", 1), ("b", 2)])), None);
        let moved =
            golden.put(&channel, Architecture::Amd64, &name, image(2, &[("a", 1), ("b", 3), ("c", 4)])).unwrap();
        assert_eq!(
            (moved.expected, moved.found, moved.layers),
            (Some(digest(1)), digest(2), vec!["b".into(), "c".into()])
        );
        assert_eq!(golden.get(&channel, Architecture::Arm64, &name), None);
        let text = golden.to_text();
        assert_eq!(Golden::parse(&text).unwrap(), golden);
        assert_eq!(Golden::parse(&text).unwrap().to_text(), text);
    }

    #[test]
    fn another_format_is_refused_before_its_content_is_looked_at() {
        let error = Golden::parse(r#"{"format": 2, "new": []}"#).unwrap_err();
        assert_eq!(error.to_string(), "it has format 2, and this program knows 1");
        assert!(matches!(Golden::parse("[]"), Err(GoldenError::Syntax(_))));
        assert!(matches!(Golden::parse(r#"{"format": 1, "new": []}"#), Err(GoldenError::Syntax(_))));
    }
}
