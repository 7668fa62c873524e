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
    /// The image does not have what its documents say.
    pub(crate) is_damaged: bool,
    /// It came out like that on an older processor, and not on this machine's.
    pub(crate) on_old_processor: bool,
}

impl Judged {
    fn new(verdict: Verdict, rebuilt: Option<DiffId>) -> Self {
        Self { verdict, rebuilt, found: Vec::new(), why: None, is_damaged: false, on_old_processor: false }
    }

    /// The image has no such layer.
    pub(crate) fn absent() -> Self {
        Self { why: Some("the image has no such layer".to_owned()), ..Self::new(Verdict::Different, None) }
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
    match check_layer(source, layer) {
        Ok(_) => {}
        Err(error) if error.is_of_the_place() => return Err(Box::new(error).into()),
        Err(error) => {
            let why = Some(error.to_string());
            return Ok(Judged { why, is_damaged: true, ..Judged::new(Verdict::Different, None) });
        }
    }
    let blob = out.join("blob");
    let stored = digest(&blob)?;
    if stored == layer.descriptor.digest {
        return Ok(Judged::new(Verdict::SameBytes, Some(layer.diff_id)));
    }
    let no_layer = |error: LayerError| ReproduceError::NoLayer { name: name.to_owned(), why: error.to_string() };
    let (again, diff_id) = entries(files::open(&blob)?).map_err(no_layer)?;
    let rebuilt = Some(diff_id);
    if diff_id == layer.diff_id {
        let differ = vec![Sameness::Compression];
        let verdict = if keeps_blobs { Verdict::SameContent { differ } } else { Verdict::SameBytes };
        return Ok(Judged::new(verdict, rebuilt));
    }
    let published = open_blob(source, "layer", &layer.descriptor.digest).map_err(Box::new)?;
    let (published, _) = entries(published)
        .map_err(|error| ReproduceError::Foreign { name: name.to_owned(), why: error.to_string() })?;
    let (verdict, found) = compare(&published, &again);
    Ok(Judged { found, ..Judged::new(verdict, rebuilt) })
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
