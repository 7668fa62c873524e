use super::permissions::{Meta, Permissions};
use super::root::{RootEntry, RootFile, RootKind, RootTree};
use super::{Base, accounts, layer, read_base, registration};
use crate::{StepError, sealing};
use sage_oci_layer::LayerInfo;
use sage_oci_names::StorePath;
use sage_oci_root::absolute;
use sage_oci_step::{ClosureTopStep, Owner};
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::path::Path;

/// glibc without this file asks DNS for `localhost`.
const NSSWITCH: &str = "hosts: files dns\n";
const DEFAULTS: &str = "the image's defaults";

/// Does a [`ClosureTopStep`]: `blob` and `layer.json` in `out`.
pub(crate) fn run(step: &ClosureTopStep, out: &Path, threads: usize) -> Result<(), StepError> {
    let base =
        step.from_image.as_ref().map(|path| read_base(Path::new(path.as_str()), step.architecture)).transpose()?;
    sage_oci_files::create_dir_all(out)?;
    let info = write(step, base.as_ref(), &out.join("blob"), threads)?;
    sealing::write_layer_document(&step.layer.name, &info, out)
}

/// Writes the top layer.
pub(crate) fn write(
    step: &ClosureTopStep,
    base: Option<&Base>,
    blob: &Path,
    threads: usize,
) -> Result<LayerInfo, StepError> {
    let tree = tree(step, base)?;
    layer::write(&step.layer, blob, threads, |writer, permissions| {
        for (path, entry) in tree.iter().filter(|(path, entry)| !holds_store(path, entry, &step.layer.paths)) {
            put(&step.layer.name, writer, path, entry, permissions)?;
        }
        Ok(())
    })
}

/// Whether an entry is a directory above the store; those come with the store paths.
fn holds_store(path: &ImagePath, entry: &RootEntry, paths: &[sage_oci_step::ClosurePath]) -> bool {
    let above = |store: &StorePath| ImagePath::anchored(store.store_dir()).is_ok_and(|dir| dir.is_within(path));
    entry.kind.is_directory() && paths.iter().any(|store| above(&store.path))
}

/// Everything outside the store: the trees, the user, and what is missing of the usual files.
fn tree(step: &ClosureTopStep, base: Option<&Base>) -> Result<RootTree, StepError> {
    let mut tree = RootTree::new(base.map(|base| base.tree.clone()).unwrap_or_default());
    let mut seen: Vec<&StorePath> = Vec::new();
    for top in &step.copy_to_root {
        if !seen.contains(&top) {
            tree.add_tree(top, step.root_files)?;
            seen.push(top);
        }
    }
    let text = |text: String, from: &str| RootEntry::new(RootKind::File(RootFile::Text(text)), 0o644, from);
    let base_text = |path: &str| base.and_then(|base| base.texts.get(path)).map(String::as_str);
    let (passwd, group) = accounts::texts(base_text("etc/passwd"), base_text("etc/group"), step.user.as_ref())?;
    for (path, content) in [("etc/passwd", passwd), ("etc/group", group)] {
        // A tree's own accounts win, unless a user is to be added to them: then both want the file.
        let at = absolute(path)?;
        let there = tree.has(&at) || base_text(path).is_some();
        if step.user.is_some() {
            tree.add(&at, text(content, "the option `user`"))?;
        } else if !there {
            tree.add(&at, text(content, DEFAULTS))?;
        }
    }
    let nsswitch = absolute("etc/nsswitch.conf")?;
    if base.is_none() && !tree.has(&nsswitch) {
        tree.add(&nsswitch, text(NSSWITCH.to_owned(), DEFAULTS))?;
    }
    for (path, mode) in [("tmp", 0o1777), ("root", 0o700)] {
        let path = absolute(path)?;
        if !tree.is_below(&path) {
            tree.directory(&path, mode, 0, 0)?;
        }
    }
    if let Some(user) = &step.user {
        // A home that is the root is nobody's to make.
        if user.home().contains(|c| c != '/') {
            tree.directory(&absolute(&user.home())?, 0o755, user.uid, user.gid())?;
        }
    }
    if !step.registration.is_empty() {
        let content = registration::text(&step.registration);
        tree.add(&absolute(registration::PATH)?, text(content, "the option `includeNixDB`"))?;
    }
    Ok(tree)
}

fn put(
    layer: &sage_oci_names::LayerName,
    writer: &mut layer::Writer,
    path: &ImagePath,
    entry: &RootEntry,
    permissions: &Permissions,
) -> Result<(), StepError> {
    let meta = permissions.apply(path, &entry.kind, entry.mode, Owner { uid: entry.uid, gid: entry.gid })?;
    let Meta { mode, uid, gid, xattrs } = meta;
    let of = |kind| Entry { mode, uid, gid, xattrs, ..Entry::new(path.clone(), kind) };
    let written = match &entry.kind {
        RootKind::Directory => writer.append_empty(&of(EntryKind::Directory)),
        RootKind::Symlink(target) => writer.append_empty(&of(EntryKind::Symlink { target: target.clone() })),
        RootKind::File(RootFile::Text(text)) => {
            writer.append(&of(EntryKind::File { size: text.len() as u64 }), &mut text.as_bytes())
        }
        RootKind::File(RootFile::Copy(source, size)) => {
            let mut file = sage_oci_files::open(source)?;
            writer.append(&of(EntryKind::File { size: *size }), &mut file)
        }
    };
    written.map_err(|source| StepError::Layer { layer: layer.clone(), source: Box::new(source) })
}
