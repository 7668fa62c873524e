//! Where two JSON documents differ.

use serde_json::Value;

/// The places at which two documents differ, as JSON pointers (RFC 6901).
pub(crate) fn differing(one: &Value, other: &Value) -> Vec<String> {
    let mut places = Vec::new();
    walk(one, other, "", &mut places);
    places
}

fn walk(one: &Value, other: &Value, at: &str, places: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(first), Value::Object(second)) => {
            let keys: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
            for key in keys {
                let place = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                let of = |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or(Value::Null);
                walk(&of(first), &of(second), &place, places);
            }
        }
        (Value::Array(first), Value::Array(second)) if first.len() == second.len() => {
            for (place, (one, other)) in first.iter().zip(second).enumerate() {
                walk(one, other, &format!("{at}/{place}"), places);
            }
        }
        _ if one == other => {}
        _ => places.push(if at.is_empty() { "/".to_owned() } else { at.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_pointers() {
        let one = json!({"a": [1, {"b/c": 2}], "same": true, "gone": 1, "list": [1, 2]});
        let other = json!({"a": [1, {"b/c": 3}], "same": true, "new": 1, "list": [1]});
        assert_eq!(differing(&one, &other), ["/a/1/b~1c", "/gone", "/list", "/new"]);
        assert!(differing(&one, &one).is_empty());
        assert_eq!(differing(&json!(1), &json!(2)), ["/"]);
    }
}
