use sage_oci_image::canonical;
use serde_json::Value;

/// What is shorter stands on one line wherever it is.
const SHORT: usize = 100;

/// JSON for people who read what has changed: an entry of a table or list a line down to some depth, compact below, keys sorted,
/// with a newline at the end. Of one value there is one text.
pub(crate) fn text(value: &Value, depth: usize) -> String {
    let mut out = String::new();
    write(value, 0, depth, &mut out);
    out.push('\n');
    out
}

fn write(value: &Value, level: usize, depth: usize, out: &mut String) {
    let compact = String::from_utf8(canonical(value)).expect("JSON is UTF-8");
    let (open, close, entries): (char, char, Vec<(String, &Value)>) = match value {
        _ if level >= depth || (level > 0 && compact.len() < SHORT) => return out.push_str(&compact),
        Value::Array(items) => ('[', ']', items.iter().map(|item| (String::new(), item)).collect()),
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let key = |key: &String| format!("{}: ", Value::from(key.as_str()));
            ('{', '}', entries.into_iter().map(|(name, value)| (key(name), value)).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return out.push_str(&compact),
    };
    let indent = "  ".repeat(level + 1);
    let last = entries.len().saturating_sub(1);
    out.push(open);
    for (place, (key, value)) in entries.into_iter().enumerate() {
        out.push('\n');
        out.push_str(&indent);
        out.push_str(&key);
        write(value, level + 1, depth, out);
        if place < last {
            out.push(',');
        }
    }
    out.push('\n');
    out.push_str(&indent[2..]);
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_a_line_down_to_a_depth() {
        let long = "x".repeat(SHORT);
        let value = json!({"b": [{"z": long, "a": [1, 2]}, 3], "a": {"short": []}});
        let expected = format!(
            "{{\n  \"a\": {{\"short\":[]}},\n  \"b\": [\n    {{\"a\":[1,2],\"z\":\"{long}\"}},\n    3\n  ]\n}}\n"
        );
        assert_eq!(text(&value, 2), expected);
        assert_eq!(serde_json::from_str::<Value>(&text(&value, 5)).unwrap(), value);
    }
}
