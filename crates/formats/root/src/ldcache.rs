use crate::Below;
use crate::packaged::Packaged;
use crate::{Item, NodeKind, Packages, RootError};
use sage_oci_deb::Stanza;
use sage_oci_layer::Library;
use sage_oci_ldcache::{CONF, ElfFacts, LdcacheError, Node, Release, Root, Scan, search_path};
use sage_oci_names::{Architecture, DebVersion};
use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};

/// Files that the configuration may include lie here.
const INCLUDED: &str = "etc/ld.so.conf.d";

/// The cache with its links, and what a person should know of it.
pub(crate) struct LdCache {
    pub(crate) items: Vec<Item>,
    pub(crate) notes: Vec<String>,
}

/// `/etc/ld.so.cache` and the SONAME links that no package ships, as the image's own `ldconfig` would make them.
///
/// # Errors
///
/// The image has no `libc-bin`, or a configuration file is malformed.
pub(crate) fn ld_cache<P: Packages>(
    architecture: Architecture,
    below: &Below,
    packaged: &mut Packaged<P>,
) -> Result<LdCache, P::Error> {
    let failed = |error: LdcacheError| RootError::LibraryCache { why: error.to_string() };
    let files = configuration(below, packaged)?;
    let path = search_path(&files, architecture).map_err(failed)?;
    let scan = Scan::new(&root(below), &path, architecture, release(below)?).map_err(failed)?;
    let mut items = vec![Item::file("/etc/ld.so.cache", 0o644, scan.cache().map_err(failed)?)?];
    for link in scan.missing_links() {
        items.push(Item::symlink(link.path.as_str(), link.target.clone())?);
    }
    let note = |stale: &ImagePath| format!("/{stale} leads nowhere; ldconfig would remove it");
    Ok(LdCache { items, notes: scan.stale_links().iter().map(note).collect() })
}

fn configuration<P: Packages>(below: &Below, packaged: &mut Packaged<P>) -> Result<BTreeMap<String, String>, P::Error> {
    let mut paths: BTreeSet<String> = BTreeSet::new();
    let main = CONF.trim_start_matches('/');
    if below.installed.get(main).is_some() {
        paths.insert(main.to_owned());
    }
    paths.extend(below.installed.files_below(INCLUDED).map(|(path, _)| path.to_string()));
    packaged.load(&below.installed, &paths)?;
    let mut files = BTreeMap::new();
    for path in paths {
        let text = packaged.text(&path)?.to_owned();
        files.insert(format!("/{path}"), text);
    }
    Ok(files)
}

/// The tree as the cache's maker wants it: every directory and link, and the shared objects.
fn root(below: &Below) -> Root {
    let facts: BTreeMap<&str, &ElfFacts> =
        below.libraries.iter().map(|Library { path, facts }| (path.as_str(), facts)).collect();
    let mut root = Root::new();
    for (path, node) in below.installed.iter() {
        let node = match &node.kind {
            NodeKind::Directory => Node::Directory,
            NodeKind::Symlink(target) => Node::Symlink(target.clone()),
            NodeKind::File { .. } => Node::File(facts.get(path.as_str()).map(|facts| (*facts).clone())),
        };
        root.insert(path.clone(), node);
    }
    root
}

/// The cache names the `ldconfig` that made it.
fn release(below: &Below) -> Result<Release, RootError> {
    let absent = || RootError::LibraryCache { why: "the package libc-bin is not in the image".to_owned() };
    let record = below.packages.iter().find(|record| record.package.as_str() == "libc-bin").ok_or_else(absent)?;
    let malformed = |why: String| RootError::Malformed { what: "the control file of libc-bin".to_owned(), why };
    let stanzas = Stanza::parse_all(record.control.as_bytes()).map_err(|error| malformed(error.to_string()))?;
    let version = stanzas.first().and_then(|stanza| stanza.get("Version")).unwrap_or_default();
    DebVersion::parse(version).map(Release::debian).map_err(|error| malformed(error.to_string()))
}
