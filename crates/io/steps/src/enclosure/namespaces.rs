use super::failure::{Failure, errno};
use super::plan::{Plan, Ran};
use super::stage::{ENTER, INNER};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{getegid, geteuid, getppid};
use std::path::Path;
use std::process::Command;

/// Makes the namespaces, and starts the stage that is process 1 in them; that one reports.
pub(super) fn outer(plan: &Plan, file: &Path) -> Result<Option<Vec<Option<Ran>>>, Failure> {
    die_with_parent()?;
    if u32::try_from(getppid().as_raw()) != Ok(plan.parent) {
        // The builder was killed before this process could ask to be told of it.
        return Ok(None);
    }
    let (user, group) = (geteuid(), getegid());
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    unshare(flags).map_err(|errno| Failure::of_namespaces("make namespaces of users, mounts and processes", errno))?;
    // One's own number is all that may be mapped without a right. It must be root's: a new program keeps the right to mount as
    // root only. It is root of nothing but what was made here; files of all others belong to nobody.
    let maps = [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("0 {user} 1")),
        ("/proc/self/gid_map", format!("0 {group} 1")),
    ];
    for (path, text) in maps {
        sage_oci_files::write_new(path, text.as_bytes())
            .map_err(|error| Failure::of_namespaces(format!("write {path}"), errno(&error.source)))?;
    }
    let mut inner = Command::new("/proc/self/exe");
    inner.arg(ENTER).arg(INNER).arg(file);
    inner.status().map_err(Failure::io("start the builder in its namespaces"))?;
    Ok(None)
}

/// Has the kernel kill this process as soon as the one that started it is gone.
pub(super) fn die_with_parent() -> Result<(), Failure> {
    set_pdeathsig(Signal::SIGKILL).map_err(|errno| Failure::new("be told of the builder's end", errno))
}
