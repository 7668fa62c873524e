use crate::{Descriptor, Index, canonical};
use sage_oci_names::BlobDigest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One image in the `manifest.json` of a Docker archive (Docker image spec 1.2, combined image JSON).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerEntry {
    /// The config's path in the archive.
    pub config: String,
    /// The names the image gets.
    pub repo_tags: Vec<String>,
    /// The layers' paths in the archive, bottom first.
    pub layers: Vec<String>,
}

/// The path of a blob in an image layout, and in an archive that is both a layout and a Docker archive.
pub fn blob_path(digest: &BlobDigest) -> String {
    format!("blobs/sha256/{}", digest.sha256().hex())
}

/// The bytes of `manifest.json`, whose paths point into the layout of the same archive.
pub fn docker_manifest(config: &BlobDigest, layers: &[BlobDigest], repo_tags: &[String]) -> Vec<u8> {
    canonical(&[DockerEntry {
        config: blob_path(config),
        repo_tags: repo_tags.to_vec(),
        layers: layers.iter().map(blob_path).collect(),
    }])
}

/// The bytes of an index of one manifest, to go with `manifest.json` in an archive. It gives the image no name.
pub fn transport_index(manifest: &Descriptor) -> Vec<u8> {
    canonical(&Index::new(vec![manifest.clone()], BTreeMap::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest_of;

    #[test]
    fn golden_bytes() {
        let (config, layer) = (digest_of(b"c"), digest_of(b"l"));
        let text = String::from_utf8(docker_manifest(&config, &[layer], &["a:1".to_owned()])).unwrap();
        let (config, layer) = (config.sha256(), layer.sha256());
        assert_eq!(
            text,
            format!(r#"[{{"Config":"blobs/sha256/{config}","Layers":["blobs/sha256/{layer}"],"RepoTags":["a:1"]}}]"#)
        );
    }
}
