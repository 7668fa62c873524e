use super::database::DATABASE;
use crate::{Item, RootError};
use sage_oci_deb::Stanza;
use sage_oci_layer::PackageRecord;
use std::collections::BTreeMap;

/// `/var/lib/dpkg/triggers`: who is interested in which path or event (deb-triggers(5)).
pub(crate) fn files(packages: &[PackageRecord]) -> Result<Vec<Item>, RootError> {
    let mut paths = String::new();
    let mut events: BTreeMap<String, String> = BTreeMap::new();
    for record in packages {
        let who = qualified(record);
        for line in record.triggers.as_deref().unwrap_or_default().lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let options = match words.next() {
                Some("interest" | "interest-await") => "",
                Some("interest-noawait") => "/noawait",
                _ => continue,
            };
            let Some(trigger) = words.next() else { continue };
            if trigger.starts_with('/') {
                paths.push_str(&format!("{trigger} {who}{options}\n"));
            } else if trigger.contains('/') {
                let why = format!("`{trigger}` is no name of a trigger");
                return Err(RootError::Malformed { what: format!("the triggers of {}", record.package), why });
            } else {
                events.entry(trigger.to_owned()).or_default().push_str(&format!("{who}{options}\n"));
            }
        }
    }
    let mut items = vec![Item::file(&format!("{DATABASE}/triggers/File"), 0o644, paths)?];
    for (trigger, text) in events {
        items.push(Item::file(&format!("{DATABASE}/triggers/{trigger}"), 0o644, text)?);
    }
    Ok(items)
}

/// The package with its architecture where several may be installed.
fn qualified(record: &PackageRecord) -> String {
    let stanzas = Stanza::parse_all(record.control.as_bytes()).unwrap_or_default();
    let get = |name| stanzas.first().and_then(|stanza| stanza.get(name));
    match (get("Multi-Arch"), get("Architecture")) {
        (Some("same"), Some(architecture)) => format!("{}:{architecture}", record.package),
        _ => record.package.to_string(),
    }
}
