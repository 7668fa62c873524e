use super::failure::Failure;
use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};
use std::path::Path;

const NONE: Option<&str> = None;

/// Gives a folder a second place, which is made.
pub(super) fn mount_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    sage_oci_files::create_dir_all(to).map_err(|error| Failure::file(&error))?;
    bind(from, to)
}

/// Gives a file or folder a second place.
pub(super) fn bind(from: &Path, to: &Path) -> Result<(), Failure> {
    mount(Some(from), to, NONE, MsFlags::MS_BIND, NONE)
        .map_err(|errno| Failure::new(format!("mount `{}` at `{}`", from.display(), to.display()), errno))
}

/// Takes the right to write away from a mount. What else the mount forbids already must be said again (mount(2)).
pub(super) fn read_only(at: &Path) -> Result<(), Failure> {
    let what = || format!("mount `{}` read-only", at.display());
    let has = statvfs(at).map_err(|errno| Failure::new(what(), errno))?.flags();
    let mut flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    for (flag, same) in [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ] {
        if has.contains(flag) {
            flags |= same;
        }
    }
    mount(NONE, at, NONE, flags, NONE).map_err(|errno| Failure::new(what(), errno))
}
