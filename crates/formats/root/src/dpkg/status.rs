use crate::RootError;
use sage_oci_deb::Stanza;
use sage_oci_layer::PackageRecord;
use std::fmt::Write;

/// Fields that dpkg knows, in the order in which it writes them; the others follow in the package's order.
const ORDER: [&str; 23] = [
    "Package",
    "Essential",
    "Protected",
    "Status",
    "Priority",
    "Section",
    "Installed-Size",
    "Origin",
    "Maintainer",
    "Bugs",
    "Architecture",
    "Multi-Arch",
    "Source",
    "Version",
    "Replaces",
    "Provides",
    "Depends",
    "Pre-Depends",
    "Recommends",
    "Suggests",
    "Breaks",
    "Conflicts",
    "Enhances",
];
/// The last known ones, which come after the conffiles.
const LAST: &str = "Description";
/// Fields of archives and indexes that an installed package does not have.
const DROPPED: [&str; 4] = ["Filename", "Size", "MD5sum", "MSDOS-Filename"];

/// A package's stanza in `/var/lib/dpkg/status`, with the empty line behind it, as dpkg writes it of an installed package.
pub(crate) fn stanza(record: &PackageRecord) -> Result<String, RootError> {
    let malformed = |why: String| RootError::Malformed { what: format!("the control file of {}", record.package), why };
    let stanzas = Stanza::parse_all(record.control.as_bytes()).map_err(|error| malformed(error.to_string()))?;
    let [stanza] = stanzas.as_slice() else {
        return Err(malformed(format!("it has {} stanzas", stanzas.len())));
    };
    let mut text = String::new();
    for name in ORDER {
        match (name, stanza.get(name)) {
            ("Status", _) => text.push_str("Status: install ok installed\n"),
            // What is the default is not written.
            ("Essential" | "Protected" | "Multi-Arch", Some("no")) | (_, None | Some("")) => {}
            (name, Some(value)) => field(&mut text, name, value),
        }
    }
    if !record.conffiles.is_empty() {
        text.push_str("Conffiles:\n");
        for conffile in &record.conffiles {
            // Writing to a string cannot fail.
            let _ = writeln!(text, " {} {}", conffile.path, conffile.md5);
        }
    }
    if let Some(value) = stanza.get(LAST) {
        field(&mut text, LAST, value);
    }
    for (name, value) in stanza.fields() {
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        if !ORDER.iter().chain(&DROPPED).chain([&LAST, &"Conffiles"]).any(is) {
            field(&mut text, name, value);
        }
    }
    text.push('\n');
    Ok(text)
}

fn field(text: &mut String, name: &str, value: &str) {
    let blank = if value.starts_with('\n') { "" } else { " " };
    let _ = writeln!(text, "{name}:{blank}{value}");
}
