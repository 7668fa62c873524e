use crate::{MesonError, Places};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What `meson install` would install into Python's own folder, as far as it is known before anything is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallPlan {
    /// Single files, by their path below Python's folder, as `sage/all.py`.
    pub files: BTreeMap<String, Installed>,
    /// Whole folders of the tree, below its top folder, by their path below Python's folder.
    pub folders: BTreeMap<String, String>,
}

/// Where an installed file comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Installed {
    /// A file of the tree, below its top folder.
    Source(String),
    /// A file that `meson setup` writes, from the build folder.
    Configured(String),
    /// A file that is built, from the build folder.
    Built(String),
}

/// What stands before paths in Python's own folder, for modules with and without machine code.
const PYTHON: [&str; 2] = ["{py_platlib}/", "{py_purelib}/"];

impl InstallPlan {
    /// Reads `meson-info/intro-install_plan.json` (meson manual, "IDE integration").
    ///
    /// # Errors
    /// [`MesonError::InstallPlan`].
    pub fn parse(text: &str, places: &Places) -> Result<Self, MesonError> {
        type Section = BTreeMap<String, Entry>;
        #[derive(Deserialize)]
        struct Entry {
            destination: String,
        }
        let sections: BTreeMap<String, Section> =
            serde_json::from_str(text).map_err(|error| MesonError::InstallPlan { why: error.to_string() })?;
        let mut plan = Self::default();
        for (section, entries) in sections {
            for (from, Entry { destination }) in entries {
                let Some(to) = PYTHON.iter().find_map(|prefix| destination.strip_prefix(prefix)) else { continue };
                let Some(from) = places.below_source(&from) else {
                    return Err(MesonError::InstallPlan {
                        why: format!("it installs {from}, which is not in the tree"),
                    });
                };
                if section == "install_subdirs" {
                    plan.folders.insert(to.to_owned(), from);
                    continue;
                }
                let built = from.strip_prefix(places.build_folder()).and_then(|below| below.strip_prefix('/'));
                let installed = match (section.as_str(), built.map(ToOwned::to_owned)) {
                    (_, None) => Installed::Source(from),
                    ("configure", Some(below)) => Installed::Configured(below),
                    (_, Some(below)) => Installed::Built(below),
                };
                plan.files.insert(to.to_owned(), installed);
            }
        }
        Ok(plan)
    }

    /// The file of the tree, below its top folder, that is installed at a path below Python's folder; whole folders hold any file
    /// that `exists`.
    pub fn source(&self, installed: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
        if let Some(Installed::Source(from)) = self.files.get(installed) {
            return Some(from.clone());
        }
        let (to, from) = self.folders.iter().find(|(to, _)| is_below(installed, to))?;
        Some(format!("{from}{}", &installed[to.len()..])).filter(|path| exists(path))
    }

    /// Where a file of the tree is installed, below Python's folder.
    pub fn destination(&self, source: &str) -> Option<String> {
        let in_folder = self.folders.iter().find(|(_, from)| is_below(source, from));
        if let Some((to, from)) = in_folder {
            return Some(format!("{to}{}", &source[from.len()..]));
        }
        self.files
            .iter()
            .find(|(_, from)| matches!(from, Installed::Source(from) if from == source))
            .map(|(to, _)| to.clone())
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_what_is_made() {
        let places = Places { source: "/build".to_owned(), build: "/build/b".to_owned() };
        let text = r#"{
          "targets": {"/build/b/src/s/x.so": {"destination": "{py_platlib}/s/x.so", "tag": "runtime"}},
          "python": {"/build/src/s/all.py": {"destination": "{py_platlib}/s/all.py"}},
          "data": {"/build/src/logo.svg": {"destination": "{datadir}/logo.svg"}},
          "configure": {"/build/b/src/s/config.py": {"destination": "{py_platlib}/s/config.py"}},
          "install_subdirs": {"/build/src/s/cli": {"destination": "{py_platlib}/s/cli", "exclude_dirs": []}}
        }"#;
        let plan = InstallPlan::parse(text, &places).unwrap();
        assert_eq!(plan.files["s/x.so"], Installed::Built("src/s/x.so".to_owned()));
        assert_eq!(plan.files["s/config.py"], Installed::Configured("src/s/config.py".to_owned()));
        assert_eq!(plan.files.len(), 3, "data is not Python's");
        let source = |path| plan.source(path, |path| path != "src/s/cli/no.py");
        assert_eq!(source("s/all.py").as_deref(), Some("src/s/all.py"));
        assert_eq!(source("s/cli/a/b.py").as_deref(), Some("src/s/cli/a/b.py"));
        for other in ["s/cli/no.py", "s/clip/a.py", "s/config.py", "s/x.so"] {
            assert_eq!(source(other), None, "{other}");
        }
        assert_eq!(plan.destination("src/s/cli/x").as_deref(), Some("s/cli/x"));
        assert_eq!(plan.destination("src/s/all.py").as_deref(), Some("s/all.py"));
        assert_eq!(plan.destination("src/s/other.py"), None);
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        let places = Places { source: "/build".to_owned(), build: "/build/b".to_owned() };
        let elsewhere = r#"{"python": {"/etc/passwd": {"destination": "{py_platlib}/x"}}}"#;
        for text in ["", "[]", elsewhere] {
            assert!(matches!(InstallPlan::parse(text, &places), Err(MesonError::InstallPlan { .. })), "{text}");
        }
    }
}
