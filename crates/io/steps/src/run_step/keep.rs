use super::below::below;
use super::error::RunError;
use crate::StepError;
use sage_oci_files::FileError;
use sage_oci_step::RunStep;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Copies what is to be kept to the output.
pub(super) fn keep(step: &RunStep, laid_out: &Path, out: &Path) -> Result<(), StepError> {
    sage_oci_files::create_dir_all(out)?;
    for (path, kept) in &step.keep {
        let (from, to) = (find(step, laid_out, path)?, out.join(below(kept)?));
        if let Some(parent) = to.parent() {
            sage_oci_files::create_dir_all(parent)?;
        }
        copy(step, path, &from, &to)?;
    }
    Ok(())
}

/// A regular file that the commands have left below the folder.
pub(super) fn regular(step: &RunStep, laid_out: &Path, path: &str) -> Result<PathBuf, StepError> {
    let at = find(step, laid_out, path)?;
    if sage_oci_files::metadata(&at)?.is_file() { Ok(at) } else { Err(strange(step, path)) }
}

/// Where a path below the folder lies, no link on the way: whatever runs can make links, and they would lead to files of
/// the machine here.
fn find(step: &RunStep, laid_out: &Path, path: &str) -> Result<PathBuf, StepError> {
    let path = below(path)?;
    for above in path.ancestors().chain([path.clone()]) {
        let metadata = match sage_oci_files::metadata(laid_out.join(&above)) {
            Err(error) if error.is_not_found() || error.kind() == std::io::ErrorKind::NotADirectory => {
                let (subject, path) = (step.subject.clone(), path.to_string());
                return Err(RunError::Missing { subject, path }.into());
            }
            other => other?,
        };
        if metadata.is_symlink() {
            return Err(strange(step, above.as_str()));
        }
    }
    Ok(laid_out.join(&path))
}

/// Copies a file or a folder with all that is in it; links stay as they are written. Of the mode stays whether a file can
/// be executed.
fn copy(step: &RunStep, path: &str, from: &Path, to: &Path) -> Result<(), StepError> {
    let metadata = sage_oci_files::metadata(from)?;
    if metadata.is_dir() {
        sage_oci_files::create_dir_all(to)?;
        for entry in sage_oci_files::list(from)? {
            let Some(name) = entry.file_name() else { continue };
            let path = format!("{path}/{}", name.display());
            if sage_oci_files::metadata(&entry)?.is_symlink() {
                sage_oci_files::symlink(sage_oci_files::read_link(&entry)?, to.join(name))?;
            } else {
                copy(step, &path, &entry, &to.join(name))?;
            }
        }
    } else if metadata.is_file() {
        let file = sage_oci_files::copy_new(from, to)?;
        let mode = if metadata.permissions().mode() & 0o111 != 0 { 0o555 } else { 0o444 };
        file.set_permissions(std::fs::Permissions::from_mode(mode)).map_err(FileError::at("set the mode of", to))?;
    } else {
        return Err(strange(step, path));
    }
    Ok(())
}

fn strange(step: &RunStep, path: &str) -> StepError {
    RunError::Strange { subject: step.subject.clone(), path: path.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn step(keep: &[(&str, &str)]) -> RunStep {
        RunStep {
            mounts: BTreeMap::new(),
            root: String::new(),
            subject: "demo".to_owned(),
            folder: "/build".to_owned(),
            files: BTreeMap::new(),
            empty: BTreeSet::new(),
            folders: BTreeSet::new(),
            env: BTreeMap::new(),
            directory: String::new(),
            commands: Vec::new(),
            keep: keep.iter().map(|(path, to)| ((*path).to_owned(), (*to).to_owned())).collect(),
            reads: BTreeMap::new(),
        }
    }

    #[test]
    fn files_and_folders_are_kept_with_their_links() {
        let dir = tempfile::tempdir().unwrap();
        let (from, out) = (dir.path().join("from"), dir.path().join("out"));
        sage_oci_files::create_dir_all(from.join("d/e")).unwrap();
        sage_oci_files::write_new(from.join("d/e/f"), b"f").unwrap();
        sage_oci_files::symlink("/etc/passwd", from.join("d/l")).unwrap();
        sage_oci_files::create_program(from.join("p")).unwrap();
        keep(&step(&[("d", "kept/d"), ("p", "p")]), &from, &out).unwrap();
        assert_eq!(sage_oci_files::read(out.join("kept/d/e/f")).unwrap(), b"f");
        assert_eq!(sage_oci_files::read_link(out.join("kept/d/l")).unwrap(), Path::new("/etc/passwd"));
        let mode = |path: &str| sage_oci_files::metadata(out.join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("p"), mode("kept/d/e/f")), (0o555, 0o444));
    }

    #[test]
    fn no_link_leads_to_files_of_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let (from, out) = (dir.path().join("from"), dir.path().join("out"));
        sage_oci_files::create_dir_all(&from).unwrap();
        sage_oci_files::symlink("/etc", from.join("etc")).unwrap();
        sage_oci_files::symlink("/etc/passwd", from.join("passwd")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(from.join("socket")).unwrap();
        for path in ["etc/passwd", "passwd", "etc", "socket"] {
            let error = keep(&step(&[(path, "x")]), &from, &out).unwrap_err().to_string();
            assert!(error.contains("neither a file nor a folder"), "{error}");
        }
        let error = keep(&step(&[("none/x", "x")]), &from, &out).unwrap_err().to_string();
        assert!(error.contains("demo") && error.contains("none/x"), "{error}");
        assert!(keep(&step(&[("x", "../x")]), &from, &out).is_err());
    }
}
