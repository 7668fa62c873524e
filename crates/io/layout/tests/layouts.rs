//! Layouts in folders: what is read, where links lead, and what is said of what is none.

use sage_oci_hint::Hint as _;
use sage_oci_image::{ImageSource, OCI_LAYOUT, OciLayout, blob_path, digest_of};
use sage_oci_layout::{LayoutDir, LayoutError};
use sage_oci_names::BlobDigest;
use std::io::Read;
use std::path::Path;

/// An empty layout in a folder.
fn layout(folder: &Path) -> LayoutDir {
    sage_oci_files::create_dir_all(folder.join("blobs/sha256")).unwrap();
    sage_oci_files::write_atomic(folder.join(OCI_LAYOUT), &OciLayout::bytes()).unwrap();
    LayoutDir::open(folder).unwrap()
}

fn read(layout: &LayoutDir, digest: &BlobDigest) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let blob = layout.blob(digest).map_err(|error| error.to_string())?;
    blob.ok_or("absent")?.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[test]
fn blobs_and_the_index_are_read_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let layout = layout(folder.path());
    assert_eq!(layout.path(), folder.path());
    let digest = digest_of(b"content");
    sage_oci_files::write_atomic(folder.path().join(blob_path(&digest)), b"content").unwrap();
    sage_oci_files::write_atomic(folder.path().join("index.json"), b"{ }").unwrap();
    assert_eq!(read(&layout, &digest).unwrap(), b"content");
    assert_eq!((layout.blob_size(&digest).unwrap(), layout.index().unwrap()), (Some(7), b"{ }".to_vec()));
    let absent = digest_of(b"absent");
    assert_eq!(read(&layout, &absent).unwrap_err(), "absent");
    assert_eq!(layout.blob_size(&absent).unwrap(), None);
}

/// A hostile index may be of any size; so much is read that whoever parses it sees that it is too long.
#[test]
fn an_endless_index_is_read_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let layout = layout(folder.path());
    let long = vec![b' '; usize::try_from(sage_oci_image::MAX_DOCUMENT).unwrap() + 1000];
    sage_oci_files::write_atomic(folder.path().join("index.json"), &long).unwrap();
    assert_eq!(layout.index().unwrap().len() as u64, sage_oci_image::MAX_DOCUMENT + 1);
}

/// An index's blob leads to the image's, that to the layer's, each by the name that it has in the store.
#[test]
fn links_are_followed_below_the_roots_own_store_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("root/nix/store");
    let digest = digest_of(b"content");
    let layout = layout(&store.join("index"));
    let place = |name: &str| store.join(name).join(blob_path(&digest));
    for name in ["image", "layer"] {
        sage_oci_files::create_dir_all(place(name).parent().unwrap()).unwrap();
    }
    let inside = |name: &str| format!("/nix/store/{name}/{}", blob_path(&digest));
    sage_oci_files::symlink(inside("image"), place("index")).unwrap();
    sage_oci_files::symlink(inside("layer"), place("image")).unwrap();
    sage_oci_files::write_atomic(place("layer"), b"content").unwrap();
    assert_eq!((read(&layout, &digest).unwrap(), layout.blob_size(&digest).unwrap()), (b"content".to_vec(), Some(7)));
    // A circle ends, and is an error.
    sage_oci_files::remove_file(place("layer")).unwrap();
    sage_oci_files::symlink(inside("index"), place("layer")).unwrap();
    assert!(read(&layout, &digest).is_err());
    // A link to the side is the file system's own to follow.
    sage_oci_files::remove_file(place("index")).unwrap();
    sage_oci_files::write_atomic(place("index").with_file_name("beside"), b"beside").unwrap();
    sage_oci_files::symlink("beside", place("index")).unwrap();
    assert_eq!(read(&layout, &digest).unwrap(), b"beside");
}

#[test]
fn what_is_no_layout_says_what_is_missing_and_what_to_give() {
    let folder = tempfile::tempdir().unwrap();
    let refused = || LayoutDir::open(folder.path()).unwrap_err();
    let error = refused();
    assert!(matches!(error, LayoutError::NoLayout { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("{} is no OCI layout: it has no file `oci-layout`", folder.path().display()));
    assert_eq!(error.hint().as_deref(), Some("give the folder that holds `oci-layout` and `index.json`"));
    for marker in ["", "[]", "{\"imageLayoutVersion\":1}"] {
        sage_oci_files::write_atomic(folder.path().join(OCI_LAYOUT), marker.as_bytes()).unwrap();
        assert!(refused().to_string().contains("`oci-layout` is damaged ("), "{marker}");
    }
    // A marker that cannot be read is not absent.
    sage_oci_files::remove_file(folder.path().join(OCI_LAYOUT)).unwrap();
    sage_oci_files::create_dir_all(folder.path().join(OCI_LAYOUT)).unwrap();
    let error = refused();
    assert!(matches!(error, LayoutError::File(_)) && error.to_string().contains("oci-layout"), "{error:?}");
}
