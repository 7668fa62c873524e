use crate::StepError;
use crate::layer::control;
use crate::layer::library::Spool;
use crate::layer::rules::{Metadata, Rules};
use data_encoding::HEXLOWER;
use md5::Md5;
use sage_oci_deb::{Control, Deb, DebError, Stanza};
use sage_oci_layer::PackageRecord;
use sage_oci_ldcache::ElfFacts;
use sage_oci_names::Sha256;
use sage_oci_root::{Conffiles, Content, Item, Sums, info_files};
use sage_oci_step::LayerPackage;
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The size of the pieces in which a file's content goes to the writer.
pub(crate) const PIECE: usize = 256 << 10;

/// What unpacking a package gives, in the order in which it is written.
pub(crate) enum Event {
    /// An entry at its place in the image. A file's `Piece`s and one `End` follow.
    Entry(Entry),
    /// A part of the last file.
    Piece(Vec<u8>),
    /// The last file is complete.
    End { sha256: Sha256, facts: Option<ElfFacts> },
    /// The step leaves out what would be at this path.
    LeftOut(ImagePath),
    /// A file of dpkg's database.
    Info(Item),
    /// The package is complete.
    Record(PackageRecord),
}

/// Takes events; an error ends the unpacking.
pub(crate) type Emit<'a> = dyn FnMut(Event) -> Result<(), StepError> + 'a;

/// Unpacks one package: checks it against the lock, applies the rules to each entry, hashes files.
///
/// Memory is bounded by a few pieces and the control member; `scratch` takes one shared object at a time.
pub(crate) fn unpack(
    package: &LayerPackage,
    rules: &Rules<'_>,
    scratch: &Path,
    emit: &mut Emit<'_>,
) -> Result<(), StepError> {
    let failed = |source: DebError| StepError::Archive { archive: package.archive.clone(), source: Box::new(source) };
    let file = sage_oci_files::open(&package.archive)?;
    let mut deb = Deb::open(file).map_err(failed)?;
    let control = deb.take_control();
    control::check(&control, &package.name, &package.scripts)?;
    let stanza = control.stanza().map_err(failed)?;
    let limit = control.unpacked_limit().map_err(failed)?;
    let mut data = deb.data(limit).map_err(failed)?;
    let mut state = State::new(&control, scratch);
    while let Some((entry, mut body)) = data.next_entry().map_err(failed)? {
        if !entry.path.is_root() && !rules.is_replaced(package, &entry.path) {
            state.paths.push(entry.path.clone());
        }
        if let Some(path) = rules.left_out(package, &entry) {
            state.pass_over(&entry, &mut body, &failed)?;
            emit(Event::LeftOut(path))?;
            continue;
        }
        let Some(path) = rules.destination(package, &entry) else { continue };
        let layer_entry = state.entry(package, rules, &entry, path)?;
        let is_file = matches!(entry.kind, EntryKind::File { .. });
        emit(Event::Entry(layer_entry))?;
        if is_file {
            state.body(&entry, &mut body, emit, &failed)?;
        }
    }
    for item in info_files(&stanza, &control, &state.paths, state.sums.as_ref())? {
        emit(Event::Info(item))?;
    }
    emit(Event::Record(record(package, &stanza, &control, state.conffiles)))
}

fn record(package: &LayerPackage, stanza: &Stanza, control: &Control, conffiles: Conffiles) -> PackageRecord {
    PackageRecord {
        package: package.name.clone(),
        control: stanza.as_str().to_owned(),
        conffiles: conffiles.records(),
        triggers: control.get("triggers").map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// What is known of a package so far.
#[derive(Default)]
struct State {
    /// The archive's paths in order.
    paths: Vec<ImagePath>,
    /// Files that were unpacked, by their paths in the image: what hard links may name.
    files: BTreeMap<ImagePath, (Metadata, BTreeMap<String, Vec<u8>>)>,
    conffiles: Conffiles,
    /// The MD5 of each file, where the package brings no list of its own.
    sums: Option<Sums>,
    spool: Spool,
}

impl State {
    fn new(control: &Control, scratch: &Path) -> Self {
        let sums = control.get("md5sums").is_none().then(Sums::default);
        Self { conffiles: Conffiles::of(control), sums, spool: Spool::new(scratch), ..Self::default() }
    }

    fn entry(
        &mut self,
        package: &LayerPackage,
        rules: &Rules<'_>,
        entry: &Entry,
        path: ImagePath,
    ) -> Result<Entry, StepError> {
        let mut metadata = rules.metadata(&path, entry);
        let mut xattrs = entry.xattrs.clone();
        let mut kind = entry.kind.clone();
        match &mut kind {
            EntryKind::File { .. } => _ = self.files.insert(path.clone(), (metadata, xattrs.clone())),
            EntryKind::HardLink { target } => {
                if let Some(sums) = &mut self.sums {
                    sums.link(&entry.path, target);
                }
                *target = rules.place(package, target);
                let Some((known, attributes)) = self.files.get(target) else {
                    let (path, target) = (path.into(), target.to_string());
                    return Err(StepError::HardLink { package: package.name.clone(), path, target });
                };
                // Both names are one file: it can have one owner only, and the first name decides.
                (metadata, xattrs) = (*known, attributes.clone());
            }
            EntryKind::Directory | EntryKind::Symlink { .. } | EntryKind::Whiteout | EntryKind::Opaque => {}
        }
        let Metadata { mode, uid, gid } = metadata;
        Ok(Entry { mode, uid, gid, xattrs, ..Entry::new(path, kind) })
    }

    /// Takes of an entry what dpkg's database says of it; a package without a list of digests gets the same one either way.
    fn pass_over(
        &mut self,
        entry: &Entry,
        body: &mut impl Read,
        failed: &impl Fn(DebError) -> StepError,
    ) -> Result<(), StepError> {
        if let (EntryKind::HardLink { target }, Some(sums)) = (&entry.kind, &mut self.sums) {
            sums.link(&entry.path, target);
        }
        self.body(entry, body, &mut |_| Ok(()), failed)
    }

    fn body(
        &mut self,
        entry: &Entry,
        body: &mut impl Read,
        emit: &mut Emit<'_>,
        failed: &impl Fn(DebError) -> StepError,
    ) -> Result<(), StepError> {
        let EntryKind::File { size } = entry.kind else { return Ok(()) };
        let mut hasher = Hasher::new();
        let mut md5 = (self.sums.is_some() || self.conffiles.contains(&entry.path)).then(Md5::new);
        let library = self.spool.wants(&entry.path);
        let mut left = size;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let mut piece = vec![0; length];
            body.read_exact(&mut piece).map_err(|error| failed(DebError::from(error)))?;
            left -= length as u64;
            hasher.update(&piece);
            if let Some(md5) = &mut md5 {
                md5.update(&piece);
            }
            if library {
                self.spool.write(&piece)?;
            }
            emit(Event::Piece(piece))?;
        }
        if let Some(md5) = md5 {
            let md5 = HEXLOWER.encode(&md5.finalize());
            if let Some(sums) = &mut self.sums {
                sums.add(&entry.path, &md5);
            }
            if self.conffiles.contains(&entry.path) {
                self.conffiles.found(&entry.path, md5);
            }
        }
        let facts = if library { self.spool.facts(&entry.path)? } else { None };
        emit(Event::End { sha256: Sha256::new(hasher.finalize().into()), facts })
    }
}

impl Event {
    /// The entry and the bytes of a file that was made here.
    pub(crate) fn info_entry(item: &Item) -> (Entry, &[u8]) {
        let (kind, bytes): (_, &[u8]) = match &item.content {
            Content::Directory => (EntryKind::Directory, &[]),
            Content::Symlink(target) => (EntryKind::Symlink { target: target.clone() }, &[]),
            Content::File(bytes) => (EntryKind::File { size: bytes.len() as u64 }, bytes),
        };
        let Item { mode, uid, gid, .. } = *item;
        (Entry { mode, uid, gid, ..Entry::new(item.path.clone(), kind) }, bytes)
    }
}
