use serde::Serialize;
use serde_json::Value;

/// Writes a document as canonical JSON: keys sorted by their bytes, no white space, no trailing newline.
///
/// The sorting is done here, not left to `serde_json`'s map: one dependency anywhere that turns on its
/// `preserve_order` feature would change every digest.
///
/// It is for documents that always serialise: their keys are strings and their numbers are integers, as in this crate and
/// in build steps.
pub fn canonical<T: Serialize>(document: &T) -> Vec<u8> {
    let value = serde_json::to_value(document).expect("documents have string keys and plain values");
    let mut bytes = Vec::new();
    write(&value, &mut bytes);
    bytes
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push(b'{');
            for (place, (key, value)) in entries.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                scalar(key, out);
                out.push(b':');
                write(value, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        plain => scalar(plain, out),
    }
}

fn scalar<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing a string or number to memory succeeds");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn sorted_and_tight() {
        let value = json!({"b": [1, {"z": null, "a": true}], "a": "x \"y\"\n\u{e9}", "B": 2});
        assert_eq!(
            String::from_utf8(canonical(&value)).unwrap(),
            "{\"B\":2,\"a\":\"x \\\"y\\\"\\n\u{e9}\",\"b\":[1,{\"a\":true,\"z\":null}]}"
        );
    }

    proptest! {
        #[test]
        fn reading_back_gives_the_same(keys in proptest::collection::btree_map(".{0,6}", any::<i64>(), 0..8)) {
            let bytes = canonical(&keys);
            let back: std::collections::BTreeMap<String, i64> = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(&back, &keys);
            prop_assert_eq!(canonical(&back), bytes);
        }
    }
}
