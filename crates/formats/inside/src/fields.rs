use sage_oci_deb::StanzaReader;
use std::collections::BTreeMap;

/// Named parts of a file and what is said of each.
pub(crate) type Parts = BTreeMap<String, String>;

/// A part whose content is too long to be shown.
pub(crate) fn content(bytes: &[u8]) -> String {
    let digest = sage_oci_image::digest_of(bytes).sha256().hex();
    format!("{} bytes, sha256 {}", bytes.len(), &digest[..16])
}

/// The fields of each package in dpkg's record, without those of packages that are known.
pub(crate) fn status(bytes: &[u8], known: &dyn Fn(&str) -> bool) -> Option<Parts> {
    let mut parts = Parts::new();
    for stanza in StanzaReader::new(bytes) {
        let stanza = stanza.ok()?;
        let name = stanza.get("Package").unwrap_or_default();
        let full = format!("{name}:{}", stanza.get("Architecture").unwrap_or_default());
        if known(name) || known(&full) {
            continue;
        }
        for (field, value) in stanza.fields() {
            // Two of one name are told apart by their machine.
            let key = format!("{name} {field}");
            let key = if parts.contains_key(&key) { format!("{full} {field}") } else { key };
            parts.insert(key, value.to_owned());
        }
    }
    Some(parts)
}
