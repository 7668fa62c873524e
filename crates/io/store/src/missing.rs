use crate::{Nix, StoreError, Target};
use sage_oci_names::StorePath;
use std::collections::BTreeSet;

/// What realising would do, by Nix's own account: its store and its caches have been asked, nothing has been done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Derivations that would be built, fixed-output fetches among them.
    pub build: BTreeSet<StorePath>,
    /// Store paths that a binary cache would give.
    pub substitute: BTreeSet<StorePath>,
    /// The size of these downloads as Nix prints it (`1.00 MiB download, 3.00 MiB unpacked`); empty for none.
    pub download: String,
}

impl Nix {
    /// What [`Nix::realise`] would build and what it would get from binary caches.
    ///
    /// The derivations must have been registered.
    ///
    /// # Errors
    /// Nix's; a cache that does not answer is one only where Nix says so.
    pub fn missing(&self, targets: &[Target]) -> Result<Missing, StoreError> {
        let mut command = self.command("nix-store");
        command.args(["--realise", "--dry-run"]).args(targets.iter().map(Target::to_string));
        Ok(parse(&self.capture_words("look what is missing", command)?))
    }
}

/// Reads the two lists that Nix prints for people: a heading, then one indented path a line.
fn parse(words: &str) -> Missing {
    enum Section {
        None,
        Build,
        Substitute,
    }
    let mut missing = Missing::default();
    let mut section = Section::None;
    for line in words.lines() {
        match (line.strip_prefix("  ").map(StorePath::parse), &section) {
            (Some(Ok(path)), Section::Build) => drop(missing.build.insert(path)),
            (Some(Ok(path)), Section::Substitute) => drop(missing.substitute.insert(path)),
            (Some(_), _) => {}
            (None, _) if line.ends_with("will be built:") => section = Section::Build,
            (None, _) if line.contains("will be fetched") => {
                section = Section::Substitute;
                let size = line.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')'));
                missing.download = size.map(|(size, _)| size.to_owned()).unwrap_or_default();
            }
            (None, _) => section = Section::None,
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> String {
        format!("/nix/store/{}-{name}", "0".repeat(32))
    }

    #[test]
    fn both_lists_are_read() {
        let words = format!(
            "warning: something\nthese 2 derivations will be built:\n  {}\n  {}\n\
             these 1 paths will be fetched (1.00 MiB download, 3.00 MiB unpacked):\n  {}\n",
            path("a.drv"),
            path("b.drv"),
            path("c")
        );
        let missing = parse(&words);
        assert_eq!(missing.build.iter().map(StorePath::as_str).collect::<Vec<_>>(), [path("a.drv"), path("b.drv")]);
        assert_eq!(missing.substitute.iter().map(StorePath::as_str).collect::<Vec<_>>(), [path("c")]);
        assert_eq!(missing.download, "1.00 MiB download, 3.00 MiB unpacked");
    }

    #[test]
    fn one_of_each_is_said_otherwise() {
        let words = format!(
            "this derivation will be built:\n  {}\nthis path will be fetched (0.01 MiB download, 0.02 MiB unpacked):\n  {}\n",
            path("a.drv"),
            path("c")
        );
        let missing = parse(&words);
        assert_eq!((missing.build.len(), missing.substitute.len()), (1, 1));
    }

    #[test]
    fn other_lists_are_passed_over() {
        let words = format!("don't know how to build these paths:\n  {}\n", path("a"));
        assert_eq!(parse(&words), Missing::default());
    }
}
