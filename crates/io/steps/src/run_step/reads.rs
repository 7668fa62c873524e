use super::below::below;
use super::depfile::dependencies;
use super::error::RunError;
use super::keep;
use crate::StepError;
use sage_oci_step::RunStep;
use sage_oci_tree::ImagePath;
use std::collections::BTreeSet;
use std::path::Path;

/// The file that makes a folder a package of Python: compilers look whether it is there, and some of them say so.
const MARKER: &str = "__init__.py";

/// Holds the lists of what the commands have read to what the step says.
pub(super) fn check(
    step: &RunStep,
    folder: &ImagePath,
    directory: &ImagePath,
    laid_out: &Path,
) -> Result<(), StepError> {
    for (list, expected) in &step.reads {
        let path = keep::regular(step, laid_out, list)?;
        let text = sage_oci_files::read_to_string(path)?;
        let there = |path: &ImagePath| step.files.contains_key(path.as_str()) || step.empty.contains(path.as_str());
        let named = dependencies(&text);
        let read = named.iter().filter_map(|name| inside(name, folder, directory)).filter(there);
        let read: BTreeSet<String> = read.map(String::from).filter(|path| !is_marker(path)).collect();
        let expected: BTreeSet<String> = expected.iter().filter(|path| !is_marker(path)).cloned().collect();
        if read != expected {
            return Err(RunError::Reads {
                subject: step.subject.clone(),
                unexpected: read.difference(&expected).cloned().collect(),
                unread: expected.difference(&read).cloned().collect(),
            }
            .into());
        }
    }
    // A path of the step in another form than the one it is compared in would never be found.
    for path in step.reads.values().flatten() {
        if below(path)?.as_str() != path {
            return Err(StepError::Spec { why: format!("the path `{path}` is not in its normal form") });
        }
    }
    Ok(())
}

fn is_marker(path: &str) -> bool {
    path.rsplit('/').next() == Some(MARKER)
}

/// The path below the folder of a name in a list, which is seen from the directory that the commands were run in.
fn inside(name: &str, folder: &ImagePath, directory: &ImagePath) -> Option<ImagePath> {
    // A link's target is seen from the folder that the link lies in.
    let from = folder.join(directory).child("x").ok()?;
    from.target(name)?.strip_prefix(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_seen_from_where_commands_run() {
        let (folder, directory) = (ImagePath::parse("build").unwrap(), ImagePath::parse("src/x").unwrap());
        let inside = |name| inside(name, &folder, &directory).map(String::from);
        assert_eq!(inside("a.h").unwrap(), "src/x/a.h");
        assert_eq!(inside("./../y//a.h").unwrap(), "src/y/a.h");
        assert_eq!(inside("/build/src/a.h").unwrap(), "src/a.h");
        assert_eq!(inside("/usr/include/stdio.h"), None);
        assert_eq!(inside("../../../usr/include/stdio.h"), None);
        assert_eq!(inside("/buildings/a.h"), None);
    }
}
