use crate::RootError;
use globset::{GlobBuilder, GlobMatcher};
use sage_oci_tree::{Entry, EntryKind};

/// Which paths of an archive are left out: dpkg's `path-exclude` and `path-include` (dpkg(1)).
///
/// All excludes stand before all includes, so an include always wins. As in dpkg, `*` also matches `/`, patterns see the
/// path as the archive has it, and an excluded directory or link stays where an include might need it.
#[derive(Debug)]
pub struct Filter {
    exclude: Vec<GlobMatcher>,
    include: Vec<GlobMatcher>,
    /// The texts of the includes before their first wildcard.
    roots: Vec<String>,
}

impl Filter {
    /// From the globs of both kinds.
    ///
    /// # Errors
    ///
    /// A glob is malformed.
    pub fn new(exclude: &[String], include: &[String]) -> Result<Self, RootError> {
        let compile =
            |patterns: &[String]| patterns.iter().map(|pattern| matcher(pattern)).collect::<Result<Vec<_>, _>>();
        let roots = include.iter().map(|pattern| root(pattern).to_owned()).collect();
        Ok(Self { exclude: compile(exclude)?, include: compile(include)?, roots })
    }

    /// Whether a file is left out, given by its absolute path.
    pub fn leaves_out_file(&self, path: &str) -> bool {
        let matches = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(path));
        matches(&self.exclude) && !matches(&self.include)
    }

    /// Whether an entry is left out.
    pub fn leaves_out(&self, entry: &Entry) -> bool {
        if self.exclude.is_empty() {
            return false;
        }
        let path = entry.path.absolute();
        if !self.leaves_out_file(&path) {
            return false;
        }
        let leads_on = matches!(entry.kind, EntryKind::Directory | EntryKind::Symlink { .. });
        !(leads_on && self.roots.iter().any(|root| path.starts_with(root.as_str())))
    }
}

fn root(pattern: &str) -> &str {
    let end = pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len());
    pattern[..end].trim_end_matches('/')
}

fn matcher(pattern: &str) -> Result<GlobMatcher, RootError> {
    let glob = GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| RootError::Pattern { pattern: pattern.to_owned(), why: error.kind().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: EntryKind) -> Entry {
        Entry::new(path.parse().unwrap(), kind)
    }

    #[test]
    fn includes_win_and_their_directories_stay() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let filter =
            Filter::new(&texts(&["/usr/share/doc/*", "/usr/share/man/*"]), &texts(&["/usr/share/doc/*/copyright"]))
                .unwrap();
        let file = |path| filter.leaves_out(&entry(path, EntryKind::File { size: 0 }));
        assert!(file("usr/share/doc/a/README"));
        assert!(file("usr/share/doc/a/examples/x"));
        assert!(!file("usr/share/doc/a/copyright"));
        assert!(!file("usr/share/docs/a"));
        let directory = |path| filter.leaves_out(&entry(path, EntryKind::Directory));
        assert!(!directory("usr/share/doc/a"));
        assert!(directory("usr/share/man/man1"), "no include can lie below");
        assert!(Filter::new(&texts(&["/a[b"]), &[]).is_err());
    }
}
