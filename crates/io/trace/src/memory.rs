use nix::Result;
use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// What the memory of every machine is at least cut into.
const PAGE: usize = 4096;
/// The longest path that the kernel takes, with its end.
const PATH: usize = 4096;
/// How much of a path is read at once; hardly one is longer.
const PART: usize = 256;

fn address(at: u64) -> Result<usize> {
    usize::try_from(at).map_err(|_| Errno::EFAULT)
}

/// Whether a call is forbidden that needs no more rights than to trace: some containers allow the latter only.
fn forbidden(errno: Errno) -> bool {
    matches!(errno, Errno::EPERM | Errno::ENOSYS)
}

fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// A process's memory as a file, which every tracer may open.
fn file(process: Pid) -> Result<File> {
    sage_oci_files::open_or_create(format!("/proc/{process}/mem")).map_err(|error| errno(&error.source))
}

/// Reads memory of a stopped process, as far as there is any; says how many bytes.
pub(crate) fn read_some(process: Pid, at: u64, bytes: &mut [u8]) -> Result<usize> {
    let there = RemoteIoVec { base: address(at)?, len: bytes.len() };
    match process_vm_readv(process, &mut [IoSliceMut::new(bytes)], &[there]) {
        Err(error) if forbidden(error) => file(process)?.read_at(bytes, at).map_err(|error| errno(&error)),
        other => other,
    }
}

/// Reads memory of a stopped process.
pub(crate) fn read(process: Pid, at: u64, bytes: &mut [u8]) -> Result<()> {
    if read_some(process, at, bytes)? == bytes.len() { Ok(()) } else { Err(Errno::EFAULT) }
}

/// Writes memory of a stopped process, where it could itself.
pub(crate) fn write(process: Pid, at: u64, bytes: &[u8]) -> Result<()> {
    let there = RemoteIoVec { base: address(at)?, len: bytes.len() };
    let written = match process_vm_writev(process, &[IoSlice::new(bytes)], &[there]) {
        Err(error) if forbidden(error) => file(process)?.write_at(bytes, at).map_err(|error| errno(&error)),
        other => other,
    }?;
    if written == bytes.len() { Ok(()) } else { Err(Errno::EFAULT) }
}

/// Reads a path, which a zero ends.
pub(crate) fn read_path(process: Pid, at: u64) -> Result<PathBuf> {
    let (mut path, mut part, mut from) = (Vec::new(), [0; PART], at);
    while path.len() < PATH {
        // Not beyond the page: the next one may be nobody's.
        let length = PART.min(PAGE - address(from)? % PAGE);
        read(process, from, &mut part[..length])?;
        if let Some(end) = part[..length].iter().position(|byte| *byte == 0) {
            path.extend_from_slice(&part[..end]);
            return Ok(OsString::from_vec(path).into());
        }
        path.extend_from_slice(&part[..length]);
        from = from.checked_add(length as u64).ok_or(Errno::EFAULT)?;
    }
    Err(Errno::ENAMETOOLONG)
}
