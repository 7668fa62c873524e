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

/// The bytes of an index for transport: one manifest under a name.
///
/// Engines on containerd take the name from `io.containerd.image.name`; podman reads `org.opencontainers.image.ref.name`.
/// The name is not part of the image: manifest and config stay the same bytes.
pub fn transport_index(manifest: &Descriptor, name: &str) -> Vec<u8> {
    let mut manifest = manifest.clone();
    for key in ["io.containerd.image.name", "org.opencontainers.image.ref.name"] {
        manifest.annotations.insert(key.to_owned(), name.to_owned());
    }
    canonical(&Index::new(vec![manifest], BTreeMap::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MediaType, digest_of};

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

    #[test]
    fn transport_keeps_the_manifest() {
        let descriptor = Descriptor::of(MediaType::Manifest, b"{}");
        let index: Index = serde_json::from_slice(&transport_index(&descriptor, "docker.io/library/a:1")).unwrap();
        assert_eq!(index.manifests[0].digest, descriptor.digest);
        assert_eq!(index.manifests[0].annotations["io.containerd.image.name"], "docker.io/library/a:1");
    }
}
