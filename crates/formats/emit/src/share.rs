use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is shorter is written again.
const WORTH: usize = 48;

/// Takes values that stand at several keys out of steps and puts holes there; gives the values by name.
///
/// Users and groups, globs and diversions are the same in each of fifty layers: written once, a change of them is one
/// line. A value is named after the first place that has it, so that names stay when other places come and go.
pub(crate) fn share<'v>(steps: impl IntoIterator<Item = (&'v String, &'v mut Value)>) -> BTreeMap<String, Value> {
    let steps: Vec<(&String, &mut Value)> = steps.into_iter().collect();
    let mut seen = Seen::default();
    for (name, step) in &steps {
        seen.count(name, step);
    }
    let mut shared = BTreeMap::new();
    for (_, step) in steps {
        seen.take(step, &mut shared);
    }
    shared
}

#[derive(Default)]
struct Seen {
    /// By text: the first place, and whether there is another.
    values: BTreeMap<String, (String, bool)>,
    names: BTreeSet<String>,
}

impl Seen {
    /// What stands in a value that was seen before is not counted again: it goes with it.
    fn count(&mut self, holder: &str, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    if let Some(text) = worth(value) {
                        if let Some((_, again)) = self.values.get_mut(&text) {
                            *again = true;
                            continue;
                        }
                        let name = self.free_name(&format!("{holder}.{key}"));
                        self.values.insert(text, (name, false));
                    }
                    self.count(holder, value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.count(holder, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn free_name(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}~{number}"));
        let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !self.names.contains(name));
        let free = free.expect("numbers do not end");
        self.names.insert(free.clone());
        free
    }

    fn take(&self, value: &mut Value, shared: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(map) => {
                for value in map.values_mut() {
                    let name = worth(value).and_then(|text| self.values.get(&text)).filter(|(_, again)| *again);
                    let Some((name, _)) = name else {
                        self.take(value, shared);
                        continue;
                    };
                    let mut whole = std::mem::replace(value, json!({ "$shared": name }));
                    if !shared.contains_key(name) {
                        self.take(&mut whole, shared);
                        shared.insert(name.clone(), whole);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.take(item, shared)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// The text of a list or table that is long enough.
fn worth(value: &Value) -> Option<String> {
    let text = match value {
        Value::Object(_) | Value::Array(_) => value.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    (text.len() >= WORTH).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_twice_is_written_once() {
        let long: Vec<String> = (0..40).map(|number| format!("user-{number}")).collect();
        let mut steps = BTreeMap::from([
            ("a".to_owned(), json!({"users": long, "short": [1, 2], "own": {"users": long}})),
            ("b".to_owned(), json!({"users": long, "short": [1, 2], "other": [{"users": long}]})),
        ]);
        let shared = share(&mut steps);
        assert_eq!(shared, BTreeMap::from([("a.users".to_owned(), json!(long))]));
        let hole = json!({"$shared": "a.users"});
        assert_eq!(steps["a"], json!({"users": hole, "short": [1, 2], "own": {"users": hole}}));
        assert_eq!(steps["b"], json!({"users": hole, "short": [1, 2], "other": [{"users": hole}]}));
    }

    #[test]
    fn what_only_stands_in_a_shared_value_is_not_shared_by_itself() {
        let long: Vec<String> = (0..40).map(|number| format!("archive-{number}")).collect();
        let python = json!({"archives": long, "version": "3.14"});
        let mut steps =
            BTreeMap::from([("a".to_owned(), json!({"python": python})), ("b".to_owned(), json!({"python": python}))]);
        assert_eq!(share(&mut steps).into_iter().collect::<Vec<_>>(), [("a.python".to_owned(), python)]);
    }
}
