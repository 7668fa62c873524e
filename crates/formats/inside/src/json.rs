use crate::fields::Parts;
use serde_json::Value;

/// The values of a JSON document by their keys, as `a.0.b`; none if it is no object or list.
pub(crate) fn parts(bytes: &[u8]) -> Option<Parts> {
    let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(start, b'{' | b'[') {
        return None;
    }
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let mut parts = Parts::new();
    flatten(String::new(), &value, &mut parts);
    Some(parts)
}

fn flatten(key: String, value: &Value, parts: &mut Parts) {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(name, value)| flatten(below(name), value, parts));
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(at, value)| flatten(below(&at.to_string()), value, parts));
        }
        value => _ = parts.insert(key, value.to_string()),
    }
}
