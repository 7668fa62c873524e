use serde_json::Value;

/// Puts other values in the place of texts, wherever `other` has one; keys stay as they are.
pub(crate) fn fill(value: &mut Value, other: &mut dyn FnMut(&str) -> Option<Value>) {
    match value {
        Value::String(text) => {
            if let Some(new) = other(text) {
                *value = new;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, other)),
        Value::Object(map) => map.values_mut().for_each(|value| fill(value, other)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
