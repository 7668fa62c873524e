use sage_oci_delta::Setting;
use sage_oci_image::Image;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the layers say already, and what engines note of the container that made the last one: nothing of it is the image's own.
const OF_LAYERS: [&str; 8] = [
    "rootfs",
    "history",
    "id",
    "parent",
    "container",
    "container_config",
    "docker_version",
    "moby.buildkit.buildinfo.v1",
];
/// The same inside `config`.
const OF_ONE_BUILD: [&str; 2] = ["Hostname", "Image"];

/// Compares how two images start, the machines that they are for, and what they say of themselves: configurations and the annotations of
/// manifests, by key. What is empty is the same as what is not there. `manifests` says whether both manifests are the images' own: an
/// engine has none to show.
pub fn compare_settings(first: &Image, second: &Image, manifests: bool) -> Vec<Setting> {
    let (mut old, mut new) = (settings(first, manifests), settings(second, manifests));
    let mut names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| old.get(name) != new.get(name));
    names.into_iter().map(|key| Setting { old: old.remove(&key), new: new.remove(&key), key }).collect()
}

fn settings(image: &Image, manifest: bool) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    // It was parsed when the image was opened.
    let config: Value = serde_json::from_slice(&image.config_bytes).unwrap_or_default();
    for (key, value) in config.as_object().into_iter().flatten().filter(|(key, _)| !OF_LAYERS.contains(&key.as_str())) {
        match value {
            Value::Object(map) if key == "config" => {
                for (key, value) in map.iter().filter(|(key, _)| !OF_ONE_BUILD.contains(&key.as_str())) {
                    match value {
                        Value::Object(labels) if key == "Labels" => {
                            labels
                                .iter()
                                .for_each(|(name, value)| put(&mut all, format!("config.Labels.{name}"), value));
                        }
                        value => put(&mut all, format!("config.{key}"), value),
                    }
                }
            }
            value => put(&mut all, key.clone(), value),
        }
    }
    for (name, value) in image.manifest.annotations.iter().filter(|_| manifest) {
        put(&mut all, format!("annotations.{name}"), &Value::from(value.as_str()));
    }
    all
}

fn put(all: &mut BTreeMap<String, String>, key: String, value: &Value) {
    let empty = match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    if !empty {
        all.insert(key, value.to_string());
    }
}
