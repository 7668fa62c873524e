/// Where a source tree lies and where it is built, absolute and without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The tree's top folder.
    pub source: String,
    /// The build folder, below the tree's.
    pub build: String,
}

impl Places {
    /// The path below the tree's top folder of what a command names, absolute or from the build folder; `None` for what lies elsewhere.
    pub fn below_source(&self, named: &str) -> Option<String> {
        self.clean(named).strip_prefix(&self.source)?.strip_prefix('/').map(ToOwned::to_owned)
    }

    /// The folders below the tree's top that a path leads into and, by a `..`, out of again: a system follows it only where they are there.
    pub(crate) fn led_through(&self, named: &str) -> Vec<String> {
        let ends = named.match_indices("/..").map(|(at, _)| at).filter(|at| {
            let (before, after) = (named[..*at].rsplit('/').next().unwrap_or(""), &named[at + 3..]);
            (after.is_empty() || after.starts_with('/')) && !matches!(before, "" | "." | "..")
        });
        ends.filter_map(|at| self.below_source(&named[..at])).collect()
    }

    /// The absolute path of what a command names, where it lies outside of the tree.
    pub(crate) fn outside(&self, named: &str) -> Option<String> {
        let clean = self.clean(named);
        (clean != self.source && self.below_source(named).is_none()).then_some(clean)
    }

    fn clean(&self, named: &str) -> String {
        let whole = if named.starts_with('/') { named.to_owned() } else { format!("{}/{named}", self.build) };
        let mut parts: Vec<&str> = Vec::new();
        for part in whole.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    }

    /// The build folder's path below the tree's.
    pub fn build_folder(&self) -> &str {
        self.build.strip_prefix(&self.source).unwrap_or(&self.build).trim_start_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_path_however_it_is_named() {
        let places = Places { source: "/build".to_owned(), build: "/build/builddir".to_owned() };
        let below = |named| places.below_source(named);
        assert_eq!(below("/build/src/a.pyx").as_deref(), Some("src/a.pyx"));
        assert_eq!(below("../src/x/../a.pyx").as_deref(), Some("src/a.pyx"));
        assert_eq!(below("src/a.pyx").as_deref(), Some("builddir/src/a.pyx"));
        assert_eq!(below("../../usr/include"), None);
        assert_eq!(below("/buildings/a"), None);
        assert_eq!(below("/usr/lib/libgmp.so"), None);
        assert_eq!(places.led_through("../src/x/y/../../z/../a.py"), ["src/x/y", "src/z"]);
        assert!(places.led_through("../src/a.py").is_empty() && places.led_through("/usr/x/../a.py").is_empty());
        assert_eq!(places.build_folder(), "builddir");
        assert_eq!(places.outside("../../usr/./include").as_deref(), Some("/usr/include"));
        assert_eq!(places.outside("/buildings/a").as_deref(), Some("/buildings/a"));
        assert!(places.outside("..").is_none() && places.outside("a.o").is_none());
    }
}
