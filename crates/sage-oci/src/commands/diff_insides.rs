//! A second look, at what differs inside files.

use crate::Failure;
use sage_oci_delta::{Aspect, ChangeKind, Document, Inside};
use sage_oci_flat::{Bodies, Compared, Side};
use sage_oci_tree::ImagePath;

/// How many files are looked into unless all are asked for.
const MOST_FILES: usize = 20;
/// The largest file that is looked into, in bytes.
const LARGEST: u64 = 16 << 20;
/// How many bytes of files are held at once.
const AT_ONCE: u64 = 48 << 20;

/// Another program's answer for two versions of a file, where it has one.
type Another<'a> = &'a dyn Fn(&ImagePath, &[u8], &[u8]) -> Result<Option<Inside>, Failure>;

/// Looks into the files of a document that have other content, by reading the layers that hold them again. Packages that are `told` are
/// not told again; `another` may say more of what nothing here knows.
pub fn look(
    document: &mut Document,
    compared: &Compared,
    sides: [Side<'_>; 2],
    all: bool,
    told: &dyn Fn(&str) -> bool,
    another: Another<'_>,
) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    for (at, path) in document.paths.iter_mut().enumerate() {
        let is_other = path.change == ChangeKind::Changed && path.aspects.contains(&Aspect::Content);
        // Of another version of a package the version says enough.
        if !is_other || path.explained_by.is_some() {
            continue;
        }
        let size = |state: &Option<_>| {
            state.as_ref().and_then(|state: &sage_oci_delta::StateDocument| state.size).unwrap_or_default()
        };
        let (old, new) = (size(&path.old), size(&path.new));
        if old.max(new) > LARGEST {
            path.inside = Some(Inside::note("bytes", "too large to look into"));
        } else if all || wanted.len() < MOST_FILES {
            wanted.push((at, path.path.clone(), old + new));
        } else {
            document.unopened += 1;
        }
    }
    let mut rest = &wanted[..];
    while !rest.is_empty() {
        let mut sum = 0;
        let fits = |(_, _, size): &&(usize, ImagePath, u64)| {
            sum += size;
            sum <= AT_ONCE
        };
        let (batch, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        rest = later;
        let paths = || batch.iter().map(|(_, path, _)| path.clone());
        let old = Bodies::read(compared, 0, sides[0], paths())?;
        let new = Bodies::read(compared, 1, sides[1], paths())?;
        for (at, path, _) in batch {
            let (Some(old), Some(new)) = (old.get(path), new.get(path)) else { continue };
            let mut inside = sage_oci_inside::compare(path, old, new, told);
            if inside.format == "bytes" {
                inside = another(path, old, new)?.unwrap_or(inside);
            }
            document.paths[*at].inside = Some(inside);
        }
    }
    Ok(())
}
