use super::bind::bind;
use super::failure::Failure;
use std::path::Path;

/// Devices that programs may use; they are the machine's, mounted.
const DEVICES: [&str; 6] = ["full", "null", "random", "tty", "urandom", "zero"];
/// Links that programs expect.
const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stderr", "/proc/self/fd/2"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
];

/// Fills the folder that becomes `/dev`; the same names on every machine.
pub(super) fn fill(dev: &Path, shared_memory: &Path) -> Result<(), Failure> {
    let files = |error: sage_oci_files::FileError| Failure::file(&error);
    sage_oci_files::create_dir_all(dev.join("shm")).map_err(files)?;
    for name in DEVICES {
        let (from, to) = (Path::new("/dev").join(name), dev.join(name));
        if sage_oci_files::exists(&from).map_err(files)? {
            sage_oci_files::write_new(&to, b"").map_err(files)?;
            bind(&from, &to)?;
        }
    }
    for (name, target) in LINKS {
        sage_oci_files::symlink(target, dev.join(name)).map_err(files)?;
    }
    bind(shared_memory, &dev.join("shm"))
}
