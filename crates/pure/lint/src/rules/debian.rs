//! What dpkg's database says of files.

use crate::Subject;
use data_encoding::HEXLOWER_PERMISSIVE;
use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};

/// Where dpkg keeps what it knows of each package.
const INFO: &str = "var/lib/dpkg/info/";

/// Where it records what is installed.
const STATUS: &str = "var/lib/dpkg/status";

/// A file that dpkg puts elsewhere, for all packages but one.
struct Diversion {
    to: ImagePath,
    by: String,
}

/// The digest with which packages ship each path, where it lies in the image: from their lists, and for configuration files from dpkg's
/// record.
pub(super) fn sums(subject: &Subject<'_>) -> BTreeMap<ImagePath, [u8; 16]> {
    let diversions = diversions(subject);
    let mut sums = BTreeMap::new();
    let mut add = |package: &str, sum: &[u8], path: &str| {
        let mut digest = [0; 16];
        let decoded = HEXLOWER_PERMISSIVE.decode_len(sum.len()).is_ok_and(|len| len == digest.len())
            && HEXLOWER_PERMISSIVE.decode_mut(sum, &mut digest).is_ok();
        let Some(path) = ImagePath::anchored(path).ok().filter(|_| decoded) else { return };
        let place = match diversions.get(&path) {
            Some(diversion) if diversion.by != package => diversion.to.clone(),
            _ => path,
        };
        // Packages call paths by names that a merged `/usr` has moved.
        let moved = || subject.find(place.as_str()).unwrap_or_else(|| place.clone());
        sums.insert(if subject.tree.nodes.contains_key(&place) { place } else { moved() }, digest);
    };
    for (path, list) in subject.texts {
        let name = path.as_str().strip_prefix(INFO).and_then(|name| name.strip_suffix(".md5sums"));
        let Some(package) = name.and_then(|name| name.split(':').next()) else { continue };
        for line in list.split(|byte| *byte == b'\n') {
            let Some((sum, path)) = line.split_at_checked(32) else { continue };
            if let Some(path) = path.strip_prefix(b"  ").and_then(|path| std::str::from_utf8(path).ok()) {
                add(package, sum, path);
            }
        }
    }
    for stanza in subject.text(STATUS).unwrap_or_default().split("\n\n") {
        let package = stanza.lines().find_map(|line| line.strip_prefix("Package: ")).unwrap_or_default();
        let listed = stanza.lines().skip_while(|line| *line != "Conffiles:").skip(1);
        for line in listed.map_while(|line| line.strip_prefix(' ')) {
            // A path, its digest, and a word where the package has it no more (deb-conffiles(5), dpkg-query(1)).
            if let [path, sum] = line.split(' ').collect::<Vec<_>>()[..] {
                add(package, sum.as_bytes(), path);
            }
        }
    }
    sums
}

fn diversions(subject: &Subject<'_>) -> BTreeMap<ImagePath, Diversion> {
    let text = subject.text("var/lib/dpkg/diversions").unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .chunks_exact(3)
        .filter_map(|lines| {
            let (from, to) = (ImagePath::anchored(lines[0]).ok()?, ImagePath::anchored(lines[1]).ok()?);
            Some((from, Diversion { to, by: lines[2].to_owned() }))
        })
        .collect()
}

/// Paths that dpkg's own tools make: its database, alternatives, diverted files, the loader's cache.
pub(super) fn made(subject: &Subject<'_>) -> BTreeSet<ImagePath> {
    let mut made: BTreeSet<ImagePath> = diversions(subject).into_values().map(|diversion| diversion.to).collect();
    made.extend(["etc/ld.so.cache"].iter().filter_map(|path| ImagePath::parse(path).ok()));
    for (path, bytes) in subject.texts {
        let Some(name) = path.as_str().strip_prefix("var/lib/dpkg/alternatives/") else { continue };
        // The state, the link, then pairs of a slave's name and link up to an empty line (update-alternatives(1), "FILES").
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines().skip(1);
        made.extend(lines.next().and_then(|link| ImagePath::anchored(link).ok()));
        made.extend(ImagePath::parse(&format!("etc/alternatives/{name}")));
        while let Some(slave) = lines.next().filter(|line| !line.is_empty()) {
            made.extend(ImagePath::parse(&format!("etc/alternatives/{slave}")));
            made.extend(lines.next().and_then(|link| ImagePath::anchored(link).ok()));
        }
    }
    // Links by the names that a merged `/usr` gives them.
    let moved: Vec<ImagePath> =
        made.iter().filter_map(|path| subject.find(path.parent()?.as_str())?.child(path.name()).ok()).collect();
    made.extend(moved);
    made
}

/// Whether dpkg itself keeps a path.
pub(super) fn is_database(path: &ImagePath) -> bool {
    path.as_str().starts_with("var/lib/dpkg/")
}
