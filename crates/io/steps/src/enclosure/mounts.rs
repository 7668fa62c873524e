use super::bind::{bind, mount_folder, read_only};
use super::device;
use super::failure::Failure;
use super::plan::Plan;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, chroot, pivot_root};
use sage_oci_files::FileError;
use std::path::Path;

/// Names of the root that are never the root's own.
const OURS: [&str; 4] = ["dev", "proc", "sys", "tmp"];
const NONE: Option<&str> = None;

/// Makes the root of a plan `/`, with what belongs there beside it. The working directory is `/` then.
pub(super) fn enter(plan: &Plan) -> Result<(), Failure> {
    let files = |error: FileError| Failure::file(&error);
    // The first thing that needs a right in the namespace: systems that take such rights away say so here.
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .map_err(|errno| Failure::of_namespaces("keep mounts to the new namespace", errno))?;
    let new = plan.skeleton();
    bind(&new, &new)?;
    for entry in sage_oci_files::list(&plan.root).map_err(files)? {
        mount_entry(plan, &entry, &new)?;
    }
    device::fill(&new.join("dev"), &plan.shared_memory())?;
    mount_folder(&plan.scratch(), &new.join("tmp"))?;
    if let Some(folder) = &plan.folder {
        mount_folder(&plan.laid_out(), &new.join(folder.trim_start_matches('/')))?;
    }
    for (place, from) in &plan.mounts {
        let to = new.join(place.trim_start_matches('/'));
        mount_folder(from, &to)?;
        read_only(&to)?;
    }
    mount_proc(&new.join("proc"))?;
    read_only(&new)?;
    change_root(&new)
}

/// One entry of the root's top.
fn mount_entry(plan: &Plan, entry: &Path, new: &Path) -> Result<(), Failure> {
    let files = |error: FileError| Failure::file(&error);
    let Some(name) = entry.file_name() else { return Ok(()) };
    if OURS.iter().any(|ours| name == *ours) {
        return Ok(());
    }
    let to = new.join(name);
    let metadata = sage_oci_files::metadata(entry).map_err(files)?;
    if metadata.is_symlink() {
        let target = sage_oci_files::read_link(entry).map_err(files)?;
        return sage_oci_files::symlink(target, to).map_err(files);
    }
    if metadata.is_dir() {
        mount_folder(entry, &to)?;
    } else {
        sage_oci_files::write_new(&to, b"").map_err(files)?;
        bind(entry, &to)?;
    }
    if plan.writable { Ok(()) } else { read_only(&to) }
}

/// A new process file system for the new namespace of processes. Where the machine hides parts of its own (as Docker does),
/// the kernel refuses a new one; the old one does, then.
fn mount_proc(to: &Path) -> Result<(), Failure> {
    sage_oci_files::create_dir_all(to).map_err(|error| Failure::file(&error))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    if mount(Some("proc"), to, Some("proc"), flags, NONE).is_ok() {
        return Ok(());
    }
    mount(Some("/proc"), to, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)
        .map_err(|errno| Failure::new("mount /proc", errno))
}

/// Makes a mount point `/`. The old root is gone then; where the kernel cannot exchange it, because it is no mount point
/// itself, it is merely out of sight.
fn change_root(new: &Path) -> Result<(), Failure> {
    let failed = |errno| Failure::new(format!("make `{}` the root", new.display()), errno);
    chdir(new).map_err(failed)?;
    // The old root is put over the new one, and the first to be taken off (pivot_root(2), "pivot_root(".", ".")").
    match pivot_root(".", ".") {
        Ok(()) => umount2(".", MntFlags::MNT_DETACH).map_err(failed)?,
        Err(nix::Error::EINVAL) => chroot(".").map_err(failed)?,
        Err(errno) => return Err(failed(errno)),
    }
    chdir("/").map_err(failed)
}
