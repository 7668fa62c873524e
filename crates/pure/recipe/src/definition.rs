use sage_oci_definition::{FileKind, Resolved, Upstream};
use sage_oci_names::{BlobDigest, PackageName, Sha256};
use serde::Serialize;
use sha2::Digest as _;
use std::collections::{BTreeMap, BTreeSet};

/// What the digest is of: JSON without white space, fields in the order in which they stand here and in [`Resolved`], tables sorted.
/// Whatever is added is left out where it is empty, so that the digests of others stay.
#[derive(Serialize)]
struct Document<'a> {
    /// What the definition says, as [`Resolved`] serialises.
    image: &'a Resolved,
    /// The digests of the files that it places and the patches that it applies, by name.
    files: BTreeMap<&'a str, Sha256>,
    /// The text of apt's sources, which the channel's definition gives.
    apt_sources: &'a str,
    /// How commits are laid over the package; in an image of a commit only.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<&'a Upstream>,
    /// The packages that the image with the compilers asks for; in an image of a commit only.
    #[serde(skip_serializing_if = "Option::is_none")]
    compilers: Option<BTreeSet<&'a PackageName>>,
}

/// The digest of what a definition decides of an image, beside the lock: as images say it in `org.sage-oci.definition`.
///
/// Other images, checks, comments, the order of what is wanted, reasons and addresses do not count; nor does how layers are
/// compressed, which can be chosen for each push. `apt_sources` and `placed` are those of the image's surroundings. That an image is of a commit
/// counts, and not of which; `compilers` is the image whose packages compile it then.
pub fn definition(
    image: &Resolved,
    apt_sources: &str,
    placed: &BTreeMap<String, String>,
    compilers: Option<&Resolved>,
) -> BlobDigest {
    let upstream = image.upstream.as_ref().filter(|_| compilers.is_some());
    let compilers = compilers.map(|compilers| compilers.wanted.iter().map(|wanted| &wanted.value).collect());
    let document = Document { image, files: files(image, placed), apt_sources, upstream, compilers };
    let text = serde_json::to_vec(&document).expect("definitions have string keys and plain values");
    BlobDigest::new(Sha256::new(sha2::Sha256::digest(text).into()))
}

/// Those that the image names, or the one that it extends.
fn files<'a>(image: &'a Resolved, all: &'a BTreeMap<String, String>) -> BTreeMap<&'a str, Sha256> {
    let both = || image.extends.as_deref().into_iter().chain([image]);
    let placed = both().flat_map(|image| &image.files).filter_map(|(_, kind)| match kind {
        FileKind::Source(name) | FileKind::Patch { patch: name, .. } => Some(name),
        FileKind::Link(_) | FileKind::Directory => None,
    });
    let patches = both().flat_map(|image| &image.sources).flat_map(|source| &source.patches);
    let digest = |name: &'a String| {
        let text = all.get(name)?;
        Some((name.as_str(), Sha256::new(sha2::Sha256::digest(text).into())))
    };
    placed.chain(patches).filter_map(digest).collect()
}
