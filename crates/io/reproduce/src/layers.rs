//! A layer as it was published, and as it was built again.

use crate::ReproduceError;
use sage_oci_files as files;
use sage_oci_image::{HashingReader, ImageLayer, ImageSource, check_layer, open_blob};
use sage_oci_layer::{LayerError, read_foreign_layer};
use sage_oci_names::{BlobDigest, DiffId, Sha256};
use sage_oci_verify::{Facts, Found, Sameness, Verdict, compare};
use std::io::Read;
use std::path::Path;

/// What came of a layer.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) rebuilt: Option<DiffId>,
    pub(crate) found: Vec<Found>,
    pub(crate) why: Option<String>,
}

impl Judged {
    pub(crate) fn different(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Different, rebuilt: None, found: Vec::new(), why: Some(why.into()) }
    }
}

/// Compares a published layer with the blob in the output `out` of a layer's step. `keeps_blobs` says whether the place of the image
/// has layers as they were published; where it does not, the uncompressed stream counts.
pub(crate) fn judge(
    source: &dyn ImageSource,
    layer: &ImageLayer,
    keeps_blobs: bool,
    out: &Path,
    name: &str,
) -> Result<Judged, ReproduceError> {
    // Nothing is believed of the image: its blob may be another one than its manifest says.
    if let Err(error) = check_layer(source, layer) {
        return Ok(Judged::different(error.to_string()));
    }
    let blob = out.join("blob");
    let stored = digest(&blob)?;
    if stored == layer.descriptor.digest {
        return Ok(Judged { verdict: Verdict::SameBytes, rebuilt: Some(layer.diff_id), found: Vec::new(), why: None });
    }
    let no_layer = |error: LayerError| ReproduceError::NoLayer { name: name.to_owned(), why: error.to_string() };
    let (again, diff_id) = entries(files::open(&blob)?).map_err(no_layer)?;
    let rebuilt = Some(diff_id);
    if diff_id == layer.diff_id {
        let differ = vec![Sameness::Compression];
        let verdict = if keeps_blobs { Verdict::SameContent { differ } } else { Verdict::SameBytes };
        return Ok(Judged { verdict, rebuilt, found: Vec::new(), why: None });
    }
    let published = open_blob(source, "layer", &layer.descriptor.digest).map_err(Box::new)?;
    let (published, _) = entries(published).map_err(no_layer)?;
    let (verdict, found) = compare(&published, &again);
    Ok(Judged { verdict, rebuilt, found, why: None })
}

/// Whether two steps made the same blob, byte for byte.
pub(crate) fn same_blob(one: &Path, other: &Path) -> Result<bool, ReproduceError> {
    Blob::of(one)?.same(other)
}

/// What is left of a blob when it is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Blob(BlobDigest);

impl Blob {
    /// Of a step's output.
    pub(crate) fn of(out: &Path) -> Result<Self, ReproduceError> {
        Ok(Self(digest(&out.join("blob"))?))
    }

    /// Whether a step's output has the same.
    pub(crate) fn same(&self, out: &Path) -> Result<bool, ReproduceError> {
        Ok(*self == Self::of(out)?)
    }
}

/// What is in a layer, in its order, and the digest of its stream.
fn entries(blob: impl Read) -> Result<(Vec<Facts>, DiffId), LayerError> {
    let mut all = Vec::new();
    let read = read_foreign_layer(blob, |entry, body| -> Result<(), LayerError> {
        let sha256 = (entry.size() > 0).then(|| hash(body)).transpose()?;
        all.push(Facts { entry: entry.clone(), sha256 });
        Ok(())
    })?;
    Ok((all, read.diff_id))
}

fn hash(body: impl Read) -> std::io::Result<Sha256> {
    let mut body = HashingReader::new(body);
    std::io::copy(&mut body, &mut std::io::sink())?;
    Ok(body.finish())
}

fn digest(blob: &Path) -> Result<BlobDigest, ReproduceError> {
    let file = files::open(blob)?;
    Ok(BlobDigest::new(hash(file).map_err(files::FileError::at("read", blob))?))
}
