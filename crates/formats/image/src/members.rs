use crate::expect::{expect, expect_version};
use crate::source::find_document;
use crate::{Descriptor, ImageError, ImageSource, Index, Kind, MAX_DOCUMENT};
use sage_oci_names::BlobDigest;
use std::collections::BTreeSet;

/// How many indexes may lie in each other.
const MOST_INDEXES: usize = 4;

/// Everything that the index of a source names, and the indexes in it, whatever it is. Indexes themselves are left out, but for
/// those that the source has not got. An index that is named twice is followed once.
///
/// # Errors
///
/// A source that fails or is damaged, or indexes in indexes without an end.
pub fn members(source: &dyn ImageSource) -> Result<Vec<Descriptor>, ImageError> {
    let mut walk = Walk { source, seen: BTreeSet::new(), all: Vec::new() };
    walk.follow(read_index(source)?, 1)?;
    Ok(walk.all)
}

/// What a source is known by: the one manifest or image index that its own index names.
///
/// # Errors
///
/// A source that fails or is damaged, or one of several images.
pub fn whole(source: &dyn ImageSource) -> Result<Descriptor, ImageError> {
    let mut named = read_index(source)?.manifests;
    match (named.pop(), named.len()) {
        (Some(descriptor), 0) => Ok(descriptor),
        (None, _) => Err(ImageError::NoManifests),
        (Some(_), others) => Err(ImageError::Several { count: others + 1 }),
    }
}

struct Walk<'a> {
    source: &'a dyn ImageSource,
    /// Indexes that were followed: a few small documents can name each other a billion times over.
    seen: BTreeSet<BlobDigest>,
    all: Vec<Descriptor>,
}

impl Walk<'_> {
    fn follow(&mut self, index: Index, depth: usize) -> Result<(), ImageError> {
        for entry in index.manifests {
            if entry.media_type.kind() != Kind::Index {
                self.all.push(entry);
                continue;
            }
            if depth == MOST_INDEXES {
                return Err(ImageError::TooDeep { index: entry.digest, most: MOST_INDEXES });
            }
            if !self.seen.insert(entry.digest) {
                continue;
            }
            let Some((index, _)) = find_document::<Index>(self.source, "index", &entry)? else {
                self.all.push(entry);
                continue;
            };
            expect_version("the image index", index.schema_version)?;
            expect("the image index", &index.media_type, Kind::Index)?;
            self.follow(index, depth + 1)?;
        }
        Ok(())
    }
}

/// Reads and checks the index of a source.
fn read_index(source: &dyn ImageSource) -> Result<Index, ImageError> {
    let what = || "the index".to_owned();
    let bytes = source.index().map_err(|source| ImageError::Source { what: what(), source })?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(ImageError::DocumentTooLarge { what: what(), most: MAX_DOCUMENT });
    }
    let index: Index = serde_json::from_slice(&bytes).map_err(|source| ImageError::Json { what: what(), source })?;
    expect_version("the index", index.schema_version)?;
    expect("the index", &index.media_type, Kind::Index)?;
    Ok(index)
}
