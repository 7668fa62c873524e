use crate::StepError;
use crate::bytecode::modules::cache_path;
use crate::bytecode::unpack::Unpacked;
use sage_oci_root::RootError;
use sage_oci_tree::ImagePath;
use std::path::{Path, PathBuf};

/// How many modules one process compiles, one after the other.
///
/// Part of the contract on bytes: the byte-code of a module can depend on the modules before it in its batch, so batches
/// are made of one group's modules in their sorted order, whatever else is compiled and by how many workers.
const BATCH: usize = 16;

/// Writes the work as one list a worker, in the form that `compile.py` reads. Batch after batch goes to the next worker.
///
/// `groups` are modules that belong together, each group sorted by path: a package's, or a wheel's.
pub(crate) fn write_lists(
    groups: &[Vec<&ImagePath>],
    sources: &Unpacked,
    compiled: &Unpacked,
    version: &str,
    folder: &Path,
    workers: usize,
) -> Result<Vec<PathBuf>, StepError> {
    let mut lists = vec![Vec::new(); workers.max(1)];
    let count = lists.len();
    for (number, batch) in groups.iter().flat_map(|group| group.chunks(BATCH)).enumerate() {
        let list: &mut Vec<u8> = &mut lists[number % count];
        for source in batch {
            if source.as_str().contains('\n') {
                let why = "a module's name holds a newline";
                return Err(RootError::Path { path: source.to_string(), why }.into());
            }
            let (from, to) = (sources.path(source), compiled.path(cache_path(source, version)?));
            list.extend(from.as_os_str().as_encoded_bytes());
            list.push(0);
            list.extend(to.as_os_str().as_encoded_bytes());
            list.extend(b"\0/");
            list.extend(source.as_str().as_bytes());
            list.push(b'\n');
        }
        list.push(b'\n');
    }
    let mut paths = Vec::new();
    for (number, list) in lists.iter().enumerate() {
        let path = folder.join(format!("list-{number}"));
        sage_oci_files::write_atomic(&path, list)?;
        paths.push(path);
    }
    Ok(paths)
}
