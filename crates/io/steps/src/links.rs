use crate::StepError;
use sage_oci_root::RootError;
use sage_oci_step::LinksStep;
use sage_oci_tree::ImagePath;
use std::path::Path;

/// Makes the folder of a [`LinksStep`].
pub(crate) fn run(step: &LinksStep, out: &Path) -> Result<(), StepError> {
    sage_oci_files::create_dir_all(out)?;
    for (path, target) in &step.links {
        let inside =
            ImagePath::relative(path).map_err(|error| RootError::Path { path: path.clone(), why: error.why() })?;
        let link = out.join(inside);
        if let Some(parent) = link.parent() {
            sage_oci_files::create_dir_all(parent)?;
        }
        sage_oci_files::symlink(target, &link)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(path: &str) -> LinksStep {
        LinksStep { links: [(path.to_owned(), "/nix/store/x/bin/tool".to_owned())].into() }
    }

    #[test]
    fn links_stay_inside() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        run(&step("bin/tool"), &out).unwrap();
        assert_eq!(sage_oci_files::read_link(out.join("bin/tool")).unwrap(), Path::new("/nix/store/x/bin/tool"));
        assert!(matches!(run(&step("../tool"), &out), Err(StepError::Root(RootError::Path { .. }))));
    }
}
