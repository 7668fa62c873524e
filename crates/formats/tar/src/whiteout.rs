use sage_oci_tree::{EntryKind, ImagePath, PathError};

/// What stands before a name to say that it is removed (OCI image spec, layer, "Whiteouts").
pub const WHITEOUT: &str = ".wh.";
/// The name that removes all that lower layers have in its directory (the same, "Opaque Whiteout").
pub const OPAQUE: &str = ".wh..wh..opq";

/// What a file of this path removes, and how, if it is a removal.
pub(crate) fn removal(path: &ImagePath) -> Result<Option<(ImagePath, EntryKind)>, PathError> {
    let (Some(removed), Some(directory)) = (path.name().strip_prefix(WHITEOUT), path.parent()) else {
        return Ok(None);
    };
    if path.name() == OPAQUE {
        return Ok(Some((directory, EntryKind::Opaque)));
    }
    // Behind the mark may stand what is no name: nothing, or dots.
    Ok(Some((directory.child(removed)?, EntryKind::Whiteout)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_is_one_name_or_all_of_a_directory() {
        let path = |text| ImagePath::parse(text).unwrap();
        let removal = |text| removal(&path(text));
        assert_eq!(removal("a/.wh.b"), Ok(Some((path("a/b"), EntryKind::Whiteout))));
        assert_eq!(removal(".wh.b"), Ok(Some((path("b"), EntryKind::Whiteout))));
        assert_eq!(removal("a/.wh..wh..opq"), Ok(Some((path("a"), EntryKind::Opaque))));
        assert_eq!(removal(".wh..wh..opq"), Ok(Some((ImagePath::root(), EntryKind::Opaque))));
        for not in ["a/b.wh.", "a/wh.b", ".wh.a/b"] {
            assert_eq!(removal(not), Ok(None), "{not}");
        }
        // `..` behind the mark would be the directory above.
        for bad in ["a/.wh.", "a/.wh..", "a/.wh..."] {
            assert!(removal(bad).is_err(), "{bad}");
        }
    }
}
