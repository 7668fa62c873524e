use crate::SavedError;
use crate::archive::{Archive, Part};
use crate::classic::Classic;
use sage_oci_files::FileError;
use sage_oci_image::{ImageSource, MAX_DOCUMENT, OCI_LAYOUT, SourceError, blob_path};
use sage_oci_names::BlobDigest;
use std::io::{Cursor, Read};

/// An image that an engine has sent, in a file without a name that goes away with this.
#[derive(Debug)]
pub struct Saved {
    archive: Archive,
    /// Of the older kind.
    classic: Option<Classic>,
}

impl Saved {
    /// Takes the stream of an archive apart into a file in the system's place for temporary files.
    ///
    /// # Errors
    ///
    /// It is no archive of one image, is cut off, or there is no room for it.
    pub fn unpack(reader: impl Read) -> Result<Self, SavedError> {
        let archive = Archive::unpack(reader)?;
        let classic = match archive.find(OCI_LAYOUT) {
            Some(_) => None,
            None => Some(Classic::read(&archive)?),
        };
        Ok(Self { archive, classic })
    }

    /// Whether it is of the newer kind, whose manifest is the image's own; for one of the older kind a manifest was made.
    pub fn is_layout(&self) -> bool {
        self.classic.is_none()
    }

    fn part(&self, digest: &BlobDigest) -> Option<Part> {
        match &self.classic {
            Some(classic) => classic.layers.get(digest).cloned(),
            None => self.archive.find(&blob_path(digest)),
        }
    }

    fn document(&self, digest: &BlobDigest) -> Option<&Vec<u8>> {
        self.classic.as_ref().and_then(|classic| classic.documents.get(digest))
    }
}

impl ImageSource for Saved {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        if let Some(classic) = &self.classic {
            return Ok(classic.index.clone());
        }
        let name = "index.json";
        let part = self.archive.find(name).ok_or_else(|| SavedError::Absent { name: name.to_owned() })?;
        let mut bytes = Vec::new();
        part.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(FileError::at("read", name))?;
        Ok(bytes)
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        if let Some(document) = self.document(digest) {
            return Ok(Some(Box::new(Cursor::new(document.clone()))));
        }
        Ok(self.part(digest).map(|part| Box::new(part) as Box<dyn Read + Send>))
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        if let Some(document) = self.document(digest) {
            return Ok(Some(document.len() as u64));
        }
        Ok(self.part(digest).map(|part| part.size()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_fake_image::{Layer, TinyImage};
    use sage_oci_image::{Depth, Image, OciLayout, open_blob, uncompressed, validate};
    use sage_oci_names::{Algorithm, Architecture, Compression};

    fn archive(files: &[(&str, Vec<u8>)], links: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let header = |kind: tar::EntryType, size: usize| {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(size as u64);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header
        };
        for (name, bytes) in files {
            tar.append_data(&mut header(tar::EntryType::Regular, bytes.len()), name, &bytes[..]).unwrap();
        }
        for (name, target) in links {
            tar.append_link(&mut header(tar::EntryType::Symlink, 0), name, target).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn tiny(compression: Compression) -> (TinyImage, Image) {
        let tiny = TinyImage::build(&[Layer::new("data").file("etc/data", "x")], compression);
        let image = Image::open(&tiny.source, Architecture::host().unwrap()).unwrap();
        (tiny, image)
    }

    fn plain(tiny: &TinyImage, image: &Image, at: usize) -> Vec<u8> {
        let layer = &image.layers[at];
        let blob = open_blob(&tiny.source, "layer", &layer.descriptor.digest).unwrap();
        let mut bytes = Vec::new();
        uncompressed(layer.layer_type, blob).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_older_kind_is_an_image() {
        let (tiny, image) = tiny(Compression::usual(Algorithm::Zstd));
        let manifest = br#"[{"Config":"c.json","RepoTags":null,"Layers":["a/layer.tar","b/layer.tar"]}]"#.to_vec();
        let files = [
            ("a/layer.tar", plain(&tiny, &image, 0)),
            ("other/layer.tar", plain(&tiny, &image, 1)),
            ("c.json", image.config_bytes.clone()),
            ("manifest.json", manifest),
        ];
        let links = [("b/layer.tar", "../other/layer.tar"), ("out", "../../etc/passwd")];
        let saved = Saved::unpack(&archive(&files, &links)[..]).unwrap();
        assert_eq!(validate(&saved, Depth::Full).unwrap().images[0].layers, 2);
        assert!(!saved.is_layout());
        let read = Image::open(&saved, Architecture::host().unwrap()).unwrap();
        assert_eq!(read.manifest.config.digest, image.manifest.config.digest);
        assert_eq!(
            read.layers.iter().map(|layer| layer.diff_id).collect::<Vec<_>>(),
            image.layers.iter().map(|layer| layer.diff_id).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_newer_kind_is_a_layout() {
        let (tiny, image) = tiny(Compression::NONE);
        let mut files = vec![
            ("oci-layout".to_owned(), OciLayout::bytes()),
            ("index.json".to_owned(), tiny.documents.index.clone()),
        ];
        files.push((blob_path(&image.descriptor.digest), image.manifest_bytes.clone()));
        files.push((blob_path(&image.manifest.config.digest), image.config_bytes.clone()));
        for (at, layer) in image.layers.iter().enumerate() {
            files.push((blob_path(&layer.descriptor.digest), plain(&tiny, &image, at)));
        }
        let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        let saved = Saved::unpack(&archive(&files, &[])[..]).unwrap();
        assert_eq!(validate(&saved, Depth::Full).unwrap().images[0].layers, 2);
    }

    #[test]
    fn what_is_cut_off_or_incomplete_is_said() {
        assert!(matches!(Saved::unpack(&archive(&[("x", b"x".to_vec())], &[])[..]), Err(SavedError::NoImage)));
        let whole = archive(&[("x", vec![1; 4000])], &[]);
        assert!(matches!(Saved::unpack(&whole[..2000]), Err(SavedError::Tar(_))));
        let manifest = br#"[{"Config":"gone","Layers":[]}]"#.to_vec();
        let error = Saved::unpack(&archive(&[("manifest.json", manifest)], &[])[..]).unwrap_err();
        assert!(matches!(&error, SavedError::Absent { name } if name == "gone"), "{error}");
    }
}
