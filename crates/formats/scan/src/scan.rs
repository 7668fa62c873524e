use crate::elf::Passing;
use crate::marks::{Marks, OVERLAP};
use crate::{python, texts};
use md5::{Digest, Md5};
use sage_oci_delta::FlatTree;
use sage_oci_flat::{Dpkg, FlatError, Walked, read_layer, walk};
use sage_oci_image::{Image, ImageSource};
use sage_oci_ldcache::search_path;
use sage_oci_lint::{Check, Content, Seen};
use sage_oci_names::Architecture;
use sage_oci_tree::{Entry, ImagePath};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// How many bytes are looked at at once.
const PIECE: usize = 256 << 10;
/// No module of Python is larger.
const MOST_SOURCE: usize = 64 << 20;

/// What was learned of an image.
#[derive(Debug, Default)]
pub struct Scanned {
    /// What a container sees.
    pub tree: FlatTree,
    /// What its package database says.
    pub dpkg: Dpkg,
    /// What was learned of each regular file; of one with several names, by one of them.
    pub seen: BTreeMap<ImagePath, Seen>,
    /// The bytes of the small files that rules read.
    pub texts: BTreeMap<ImagePath, Vec<u8>>,
}

/// Reads an image and looks at every file that a container sees. `forbidden` are texts that must not be in any of them; `watch` is told of
/// each file's size.
///
/// # Errors
///
/// A layer is not what the image's documents promise, or is no layer.
pub fn scan(
    source: &dyn ImageSource,
    image: &Image,
    forbidden: &[String],
    mut watch: impl FnMut(u64),
) -> Result<Scanned, FlatError> {
    let mut scanner = Scanner::new(forbidden);
    let Walked { tree, dpkg } = walk(source, image, |entry: &Entry, body: &mut dyn Read| {
        let size = scanner.look(entry, body)?;
        watch(size);
        Ok::<_, FlatError>(())
    })?;
    scanner.look_again(source, image, &tree)?;
    Ok(Scanned { tree, dpkg, seen: scanner.seen, texts: scanner.texts })
}

impl Scanned {
    /// The folders in which programs of the image find libraries, in the order of the loader.
    ///
    /// # Errors
    ///
    /// Why they cannot be told: it is for another machine than those known here, or its configuration includes itself.
    pub fn libraries(&self, image: &Image) -> Result<Vec<String>, String> {
        let architecture = Architecture::parse(&image.config.architecture).map_err(|error| error.to_string())?;
        let texts = self.texts.iter().filter(|(path, _)| path.as_str().starts_with("etc/ld.so.conf"));
        let texts = texts.map(|(path, bytes)| (path.absolute(), String::from_utf8_lossy(bytes).into_owned())).collect();
        search_path(&texts, architecture).map_err(|error| error.to_string())
    }
}

/// When an image says that it was made, in seconds since 1970.
pub fn created(image: &Image) -> Option<i64> {
    let created: jiff::Timestamp = image.config.created.as_ref()?.parse().ok()?;
    Some(created.as_second())
}

struct Scanner {
    marks: Marks,
    /// Where a piece of a file lies while it is looked at; one for all files.
    piece: Vec<u8>,
    seen: BTreeMap<ImagePath, Seen>,
    texts: BTreeMap<ImagePath, Vec<u8>>,
    /// The interpreter that the image's byte-code is for.
    magic: Option<python::Magic>,
    /// Modules that came before any byte-code.
    early: BTreeSet<ImagePath>,
}

impl Scanner {
    fn new(forbidden: &[String]) -> Self {
        let (seen, texts) = (BTreeMap::new(), BTreeMap::new());
        let piece = vec![0; OVERLAP + PIECE];
        Self { marks: Marks::new(forbidden), piece, seen, texts, magic: None, early: BTreeSet::new() }
    }

    fn look(&mut self, entry: &Entry, body: &mut dyn Read) -> Result<u64, FlatError> {
        let path = &entry.path;
        let failed = |source| FlatError::Visit { path: path.to_string(), source };
        let wants_all = texts::wants(path);
        let is_python = path.as_str().ends_with(".py");
        let mut kept = Vec::new();
        // The piece begins with the end of the one before it.
        let (mut before, mut at) = (0, 0);
        let (mut sum, mut seen, mut passing) = (Md5::new(), Seen::default(), None);
        loop {
            let read = fill(body, &mut self.piece[before..]).map_err(failed)?;
            let new = &self.piece[before..before + read];
            sum.update(new);
            if at == 0 {
                seen.content = begins(path, new, &mut self.magic);
                passing = Passing::is_elf(new).then(Passing::default);
            }
            if let Some(passing) = &mut passing {
                passing.take(at, new);
            }
            if is_python && kept.len() < MOST_SOURCE || wants_all && (kept.len() as u64) < texts::MOST {
                kept.extend_from_slice(new);
            }
            let all = before + read;
            self.marks.look(&self.piece[..all], &mut seen.marks);
            at += read as u64;
            if all < self.piece.len() {
                break;
            }
            self.piece.copy_within(all - OVERLAP..all, 0);
            before = OVERLAP;
        }
        seen.md5 = sum.finalize().into();
        if let Some(passing) = passing {
            seen.content = passing.finish();
        } else if is_python {
            seen.content = Content::Python(self.magic.map(|magic| python::digest(magic, &kept)));
            if self.magic.is_none() {
                self.early.insert(path.clone());
            }
        }
        if wants_all {
            self.texts.insert(path.clone(), kept);
        }
        self.seen.insert(path.clone(), seen);
        Ok(at)
    }

    /// The modules that came before the interpreter was known.
    fn look_again(&mut self, source: &dyn ImageSource, image: &Image, tree: &FlatTree) -> Result<(), FlatError> {
        let Some(magic) = self.magic else { return Ok(()) };
        let mut layers: BTreeMap<usize, BTreeSet<ImagePath>> = BTreeMap::new();
        for path in std::mem::take(&mut self.early) {
            if let Some(node) = tree.nodes.get(&path) {
                layers.entry(usize::from(node.layer)).or_default().insert(path);
            }
        }
        for (layer, wanted) in layers {
            let Some(layer) = image.layers.get(layer) else { continue };
            read_layer(source, layer, &|path| wanted.contains(path), |entry, body| {
                let mut bytes = Vec::new();
                let failed = |source| FlatError::Visit { path: entry.path.to_string(), source };
                body.take(MOST_SOURCE as u64).read_to_end(&mut bytes).map_err(failed)?;
                if let Some(seen) = self.seen.get_mut(&entry.path) {
                    seen.content = Content::Python(Some(python::digest(magic, &bytes)));
                }
                Ok::<_, FlatError>(())
            })?;
        }
        Ok(())
    }
}

/// What the beginning of a file says of it; the first byte-code that is known by a digest says for which interpreter it is.
fn begins(path: &ImagePath, start: &[u8], interpreter: &mut Option<python::Magic>) -> Content {
    if !path.as_str().ends_with(".pyc") {
        return Content::Other;
    }
    let (magic, check) = python::byte_code(start);
    if matches!(check, Check::Digest(_)) {
        *interpreter = interpreter.or(magic);
    }
    Content::ByteCode(check)
}

/// Reads until the buffer is full or nothing comes any more.
fn fill(body: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match body.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
