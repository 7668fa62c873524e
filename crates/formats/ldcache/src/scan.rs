use crate::cache::{self, CacheEntry};
use crate::directories::{self, Directory};
use crate::{ElfFacts, LdcacheError, Node, Release, Root, compare_libraries};
use sage_oci_names::Architecture;
use sage_oci_tree::ImagePath;
use std::cmp::Ordering;

/// A link that `ldconfig` would make.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Its path, with no links in its directories.
    pub path: ImagePath,
    /// Its text: a name in the same directory.
    pub target: String,
}

/// What `ldconfig` would find in an image.
#[derive(Debug, Clone)]
pub struct Scan {
    entries: Vec<CacheEntry>,
    hwcaps: Vec<String>,
    links: Vec<Link>,
    stale: Vec<ImagePath>,
    release: Release,
}

/// A library of one directory, by the name it wants to be found by.
struct Library<'a> {
    soname: &'a str,
    name: &'a str,
    flags: u32,
    isa_level: u32,
    is_link: bool,
}

impl Scan {
    /// Searches the directories of a [`search_path`](crate::search_path) in their order.
    ///
    /// Where the real `ldconfig` depends on the order in which a directory is read, names are taken in the order of their bytes.
    pub fn new(
        root: &Root,
        paths: &[String],
        architecture: Architecture,
        release: Release,
    ) -> Result<Self, LdcacheError> {
        let directories = directories::find(root, paths, &release)?;
        let hwcaps = directories.iter().filter_map(|directory| directory.hwcaps.clone()).collect();
        let mut scan = Self { entries: Vec::new(), hwcaps, links: Vec::new(), stale: Vec::new(), release };
        for directory in &directories {
            scan.search(root, directory, architecture)?;
        }
        scan.links.sort();
        scan.stale.sort();
        Ok(scan)
    }

    /// The bytes of `/etc/ld.so.cache`.
    pub fn cache(&self) -> Result<Vec<u8>, LdcacheError> {
        cache::write(&self.entries, &self.hwcaps, &self.release.generator())
    }

    /// The links from sonames to libraries that are missing or lead elsewhere, sorted. The cache counts on them.
    pub fn missing_links(&self) -> &[Link] {
        &self.links
    }

    /// The links `*.so.*` that lead nowhere, which `ldconfig` would remove; paths as in [`Link`], sorted.
    pub fn stale_links(&self) -> &[ImagePath] {
        &self.stale
    }

    fn search(&mut self, root: &Root, directory: &Directory, architecture: Architecture) -> Result<(), LdcacheError> {
        let mut libraries: Vec<Library<'_>> = Vec::new();
        for (name, node) in root.list(&directory.canonical) {
            if !looks_like_library(name) || is_temporary(name) {
                continue;
            }
            let path = format!("{}/{name}", directory.canonical);
            let (facts, is_link) = match node {
                Node::Directory => continue,
                Node::File(facts) => (facts.as_ref(), false),
                Node::Symlink(_) => match root.find(&path) {
                    Some((_, Node::File(facts))) => (facts.as_ref(), true),
                    Some(_) => continue,
                    None => {
                        if name.contains(".so.") {
                            self.stale.extend(directory.canonical.child(name));
                        }
                        continue;
                    }
                },
            };
            let Some(facts) = facts else { continue };
            if let Some(library) = describe(name, facts, is_link, architecture) {
                choose(&mut libraries, library);
            }
        }
        for library in libraries.iter().rev() {
            // Links in these directories are made for no one: the cache names the file itself.
            let file = if directory.hwcaps.is_some() { library.name } else { library.soname };
            if directory.hwcaps.is_none() && !library.is_link {
                self.links.extend(missing_link(root, directory, library)?);
            }
            self.entries.push(CacheEntry {
                soname: library.soname.to_owned(),
                path: format!("{}/{file}", directory.path),
                flags: library.flags,
                isa_level: library.isa_level,
                hwcaps: directory.hwcaps.clone(),
            });
        }
        Ok(())
    }
}

/// Whether a file's name is one that `ldconfig` looks at: `lib*.so*`, `ld-*.so*`, `ld.so.*` and `ld64.so.*`.
///
/// A link of such a name may lead to a file of any other.
pub fn looks_like_library(name: &str) -> bool {
    (name.starts_with("lib") || name.starts_with("ld-")) && name.contains(".so")
        || name.starts_with("ld.so.")
        || name.starts_with("ld64.so.")
}

/// Whether a name is one that prelink, rpm or dpkg give to files they are about to rename.
fn is_temporary(name: &str) -> bool {
    let prelink = name.as_bytes().windows(11).rev().nth(6).is_some_and(|part| part == b".#prelink#.");
    prelink
        || [".#prelink#", ".dpkg-new", ".dpkg-tmp"].iter().any(|suffix| name.ends_with(suffix))
        || name.contains(';')
}

/// Settles under which name a library is found.
fn describe<'a>(name: &'a str, facts: &'a ElfFacts, is_link: bool, architecture: Architecture) -> Option<Library<'a>> {
    let flags = facts.cache_flags(architecture)?;
    let soname = facts.soname.as_deref().unwrap_or(name);
    // A link is taken as one if it is the soname or what the linker is given (libx.so for libx.so.1); all others count as files.
    let is_link = is_link && (name == soname || name.ends_with(".so") && soname.starts_with(name));
    let soname = if is_link { name } else { soname };
    Some(Library { soname, name, flags, isa_level: facts.isa_level(), is_link })
}

/// Keeps one library of a soname: rather a file than a link, and otherwise the newer.
fn choose<'a>(libraries: &mut Vec<Library<'a>>, library: Library<'a>) {
    let Some(known) = libraries.iter_mut().find(|known| known.soname == library.soname) else {
        libraries.push(library);
        return;
    };
    let newer = || compare_libraries(known.name, library.name) == Ordering::Less;
    if (!library.is_link && known.is_link) || (library.is_link == known.is_link && newer()) {
        // Its kind stays that of the first, also where they differ.
        let flags = known.flags;
        *known = Library { flags, ..library };
    }
}

/// The link from a soname to its library, unless it is there or something else than a link stands in its place.
fn missing_link(root: &Root, directory: &Directory, library: &Library<'_>) -> Result<Option<Link>, LdcacheError> {
    let path = ImagePath::relative(library.soname).map_err(|why| LdcacheError::Soname {
        path: format!("/{}/{}", directory.canonical, library.name),
        soname: library.soname.to_owned(),
        why,
    })?;
    let path = directory.canonical.join(&path);
    match root.get(&path) {
        None => {}
        Some(Node::Symlink(_)) => {
            let file = format!("{}/{}", directory.canonical, library.name);
            if root.resolve(path.as_str()) == root.resolve(&file) {
                return Ok(None);
            }
        }
        Some(_) => return Ok(None),
    }
    Ok(Some(Link { path, target: library.name.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;

    #[test]
    fn a_soname_that_leads_elsewhere_is_refused() {
        let found = |soname: &str| {
            let facts = ElfFacts {
                bits: 64,
                little_endian: true,
                machine: 62,
                machine_flags: 0,
                soname: Some(soname.to_owned()),
                isa_needed: 0,
            };
            let mut root = Root::new();
            root.insert_with_parents("usr/lib/libx.so.1".parse().unwrap(), Node::File(Some(facts)), |_| {
                Node::Directory
            });
            let release = Release::debian(sage_oci_names::DebVersion::parse("2.43-7").unwrap());
            Scan::new(&root, &["/usr/lib".to_owned()], Architecture::Amd64, release)
        };
        assert_eq!(found("libx.so.1").unwrap().missing_links(), []);
        assert_eq!(found("libx.so.2").unwrap().missing_links()[0].path, "usr/lib/libx.so.2");
        for bad in ["../../etc/passwd", "/etc/passwd", ""] {
            let error = found(bad).unwrap_err();
            assert!(matches!(&error, LdcacheError::Soname { path, .. } if path == "/usr/lib/libx.so.1"), "{error}");
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn names_that_are_looked_at() {
        for good in ["libx.so", "libx.so.1", "ld-linux-x86-64.so.2", "ld.so.1", "ld64.so.2", "libx.so.old"] {
            assert!(looks_like_library(good), "{good}");
        }
        for bad in ["x.so", "libx.a", "ld.so", "python.so"] {
            assert!(!looks_like_library(bad), "{bad}");
        }
        for bad in ["libx.so.#prelink#", "libx.so.#prelink#.a1B2c3", "libx.so.1.dpkg-new", "libx.so.1;5f"] {
            assert!(is_temporary(bad), "{bad}");
        }
        assert!(!is_temporary("libx.so.1"));
    }
}
