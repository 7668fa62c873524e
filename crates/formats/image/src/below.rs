use crate::{History, Image, MediaType, Platform};
use sage_oci_names::DiffId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What an image keeps of one that its layers lie on.
///
/// Lists are kept as the JSON that stands in the lower image's documents, so that nothing of it is lost or put in other words, known to
/// this program or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    /// Its layers' descriptors, bottom first. They are as they stand there, but for Docker's media types, which are in OCI's words:
    /// see [`MediaType::in_oci_words`].
    pub layers: Vec<Value>,
    /// Its layers by their uncompressed content.
    pub diff_ids: Vec<DiffId>,
    /// Its history, as it stands there; entries are added where it says less than its layers.
    pub history: Vec<Value>,
    /// The architecture's variant, where it says one.
    #[serde(default)]
    pub variant: Option<String>,
    /// What else its configuration says of the image, as `author` or `os.version`.
    pub rest: Map<String, Value>,
}

/// What Docker's builders note of the container that made the last layer: it is not true of an image with further ones.
const OF_ONE_BUILD: [&str; 5] = ["id", "parent", "container", "container_config", "docker_version"];
/// What a configuration says of its platform beside architecture, system and variant (OCI image spec, image configuration).
const OF_THE_PLATFORM: [&str; 2] = ["os.version", "os.features"];

impl Below {
    /// What is kept of an image.
    pub fn of(image: &Image) -> Self {
        let mut layers = list_in(&image.manifest_bytes, "layers");
        for (layer, known) in layers.iter_mut().zip(&image.layers) {
            let said: &MediaType = &known.descriptor.media_type;
            layer["mediaType"] = said.in_oci_words().to_string().into();
        }
        let mut rest = image.config.rest.clone();
        rest.retain(|key, _| !OF_ONE_BUILD.contains(&key.as_str()));
        Self {
            layers,
            diff_ids: image.layers.iter().map(|layer| layer.diff_id).collect(),
            history: history(image),
            variant: image.config.variant.clone().filter(|variant| !variant.is_empty()),
            rest,
        }
    }

    /// Puts what the lower image says of its machine into the platform of one on top: it runs where that one runs, nowhere else.
    pub(crate) fn narrow(&self, platform: &mut Platform) {
        platform.variant = self.variant.clone().or_else(|| platform.variant.take());
        for key in OF_THE_PLATFORM {
            if let Some(said) = self.rest.get(key) {
                platform.rest.insert(key.to_owned(), said.clone());
            }
        }
    }
}

/// The history of an image, with as many entries for layers as it has layers: engines refuse another number.
fn history(image: &Image) -> Vec<Value> {
    let known = &image.config.history;
    let mut history = list_in(&image.config_bytes, "history");
    let said = known.iter().filter(|entry| !entry.empty_layer).count();
    let entry = |comment: &str| {
        let entry = History { comment: Some(comment.to_owned()), ..History::default() };
        serde_json::to_value(entry).expect("plain values with string keys")
    };
    if said > image.layers.len() {
        // Which of them stand for its layers nobody can tell.
        let mut empty = known.iter().map(|entry| entry.empty_layer);
        history.retain(|_| empty.next().unwrap_or_default());
        history
            .extend(image.layers.iter().map(|_| entry("a layer; the base image's history tells of more than it has")));
    }
    let missing = image.layers.len().saturating_sub(said);
    history.extend((0..missing).map(|_| entry("a layer that the base image's history does not tell of")));
    history
}

/// A list of a document that was read before; empty where there is none.
fn list_in(document: &[u8], key: &str) -> Vec<Value> {
    let mut document: Value = serde_json::from_slice(document).unwrap_or_default();
    document.get_mut(key).and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
}
