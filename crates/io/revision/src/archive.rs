use crate::contents::Contents;
use crate::kept::{Filling, Kept, digest};
use crate::{Opening, Revision, RevisionError, whole};
use flate2::read::MultiGzDecoder;
use sage_oci_files::FileError;
use sage_oci_source::{BlobId, FileKind, SourceFile};
use sage_oci_tree::ImagePath;
use sage_oci_wanted::Identity;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::atomic::Ordering;
use tar::EntryType;

/// What an archive may unpack to; this only guards the machine.
const LIMIT: u64 = 4 << 30;

/// Opens a `.tar.gz` of the project's source, without its one top folder. It is unpacked once; the cache is found by its digest.
///
/// # Errors
/// [`RevisionError::Archive`]: it is cut off or damaged, has a path that leads out, a second top folder, or something that is neither
/// a file, a folder nor a link. Or it is no archive of the project.
pub fn archive_tree(path: &Path, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    let folder = opening.cache.join("sources");
    let key = format!("{}.archive", digest(path)?.hex());
    let found = match Kept::open(&folder, &key)? {
        Some(found) => Some(found),
        None => {
            unpack(path, Filling::begin(&folder, &key)?, opening)?;
            Kept::open(&folder, &key)?
        }
    };
    let gone = || FileError::at("read", &folder)(io::ErrorKind::NotFound.into());
    let (tree, _, kept) = found.ok_or_else(gone)?;
    let mut revision = Revision {
        tree,
        identity: Identity::default(),
        left_out: Vec::new(),
        changed: BTreeMap::new(),
        contents: Contents::Kept(kept),
    };
    whole::complete(&mut revision, &format!("`{}`", path.display()), opening.project)?;
    Ok(revision)
}

fn unpack(path: &Path, mut filling: Filling, opening: &Opening<'_>) -> Result<(), RevisionError> {
    let failed = |why: String| RevisionError::Archive { path: path.to_owned(), why };
    let io = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => failed("it ends too early".to_owned()),
        _ => failed(error.to_string()),
    };
    let file = BufReader::with_capacity(256 * 1024, sage_oci_files::open(path)?);
    // Not the reader of packages and layers: archives of sources begin with a global header that names their commit.
    let mut tar = tar::Archive::new(MultiGzDecoder::new(file).take(LIMIT));
    let mut top: Option<String> = None;
    for entry in tar.entries().map_err(io)? {
        let mut entry = entry.map_err(io)?;
        if opening.stop.load(Ordering::Relaxed) {
            return Err(RevisionError::Stopped);
        }
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let raw = entry.path_bytes().into_owned();
        let name = String::from_utf8(raw)
            .map_err(|error| RevisionError::NotUtf8 { name: String::from_utf8_lossy(error.as_bytes()).into_owned() })?;
        let (first, rest) = split(&name).map_err(|why| failed(format!("the path `{name}`: {why}")))?;
        if top.get_or_insert_with(|| first.clone()) != &first {
            return Err(failed(format!("beside the top folder `{}` there is `{first}`", top.unwrap_or_default())));
        }
        let executable = entry.header().mode().map_err(io)? & 0o100 != 0;
        let kind = match kind {
            EntryType::Directory => continue,
            EntryType::Symlink => FileKind::Symlink,
            EntryType::Regular | EntryType::Continuous if executable => FileKind::Executable,
            EntryType::Regular | EntryType::Continuous => FileKind::Regular,
            _ => return Err(failed(format!("`{name}` is neither a file, a folder nor a symbolic link"))),
        };
        if rest.is_empty() {
            return Err(failed(format!("`{first}` is no folder")));
        }
        let mut content = Vec::new();
        if kind == FileKind::Symlink {
            content.extend_from_slice(&entry.link_name_bytes().unwrap_or_default());
        } else {
            let size = entry.size();
            entry.read_to_end(&mut content).map_err(io)?;
            if content.len() as u64 != size {
                return Err(failed("it ends too early".to_owned()));
            }
        }
        filling.add(rest, SourceFile { id: BlobId::of(&content), kind }, &content, true)?;
    }
    // The check sum stands behind everything.
    let mut rest = tar.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(io)?;
    if rest.limit() == 0 {
        return Err(failed(format!("it unpacks to more than {LIMIT} bytes")));
    }
    if top.is_none() {
        return Err(failed("there is nothing in it".to_owned()));
    }
    filling.commit("")
}

/// The top folder and what is below it.
fn split(name: &str) -> Result<(String, String), &'static str> {
    let path = ImagePath::relative(name).map_err(|error| error.why())?;
    let (first, rest) = path.as_str().split_once('/').unwrap_or((path.as_str(), ""));
    if first.is_empty() { Err("it names no folder") } else { Ok((first.to_owned(), rest.to_owned())) }
}
