use crate::StepError;
use crate::run_step::date;
use sage_oci_deb::{Deb, DebError};
use sage_oci_files::FileError;
use sage_oci_names::{PackageName, Sha256};
use sage_oci_root::{Filter, Installed, Node, NodeKind, RootError, Stored, is_merged_link, merged_usr};
use sage_oci_step::LayerPackage;
use sage_oci_tree::{EntryKind, ImagePath};
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;

/// How much of a file is in memory.
const BUFFER: usize = 128 << 10;

/// What a package brings to the root.
pub(super) struct Brought {
    pub(super) path: ImagePath,
    pub(super) kind: EntryKind,
    pub(super) executable: bool,
    /// Of a file.
    sha256: Option<Sha256>,
}

/// Writes the files of a package, and says what else it brings.
///
/// A file that is there already is read all the same, so that it can be told whether it is the same file.
pub(super) fn unpack(package: &LayerPackage, filter: &Filter, out: &Path) -> Result<Vec<Brought>, StepError> {
    let failed = |source: DebError| StepError::Archive { archive: package.archive.clone(), source: Box::new(source) };
    let deb = Deb::open(sage_oci_files::open(&package.archive)?).map_err(failed)?;
    let stanza = deb.control().stanza().map_err(failed)?;
    let found = stanza.get("Package").unwrap_or_default();
    if found != package.name.as_str() {
        return Err(StepError::WrongPackage { expected: package.name.clone(), found: found.to_owned() });
    }
    let limit = deb.control().unpacked_limit().map_err(failed)?;
    let mut data = deb.data(limit).map_err(failed)?;
    let (mut all, mut files) = (Vec::new(), BTreeSet::new());
    while let Some((entry, mut body)) = data.next_entry().map_err(failed)? {
        let merged_directory = entry.kind == EntryKind::Directory && is_merged_link(&entry.path);
        if entry.path.is_root() || merged_directory || is_replaced(package, &entry.path) || filter.leaves_out(&entry) {
            continue;
        }
        let path = merged_usr(&entry.path).into_owned();
        let executable = entry.mode & 0o111 != 0;
        let (mut kind, mut sha256) = (entry.kind.clone(), None);
        match &mut kind {
            EntryKind::File { .. } => {
                sha256 = Some(write(&mut body, &out.join(&path), executable, &failed)?);
                files.insert(path.clone());
            }
            EntryKind::HardLink { target } => {
                *target = merged_usr(target).into_owned();
                if !files.contains(target) {
                    let (path, target) = (path.into(), target.to_string());
                    return Err(StepError::HardLink { package: package.name.clone(), path, target });
                }
            }
            EntryKind::Directory | EntryKind::Symlink { .. } | EntryKind::Whiteout | EntryKind::Opaque => {}
        }
        all.push(Brought { path, kind, executable, sha256 });
    }
    Ok(all)
}

/// Whether another package replaces a path of this one.
fn is_replaced(package: &LayerPackage, path: &ImagePath) -> bool {
    // The lock writes paths as it found them: with or without the leading slash, before or after merging.
    let merged = merged_usr(path);
    let named = |path: &ImagePath| {
        package.replaced.contains_key(path.as_str()) || package.replaced.contains_key(&path.absolute())
    };
    named(path) || named(&merged)
}

/// Writes a file where none is yet; the digest of its content.
fn write(
    body: &mut impl Read,
    at: &Path,
    executable: bool,
    failed: &impl Fn(DebError) -> StepError,
) -> Result<Sha256, StepError> {
    if let Some(parent) = at.parent() {
        sage_oci_files::create_dir_all(parent)?;
    }
    let mut file = sage_oci_files::create_new(at, executable)?;
    let (mut hasher, mut buffer) = (Hasher::new(), vec![0; BUFFER]);
    loop {
        let length = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(DebError::from(error))),
        };
        hasher.update(&buffer[..length]);
        if let Some(file) = &mut file {
            file.write_all(&buffer[..length]).map_err(FileError::at("write", at))?;
        }
    }
    if let Some(file) = &file {
        date(file, at)?;
    }
    Ok(Sha256::new(hasher.finalize().into()))
}

/// Notes what a package brings. What is there already must be the same.
pub(super) fn install(installed: &mut Installed, item: &Brought, package: &PackageName) -> Result<(), StepError> {
    let (kind, executable) = match &item.kind {
        EntryKind::Directory => (NodeKind::Directory, true),
        EntryKind::Symlink { target } => (NodeKind::Symlink(target.clone()), true),
        EntryKind::File { size } => {
            let sha256 = item.sha256.ok_or(StepError::Stopped)?;
            (NodeKind::File(Stored { size: *size, sha256 }), item.executable)
        }
        EntryKind::HardLink { target } => match installed.get(target) {
            Some(Node { kind, mode, .. }) => (kind.clone(), mode & 0o111 != 0),
            None => return Err(StepError::Stopped),
        },
        EntryKind::Whiteout | EntryKind::Opaque => {
            let why = "a package cannot take files away".to_owned();
            return Err(RootError::Malformed { what: item.path.absolute(), why }.into());
        }
    };
    let mode = if executable { 0o755 } else { 0o644 };
    let node = Node { kind, mode, uid: 0, gid: 0, package: Some(package.clone()) };
    match installed.get(&item.path) {
        None => _ = installed.insert(item.path.clone(), node),
        Some(known) if (&known.kind, known.mode) == (&node.kind, node.mode) => {}
        Some(known) => {
            let (path, first) = (item.path.to_string(), describe(known));
            return Err(RootError::Conflict { path, first, second: describe(&node) }.into());
        }
    }
    Ok(())
}

/// Who brings something, and as what.
pub(super) fn describe(node: &Node) -> String {
    let who = node.package.as_ref().map_or_else(|| "the step".to_owned(), |name| format!("package {name}"));
    let what = match &node.kind {
        NodeKind::Directory => "directory".to_owned(),
        NodeKind::Symlink(target) => format!("symbolic link to {target}"),
        NodeKind::File(Stored { size, sha256 }) => format!("file of {size} bytes, {:04o}, sha256 {sha256}", node.mode),
    };
    format!("{who} ({what})")
}
