//! What programs need when they start.

use super::Found;
use crate::{Content, Elf, Subject};
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;

/// As the loader finds them (ld.so(8)), but for `LD_LIBRARY_PATH` and for what another library of the process has loaded already.
pub(crate) fn missing(subject: &Subject<'_>) -> Found {
    let folders = subject.libraries.as_ref().map_err(Clone::clone)?;
    let mut known = BTreeMap::new();
    let mut found = Vec::new();
    for (path, seen) in subject.seen {
        let elf = match &seen.content {
            Content::Elf(elf) => elf,
            Content::BrokenElf(why) => {
                found.push((path.clone(), why.clone()));
                continue;
            }
            _ => continue,
        };
        for name in &elf.needed {
            let usual = *known
                .entry((name.clone(), elf.bits, elf.machine))
                .or_insert_with(|| folders.iter().any(|folder| fits(subject, &format!("{folder}/{name}"), elf)));
            let own = || {
                elf.search
                    .iter()
                    .flat_map(|search| places(search, path))
                    .any(|folder| fits(subject, &format!("{folder}/{name}"), elf))
            };
            let direct = || name.contains('/') && fits(subject, name, elf);
            if !usual && !own() && !direct() {
                found.push((path.clone(), format!("{name} is not there")));
            }
        }
    }
    Ok(found)
}

/// The folders of a search path, in which `$ORIGIN` is where the file lies.
fn places<'a>(search: &'a str, path: &ImagePath) -> impl Iterator<Item = String> + use<'a> {
    let origin = path.parent().unwrap_or_default().absolute();
    search
        .split(':')
        .filter(|place| !place.is_empty())
        .map(move |place| place.replace("$ORIGIN", &origin).replace("${ORIGIN}", &origin))
}

/// Whether a library for the same machine is at a path.
fn fits(subject: &Subject<'_>, path: &str, of: &Elf) -> bool {
    let Some(seen) = subject.find(path).and_then(|path| subject.seen(&path)) else { return false };
    matches!(&seen.content, Content::Elf(elf) if (elf.bits, elf.machine) == (of.bits, of.machine))
}
