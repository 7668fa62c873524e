use crate::{ImagePath, Kind, Place, Tree};

/// How many symbolic links one path may lead through, as in Linux (path_resolution(7)).
pub const MOST_LINKS: usize = 40;

impl<N: Place> Tree<N> {
    /// The path behind all symbolic links, if something is there: what Linux would find with the image's root as its own.
    ///
    /// The text may begin with a slash or not. Links are followed inside the root, above which is only itself. Behind what is no
    /// directory is nothing, neither `..` nor `.` nor a slash alone.
    pub fn resolve(&self, text: &str) -> Option<ImagePath> {
        if text.is_empty() {
            return None;
        }
        // The next component is the last.
        let mut todo: Vec<&str> = text.split('/').rev().collect();
        let mut links = 0;
        // Always a directory.
        let mut at = ImagePath::root();
        while let Some(part) = todo.pop() {
            match part {
                "" | "." => continue,
                ".." => {
                    at = at.parent().unwrap_or_default();
                    continue;
                }
                _ => {}
            }
            let next = at.with(part);
            match self.get(&next)?.kind() {
                Kind::Directory => at = next,
                Kind::File(_) => return todo.is_empty().then_some(next),
                Kind::Symlink(target) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    if target.starts_with('/') {
                        at = ImagePath::root();
                    }
                    todo.extend(target.split('/').rev());
                }
            }
        }
        Some(at)
    }

    /// The path behind all symbolic links and what is there; none for the root, unless it has an entry.
    pub fn find(&self, text: &str) -> Option<(ImagePath, &N)> {
        let path = self.resolve(text)?;
        let node = self.get(&path)?;
        Some((path, node))
    }

    /// Whether something is behind the path, as `test -e` says.
    pub fn exists(&self, text: &str) -> bool {
        self.resolve(text).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `path -> target` is a link, `path/` a directory, all else a file.
    fn tree(lines: &[&str]) -> Tree<Kind<()>> {
        let mut tree = Tree::new();
        for line in lines {
            let (path, kind) = match line.split_once(" -> ") {
                Some((path, target)) => (path, Kind::Symlink(target.to_owned())),
                None if line.ends_with('/') => (*line, Kind::Directory),
                None => (*line, Kind::File(())),
            };
            tree.insert_with_parents(ImagePath::relative(path).unwrap(), kind, |_| Kind::Directory);
        }
        tree
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        let tree = tree(&[
            "lib -> usr/lib",
            "usr/lib/d/f",
            "usr/lib/d/abs -> /lib/d/f",
            "usr/lib/d/up -> ../d/./abs",
            "usr/lib/out -> ../../../../lib/d",
            "usr/lib/loop -> loop",
        ]);
        for path in ["/lib/d/f", "usr/lib/d/abs", "/lib/d/up", "../../lib//d/f", "/usr/lib/out/f", "lib/d/../d/f"] {
            assert_eq!(tree.find(path), Some((ImagePath::parse("usr/lib/d/f").unwrap(), &Kind::File(()))), "{path}");
        }
        for path in ["/lib/loop", "/lib/none", "/lib/none/../d", "", "lib\0"] {
            assert_eq!(tree.resolve(path), None, "{path}");
        }
        assert_eq!(tree.resolve("/"), Some(ImagePath::root()));
        assert_eq!(tree.find("/"), None);
    }

    #[test]
    fn behind_a_file_is_nothing() {
        let tree = tree(&["d/f", "l -> d/f", "m -> d/"]);
        for path in ["d/f/..", "d/f/.", "d/f/", "d/f/x", "l/..", "l/"] {
            assert!(!tree.exists(path), "{path}");
        }
        for path in ["d/f", "l", "d/", "d/.", "d/..", "m", "m/f"] {
            assert!(tree.exists(path), "{path}");
        }
    }

    #[test]
    fn as_many_links_as_linux_follows() {
        let chain = |length: usize| {
            let mut lines: Vec<String> = (1..length).map(|at| format!("{at} -> {}", at + 1)).collect();
            lines.extend([format!("{length} -> end"), "end".to_owned()]);
            tree(&lines.iter().map(String::as_str).collect::<Vec<_>>()).exists("1")
        };
        assert!(chain(MOST_LINKS) && !chain(MOST_LINKS + 1));
    }
}
