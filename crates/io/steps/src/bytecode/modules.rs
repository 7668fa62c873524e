use crate::StepError;
use crate::bytecode::unpack::Unpacked;
use sage_oci_names::PackageName;
use sage_oci_root::{Filter, Installed, Node, NodeKind, RootError, absolute, image_path};
use sage_oci_step::{BytecodePackage, BytecodeStep};
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::BTreeMap;

/// Where packages list modules that `py3compile` must pass over.
const EXCLUDED: &str = "usr/share/python3/bcep/";

/// Sources that were unpacked, and the directories they lie in.
pub(crate) struct Modules {
    /// Path in the image and package of each module, sorted.
    pub(crate) sources: BTreeMap<ImagePath, PackageName>,
    /// The directories, so that the layer repeats their modes and owners.
    pub(crate) directories: Installed,
}

/// Unpacks what `py3compile` would compile: files of the package named `*.py` below the step's directories.
///
/// Modules that the image leaves out are passed over. As in `py3compile`, a module below `/usr/lib/pythonX.Y` is for that version alone. A package may exclude modules from compilation
/// by a list of its own; one whose list concerns this version is refused, for passing over it would be wrong.
pub(crate) fn unpack(step: &BytecodeStep, folder: &mut Unpacked) -> Result<Modules, StepError> {
    let mut modules = Modules { sources: BTreeMap::new(), directories: Installed::default() };
    let version = &step.interpreter.version;
    let filter = Filter::new(&step.exclude, &step.include)?;
    for package in &step.packages {
        let mut directories = Vec::new();
        for directory in &package.directories {
            directories.push(image_path(directory)?);
        }
        let mut lists = Vec::new();
        folder.archive(&package.archive, |path, entry| {
            if path.as_str().starts_with(EXCLUDED) && matches!(entry.kind, EntryKind::File { .. }) {
                lists.push(path.clone());
                return Ok(true);
            }
            Ok(!filter.leaves_out(entry) && modules.take(package, &directories, version, path, entry))
        })?;
        for list in lists {
            let text = sage_oci_files::read_to_string(folder.path(&list))?;
            if let Some(line) = text.lines().find(|line| excludes(line, version)) {
                let why = format!("it excludes modules from compilation, which is not supported: {line}");
                return Err(RootError::Malformed { what: list.absolute(), why }.into());
            }
        }
    }
    folder.make_links()?;
    Ok(modules)
}

/// Whether a line of an exclusion list, `type|versions|directory|pattern`, concerns a version.
///
/// `-3.6` means versions before 3.6, `3.2-` those from 3.2 on, `3.2-3.6` both, an empty range all of them
/// (dh_python3(1), "bcep files"). A line of another form counts as concerning every version.
fn excludes(line: &str, version: &str) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return false;
    }
    let Some(range) = line.split('|').nth(1) else { return true };
    let Some((from, before)) = range.split_once('-') else { return range.is_empty() || range == version };
    let number = |text: &str| -> Option<(u32, u32)> {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let Some(ours) = number(version) else { return true };
    let late_enough = from.is_empty() || number(from).is_none_or(|from| ours >= from);
    let early_enough = before.is_empty() || number(before).is_none_or(|before| ours < before);
    late_enough && early_enough
}

impl Modules {
    /// The modules of each package, both sorted.
    pub(crate) fn by_package(&self) -> Vec<Vec<&ImagePath>> {
        let mut by_package: BTreeMap<&PackageName, Vec<&ImagePath>> = BTreeMap::new();
        for (source, package) in &self.sources {
            by_package.entry(package).or_default().push(source);
        }
        by_package.into_values().collect()
    }

    fn take(
        &mut self,
        package: &BytecodePackage,
        directories: &[ImagePath],
        version: &str,
        path: &ImagePath,
        entry: &Entry,
    ) -> bool {
        if entry.kind == EntryKind::Directory {
            let Entry { mode, uid, gid, .. } = *entry;
            if self.directories.get(path).is_none() {
                let node = Node { kind: NodeKind::Directory, mode, uid, gid, package: None };
                self.directories.insert(path.clone(), node);
            }
            return false;
        }
        let below = directories.iter().any(|directory| path.is_within(directory));
        let replaced = [path, &entry.path].iter().any(|path| {
            package.replaced.contains_key(path.as_str()) || package.replaced.contains_key(&path.absolute())
        });
        let wanted = below && path.as_str().ends_with(".py") && !replaced && is_of_version(path.as_str(), version);
        if wanted {
            self.sources.entry(path.clone()).or_insert_with(|| package.name.clone());
        }
        wanted
    }
}

/// Whether a module is for this version: below `/usr/lib/pythonX.Y` only those of X.Y are.
fn is_of_version(path: &str, version: &str) -> bool {
    let Some(rest) = path.strip_prefix("usr/lib/python") else { return true };
    let named = rest.split('/').next().unwrap_or_default();
    !named.contains('.') || named == version
}

/// Where the byte-code of a module lies (PEP 3147): `a/b.py` gives `a/__pycache__/b.cpython-314.pyc`.
///
/// # Errors
/// The version could not be part of a name.
pub(crate) fn cache_path(source: &ImagePath, version: &str) -> Result<ImagePath, StepError> {
    let stem = source.name().strip_suffix(".py").unwrap_or(source.name());
    let directory = source.parent().unwrap_or_default();
    let cached = format!("{directory}/__pycache__/{stem}.cpython-{}.pyc", version.replace('.', ""));
    Ok(absolute(&cached)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusion_lists_concern_a_range_of_versions() {
        let line = "re|-3.6|/usr/lib/python3/dist-packages/jinja2|.*/async(support|filters).py";
        assert!(!excludes(line, "3.11") && excludes(line, "3.5"));
        assert!(excludes("dir|3.2-|/usr/share/x|y", "3.11") && !excludes("dir|3.12-|/usr/share/x|y", "3.11"));
        assert!(excludes("dir||/usr/share/x|y", "3.11") && excludes("nonsense", "3.11"));
        assert!(!excludes("", "3.11") && !excludes("# a remark", "3.11"));
    }

    #[test]
    fn versions_and_cache_paths() {
        assert!(is_of_version("usr/lib/python3/dist-packages/x.py", "3.14"));
        assert!(is_of_version("usr/lib/python3.14/x.py", "3.14"));
        assert!(!is_of_version("usr/lib/python3.13/x.py", "3.14"));
        assert!(is_of_version("usr/share/app/x.py", "3.14"));
        let cache = |path: &str, version| cache_path(&path.parse().unwrap(), version);
        let path = cache("usr/lib/python3/x.y.py", "3.11").unwrap();
        assert_eq!(path, "usr/lib/python3/__pycache__/x.y.cpython-311.pyc");
        assert_eq!(cache("x.py", "3.11").unwrap(), "__pycache__/x.cpython-311.pyc");
    }
}
