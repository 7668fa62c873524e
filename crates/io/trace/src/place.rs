use std::path::{Component, Path, PathBuf};

/// An absolute path without `.` and `..`; links are not followed. `from` is the folder at which a relative one begins.
pub(crate) fn absolute(path: &Path, from: Option<&Path>) -> Option<PathBuf> {
    let whole = if path.is_absolute() { path.to_owned() } else { from?.join(path) };
    let mut plain = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    Some(plain)
}

/// The files and folders that a program is to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outputs(Vec<(PathBuf, PathBuf)>);

impl Outputs {
    /// Outputs as they were named, each with the path that it has once links are followed, where the two differ: a program that
    /// names a file by its working folder uses the latter.
    pub(crate) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let real = |path: &Path| {
            let parent = sage_oci_files::real_path(path.parent()?).ok()?;
            Some(parent.join(path.file_name()?))
        };
        let both = paths.into_iter().flat_map(|path| {
            let name = PathBuf::from(path.file_name().unwrap_or(path.as_os_str()));
            let real = real(&path).filter(|real| *real != path);
            [Some(path), real].into_iter().flatten().map(move |path| (path, name.clone()))
        });
        Self(both.collect())
    }

    /// What a path is called where an output is called by its own name only: `out/blob`. `None` where it is in no output.
    pub(crate) fn name(&self, path: &Path) -> Option<PathBuf> {
        self.0.iter().find_map(|(output, name)| match path.strip_prefix(output).ok()? {
            rest if rest.as_os_str().is_empty() => Some(name.clone()),
            rest => Some(name.join(rest)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_out() {
        let absolute = |path: &str, from: Option<&str>| absolute(Path::new(path), from.map(Path::new));
        assert_eq!(absolute("/a/./b/../c", None), Some("/a/c".into()));
        assert_eq!(absolute("/../../a", None), Some("/a".into()));
        assert_eq!(absolute("../b/", Some("/x/y")), Some("/x/b".into()));
        assert_eq!(absolute("cpu0/..", Some("/sys")), Some("/sys".into()));
        assert_eq!(absolute("b", None), None);
    }

    #[test]
    fn outputs_are_called_by_their_own_name() {
        let outputs = Outputs::new([PathBuf::from("/nowhere/work/out"), PathBuf::from("/nowhere/work/contents")]);
        let name = |path: &str| outputs.name(Path::new(path));
        assert_eq!(name("/nowhere/work/out/a/blob"), Some("out/a/blob".into()));
        assert_eq!(name("/nowhere/work/contents"), Some("contents".into()));
        assert_eq!(name("/nowhere/work/outer"), None);
        assert_eq!(name("/nowhere/work"), None);
    }

    #[test]
    fn an_output_is_known_by_its_real_path_too() {
        let folder = tempfile::tempdir().unwrap();
        let real = sage_oci_files::real_path(folder.path()).unwrap();
        sage_oci_files::create_dir_all(real.join("real")).unwrap();
        sage_oci_files::symlink("real", real.join("link")).unwrap();
        let outputs = Outputs::new([real.join("link/out")]);
        assert_eq!(outputs.name(&real.join("real/out/x")), Some("out/x".into()));
        assert_eq!(outputs.name(&real.join("link/out/x")), Some("out/x".into()));
    }
}
