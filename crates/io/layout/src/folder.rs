use crate::LayoutError;
use sage_oci_files::FileError;
use sage_oci_image::{IMAGE_LAYOUT_VERSION, ImageSource, MAX_DOCUMENT, OCI_LAYOUT, OciLayout, SourceError, blob_path};
use sage_oci_names::BlobDigest;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What an archive of `docker save` has, unpacked; one of Docker 25 and later is a layout, too.
const DOCKER_MANIFEST: &str = "manifest.json";
/// A blob of an index leads to the image's own, and that one to the layer's; more is a mistake, or malice.
const MOST_LINKS: usize = 4;

/// An OCI image layout in a folder (OCI image spec, image layout). Blobs may be symbolic links, as in the Nix store.
#[derive(Debug, Clone)]
pub struct LayoutDir {
    path: PathBuf,
}

impl LayoutDir {
    /// Opens a folder after a look at its marker file.
    ///
    /// # Errors
    ///
    /// Nothing is there, or a file (an archive is told apart), or a folder that is no layout.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LayoutError> {
        let path = path.into();
        let name = || path.display().to_string();
        let fail = |why: String| LayoutError::NoLayout { path: name(), why };
        let marker = match sage_oci_files::read_to_string(path.join(OCI_LAYOUT)) {
            Ok(text) => text,
            Err(error) => return Err(why_not(&path)?.unwrap_or_else(|| error.into())),
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

/// What is at a path that has no marker file; none where it has one that cannot be read.
fn why_not(path: &Path) -> Result<Option<LayoutError>, FileError> {
    let name = path.display().to_string();
    if !sage_oci_files::exists(path)? {
        return Ok(Some(LayoutError::NothingThere { path: name }));
    }
    let real = sage_oci_files::real_path(path)?;
    let metadata = sage_oci_files::metadata(&real)?;
    if metadata.is_file() {
        let mut start = Vec::new();
        let file = sage_oci_files::open(&real)?;
        file.take(ARCHIVE_START).read_to_end(&mut start).map_err(FileError::at("read", &real))?;
        return Ok(Some(match is_archive(&start) {
            true => LayoutError::Archive { path: name },
            false => LayoutError::NoFolder { path: name },
        }));
    }
    if !metadata.is_dir() {
        return Ok(Some(LayoutError::NoFolder { path: name }));
    }
    if sage_oci_files::exists(path.join(OCI_LAYOUT))? {
        return Ok(None);
    }
    if sage_oci_files::exists(path.join(DOCKER_MANIFEST))? {
        return Ok(Some(LayoutError::DockerArchive { path: name }));
    }
    Ok(Some(LayoutError::NoLayout { path: name, why: format!("it has no file `{OCI_LAYOUT}`") }))
}

/// How much of a file says whether it is an archive: one header of a tar archive.
const ARCHIVE_START: u64 = 512;

/// Whether a file begins as a tar archive does (POSIX, pax, ustar), or as what one is compressed with.
fn is_archive(start: &[u8]) -> bool {
    let compressed: [&[u8]; 4] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh"];
    start.get(257..262) == Some(b"ustar") || compressed.iter().any(|magic| start.starts_with(magic))
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
        file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(FileError::at("read", &path))?;
        Ok(bytes)
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        match sage_oci_files::open(self.file(digest)) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        // Of the file behind the path: a blob may be a symbolic link into another store path.
        let path = match sage_oci_files::real_path(self.file(digest)) {
            Ok(path) => path,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let metadata = sage_oci_files::metadata(&path)?;
        // A pipe has no size, and whoever opens it waits.
        if !metadata.is_file() {
            return Err(LayoutError::NoFile { path: path.display().to_string() }.into());
        }
        Ok(Some(metadata.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;

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
        layout.blob(&digest).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!((bytes.as_slice(), layout.blob_size(&digest).unwrap()), (&b"content"[..], Some(7)));

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

    #[test]
    fn a_blob_is_a_file_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        sage_oci_files::write_atomic(folder.path().join(OCI_LAYOUT), &OciLayout::bytes()).unwrap();
        let layout = LayoutDir::open(folder.path()).unwrap();
        let digest = sage_oci_image::digest_of(b"content");
        let absent = || (layout.blob(&digest).unwrap().is_none(), layout.blob_size(&digest).unwrap());
        assert_eq!(absent(), (true, None), "there are no blobs at all");
        let path = folder.path().join(blob_path(&digest));
        sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
        sage_oci_files::symlink("gone", &path).unwrap();
        assert_eq!(absent(), (true, None), "a link leads nowhere");
        sage_oci_files::remove_file(&path).unwrap();
        for other in ["/dev/zero", "/"] {
            sage_oci_files::symlink(other, &path).unwrap();
            let error = layout.blob_size(&digest).unwrap_err().to_string();
            assert_eq!(error, format!("{other} is no file"));
            sage_oci_files::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn what_is_no_folder_is_said_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let said = |name: &str| {
            let error = LayoutDir::open(path(name)).unwrap_err();
            let replaced = |text: String| text.replace(&folder.path().display().to_string(), "");
            (replaced(error.to_string()), replaced(error.hint().unwrap()))
        };
        assert_eq!(said("nosuch").0, "there is nothing at /nosuch");
        let mut tar = [0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        sage_oci_files::write_atomic(path("x.tar"), &tar).unwrap();
        sage_oci_files::write_atomic(path("x.tar.gz"), b"\x1f\x8b\x08").unwrap();
        for name in ["x.tar", "x.tar.gz"] {
            let (text, hint) = said(name);
            assert_eq!(text, format!("/{name} is an archive, not a folder with an OCI layout"));
            assert!(hint.contains(&format!("tar -xf /{name}")), "{hint}");
        }
        sage_oci_files::write_atomic(path("text"), b"text").unwrap();
        assert_eq!(said("text").0, "/text is no folder");
        sage_oci_files::symlink("/dev/null", path("device")).unwrap();
        assert_eq!(said("device").0, "/device is no folder");
        sage_oci_files::create_dir_all(path("saved")).unwrap();
        sage_oci_files::write_atomic(path("saved/manifest.json"), b"[]").unwrap();
        let (text, hint) = said("saved");
        assert_eq!(text, "/saved is what `docker save` writes, and no OCI layout");
        assert!(hint.contains("skopeo copy docker-archive:"), "{hint}");
    }
}
