use crate::LayoutError;
use sage_oci_image::{IMAGE_LAYOUT_VERSION, ImageSource, MAX_DOCUMENT, OCI_LAYOUT, OciLayout, SourceError, blob_path};
use sage_oci_names::BlobDigest;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A blob of an index leads to the image's own, and that one to the layer's; more is a mistake, or malice.
const MOST_LINKS: usize = 4;

/// An OCI image layout in a folder (OCI image spec, image layout). Blobs may be symbolic links, as in the Nix store.
#[derive(Debug, Clone)]
pub struct LayoutDir {
    path: PathBuf,
}

impl LayoutDir {
    /// Opens a folder after a look at its marker file.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LayoutError> {
        let path = path.into();
        let fail = |why: String| LayoutError::NoLayout { path: path.display().to_string(), why };
        let marker = match sage_oci_files::read_to_string(path.join(OCI_LAYOUT)) {
            Ok(text) => text,
            Err(error) if error.is_not_found() => return Err(fail(format!("it has no file `{OCI_LAYOUT}`"))),
            Err(error) => return Err(error.into()),
        };
        match serde_json::from_str::<OciLayout>(&marker) {
            Ok(layout) if layout.image_layout_version == IMAGE_LAYOUT_VERSION => Ok(Self { path }),
            Ok(layout) => Err(fail(format!("its version is {}", layout.image_layout_version))),
            Err(error) => Err(fail(format!("`{OCI_LAYOUT}` is damaged ({error})"))),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a blob. Links in a Nix store name what they mean as builders see it, at `/nix/store`; a store below another
    /// root (`NIX_REMOTE=local?root=DIR`) has it below that root.
    fn file(&self, digest: &BlobDigest) -> PathBuf {
        let mut path = self.path.join(blob_path(digest));
        for _ in 0..MOST_LINKS {
            let target = sage_oci_files::read_link(&path).ok();
            match target.and_then(|target| below_root(&self.path, &target)) {
                Some(next) => path = next,
                None => break,
            }
        }
        path
    }
}

/// Where `/nix/store/NAME/…` is for a layout at `ROOT/nix/store/…`; none for anything else, which is where it says.
fn below_root(layout: &Path, target: &Path) -> Option<PathBuf> {
    let inside = target.strip_prefix("/").ok()?;
    let store: PathBuf = inside.components().take(2).collect();
    let root = layout.ancestors().skip(1).find(|folder| folder.ends_with(&store))?.ancestors().nth(2)?;
    Some(root.join(inside))
}

impl ImageSource for LayoutDir {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let path = self.path.join("index.json");
        let file = sage_oci_files::open(&path)?;
        file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(sage_oci_files::FileError::at("read", &path))?;
        Ok(bytes)
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(sage_oci_files::open(self.file(digest))?))
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<u64, SourceError> {
        // Of the file behind the path: a blob may be a symbolic link into another store path.
        let path = self.file(digest);
        let metadata = sage_oci_files::open(&path)?.metadata();
        Ok(metadata.map_err(sage_oci_files::FileError::at("look at", &path))?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_below_another_root_is_read_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        let (image, layer) = (root.join("nix/store/a-image"), root.join("nix/store/b-layer"));
        let digest = sage_oci_image::digest_of(b"content");
        let link = image.join(blob_path(&digest));
        sage_oci_files::create_dir_all(link.parent().unwrap()).unwrap();
        sage_oci_files::create_dir_all(&layer).unwrap();
        sage_oci_files::write_atomic(image.join(OCI_LAYOUT), &OciLayout::bytes()).unwrap();
        sage_oci_files::write_atomic(layer.join("blob"), b"content").unwrap();
        sage_oci_files::symlink("/nix/store/b-layer/blob", &link).unwrap();
        let layout = LayoutDir::open(&image).unwrap();
        let mut bytes = Vec::new();
        layout.blob(&digest).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!((bytes.as_slice(), layout.blob_size(&digest).unwrap()), (&b"content"[..], 7));

        let at = |layout: &str, target: &str| below_root(Path::new(layout), Path::new(target));
        assert_eq!(at("/nix/store/a-image", "/nix/store/b/blob"), Some("/nix/store/b/blob".into()));
        assert_eq!(at("/home/me/a-copy", "/nix/store/b/blob"), None);
        assert_eq!(at("/r/nix/store/a-image", "beside"), None);
    }

    #[test]
    fn what_is_no_layout_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let text = || LayoutDir::open(folder.path()).unwrap_err().to_string();
        assert!(text().ends_with("it has no file `oci-layout`"), "{}", text());
        for (marker, why) in [(r#"{"imageLayoutVersion":"2.0.0"}"#, "its version is 2.0.0"), ("{", "is damaged")] {
            sage_oci_files::write_atomic(folder.path().join(OCI_LAYOUT), marker.as_bytes()).unwrap();
            assert!(text().contains(why), "{}", text());
        }
        sage_oci_files::write_atomic(folder.path().join(OCI_LAYOUT), &OciLayout::bytes()).unwrap();
        let layout = LayoutDir::open(folder.path()).unwrap();
        assert!(layout.index().is_err(), "there is no index");
    }
}
