use sage_oci_names::StorePath;
use sage_oci_root::{Installed, Node, NodeKind};
use sage_oci_tar::WHITEOUT;
use sage_oci_tree::{Entry, EntryKind, ImagePath, Kind, Tree};
use std::collections::BTreeSet;

/// What a base image's layers leave of what counts for those on top: directories, symbolic links, some texts, store paths.
///
/// Removals are of lower layers alone, wherever they stand in a layer (OCI image spec, layer, "Whiteouts"): so what a layer
/// brings itself is kept apart until its end.
#[derive(Debug, Default)]
pub(crate) struct Lower {
    below: Seen,
    own: Seen,
    /// Store paths of which the layer removes a part.
    broken: BTreeSet<ImagePath>,
}

/// What is at paths, of one layer or of several on each other.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Directories and symbolic links.
    pub(crate) nodes: Installed,
    /// The texts of files that were asked for.
    pub(crate) texts: Tree<Kind<String>>,
    /// Store paths by their place in the image.
    pub(crate) paths: Tree<Kind<StorePath>>,
}

impl Lower {
    /// Takes an entry of the layer that is being read, and the text of its file if that is wanted.
    pub(crate) fn take(&mut self, entry: &Entry, text: Option<String>) {
        let path = &entry.path;
        // Names that begin with the mark and are no removals are notes of aufs' own.
        if path.components().any(|name| name.starts_with(WHITEOUT)) {
            return;
        }
        let kind = match &entry.kind {
            EntryKind::Directory => Some(NodeKind::Directory),
            EntryKind::Symlink { target } => Some(NodeKind::Symlink(target.clone())),
            EntryKind::File { .. } | EntryKind::HardLink { .. } => None,
            EntryKind::Whiteout => {
                self.below.hide(path);
                return self.breaks_what_is_above(path);
            }
            EntryKind::Opaque => {
                self.below.hide_inside(path);
                self.below.paths.remove(path);
                return self.breaks_what_is_above(path);
            }
        };
        // Directories meet; anything else replaces what is there, a directory with all that is in it.
        if kind != Some(NodeKind::Directory) {
            self.below.hide(path);
            self.own.hide(path);
        }
        if let Some(kind) = kind {
            let node = Node { kind, mode: entry.mode, uid: entry.uid, gid: entry.gid, package: None };
            self.own.nodes.insert(path.clone(), node);
        }
        if let Some(text) = text {
            self.own.texts.insert(path.clone(), Kind::File(text));
        }
        if let Some(store_path) = store_path(path) {
            self.own.paths.insert(path.clone(), Kind::File(store_path));
        }
    }

    /// Gives a hard link of the layer the text of the file that it names, unless something else has taken its place since.
    pub(crate) fn link_text(&mut self, path: ImagePath, text: String) {
        if self.own.nodes.get(&path).is_none() && self.own.texts.get(&path).is_none() {
            self.own.texts.insert(path, Kind::File(text));
        }
    }

    /// Ends a layer: what it brings lies on the others now.
    pub(crate) fn end_layer(&mut self) {
        let Seen { nodes, texts, paths } = std::mem::take(&mut self.own);
        for (path, node) in &nodes {
            // A text there is of a file that has been replaced; of a directory, those below it stay.
            if self.below.texts.get(path).is_some() {
                self.below.texts.remove(path);
            }
            self.below.nodes.insert(path.clone(), node.clone());
        }
        for (path, text) in &texts {
            self.below.texts.insert(path.clone(), text.clone());
        }
        // A layer names the directories above what it removes, so the top of a broken path may be among its own.
        let broken = std::mem::take(&mut self.broken);
        for (path, store_path) in paths.iter().filter(|(path, _)| !broken.contains(*path)) {
            self.below.paths.insert(path.clone(), store_path.clone());
        }
    }

    /// What all layers leave.
    pub(crate) fn finish(mut self) -> Seen {
        self.end_layer();
        self.below
    }

    /// A store path of which something was removed is none any more.
    fn breaks_what_is_above(&mut self, path: &ImagePath) {
        for top in path.ancestors().filter(|parent| store_path(parent).is_some()) {
            self.below.paths.remove(&top);
            self.broken.insert(top);
        }
    }
}

impl Seen {
    /// Takes a path away, with everything below it.
    fn hide(&mut self, path: &ImagePath) {
        self.nodes.remove(path);
        self.texts.remove(path);
        self.paths.remove(path);
    }

    /// Takes away everything below a path; of the root, everything.
    fn hide_inside(&mut self, path: &ImagePath) {
        self.nodes.remove_below(path);
        self.texts.remove_below(path);
        self.paths.remove_below(path);
    }
}

/// The store path that a path of the image is the top of.
fn store_path(path: &ImagePath) -> Option<StorePath> {
    // A store is no deeper than `nix/store`, by and large; most paths of an image need no further look.
    (path.depth() <= 4).then(|| StorePath::parse(&path.absolute()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_tar::OPAQUE;

    /// Takes layers apart: `d/` is a directory, `l -> x` a link, `f` a file, `f = text` one whose text is wanted, and what has
    /// `.wh.` removes. Gives what is left: directories and links, texts, and names of store paths.
    fn left(layers: &[&[&str]]) -> (Vec<String>, Vec<String>, Vec<String>) {
        let mut lower = Lower::default();
        for layer in layers {
            for line in *layer {
                let (line, text) =
                    line.split_once(" = ").map_or((*line, None), |(path, text)| (path, Some(text.to_owned())));
                let (path, kind) = match (line.split_once(" -> "), line.strip_suffix('/')) {
                    (Some((path, target)), _) => (path.to_owned(), EntryKind::Symlink { target: target.to_owned() }),
                    (_, Some(path)) => (path.to_owned(), EntryKind::Directory),
                    _ => match line.rsplit_once('/').unwrap_or(("", line)) {
                        // As the reader of layers gives them.
                        (directory, OPAQUE) => (format!("{directory}/."), EntryKind::Opaque),
                        (directory, name) if name.starts_with(WHITEOUT) => {
                            (format!("{directory}/{}", &name[WHITEOUT.len()..]), EntryKind::Whiteout)
                        }
                        _ => (line.to_owned(), EntryKind::File { size: 0 }),
                    },
                };
                lower.take(&Entry::new(ImagePath::anchored(&path).unwrap(), kind), text);
            }
            lower.end_layer();
        }
        let Seen { nodes, texts, paths } = lower.finish();
        let texts = texts.iter().map(|(path, text)| format!("{path}={}", text.file().unwrap())).collect();
        let name = |path: &StorePath| path.as_str().rsplit_once('-').unwrap().1.to_owned();
        let paths = paths.iter().map(|(_, path)| name(path.file().unwrap())).collect();
        (nodes.iter().map(|(path, _)| path.to_string()).collect(), texts, paths)
    }

    fn nodes(layers: &[&[&str]]) -> Vec<String> {
        left(layers).0
    }

    #[test]
    fn a_removal_takes_what_lower_layers_brought() {
        let below = &["a/", "a/b/", "a/b/c/", "a/bb/", "a.b/", "l -> a"][..];
        assert_eq!(nodes(&[below, &["a/.wh.b"]]), ["a", "a.b", "a/bb", "l"]);
        assert_eq!(nodes(&[below, &[".wh.a"]]), ["a.b", "l"]);
        assert_eq!(nodes(&[below, &[".wh.l", ".wh.nosuch"]]), ["a", "a.b", "a/b", "a/b/c", "a/bb"]);
        assert_eq!(nodes(&[&["a/", "a/\u{e9}/", "a/\u{10ffff}/"], &["a/.wh..wh..opq"]]), ["a"]);
        // Its directory need not have been an entry of its own.
        assert_eq!(nodes(&[&["a/b/c/"], &[".wh.a"]]), Vec::<String>::new());
    }

    #[test]
    fn an_opaque_directory_stays_and_what_it_held_goes() {
        let below = &["a/", "a/b/", "a/b/c/", "a/l -> b", "a0/", "z/"][..];
        assert_eq!(nodes(&[below, &["a/", "a/.wh..wh..opq", "a/new/"]]), ["a", "a/new", "a0", "z"]);
        assert_eq!(nodes(&[below, &["a/b/.wh..wh..opq"]]), ["a", "a/b", "a/l", "a0", "z"]);
        assert_eq!(nodes(&[below, &[".wh..wh..opq", "new/"]]), ["new"]);
        // What comes above it is another matter.
        assert_eq!(nodes(&[below, &["a/.wh..wh..opq"], &["a/b/"]]), ["a", "a/b", "a0", "z"]);
    }

    #[test]
    fn a_removal_is_of_lower_layers_wherever_it_stands() {
        assert_eq!(nodes(&[&["a/", "a/b/"], &["a/", "a/c/", "a/.wh..wh..opq"]]), ["a", "a/c"]);
        assert_eq!(nodes(&[&["a/", "a/b/"], &["a/c/", ".wh.a"]]), ["a/c"]);
        assert_eq!(nodes(&[&["a/", ".wh.a"]]), ["a"]);
    }

    #[test]
    fn what_is_no_directory_replaces_all_of_one() {
        assert_eq!(nodes(&[&["a/", "a/b/"], &["a -> x"]]), ["a"]);
        assert_eq!(nodes(&[&["a/", "a/b/"], &["a"]]), Vec::<String>::new());
        assert_eq!(nodes(&[&["a/", "a/b/"], &["a/"]]), ["a", "a/b"]);
        assert_eq!(nodes(&[&["a/", "a/b/", "a"]]), Vec::<String>::new(), "in one layer the last one counts");
        assert_eq!(nodes(&[&[".wh..wh.plnk/", ".wh..wh.plnk/1.2"]]), Vec::<String>::new(), "a note of aufs");
    }

    #[test]
    fn texts_go_with_their_files() {
        let texts = |upper: &[&str]| left(&[&["etc/", "etc/passwd = one"], upper]).1;
        assert_eq!(texts(&["etc/"]), ["etc/passwd=one"]);
        assert_eq!(texts(&["etc/passwd = two"]), ["etc/passwd=two"]);
        assert_eq!(texts(&["etc/.wh..wh..opq", "etc/passwd = two"]), ["etc/passwd=two"]);
        for gone in
            ["etc/.wh.passwd", ".wh.etc", "etc/.wh..wh..opq", ".wh..wh..opq", "etc/passwd/", "etc/passwd -> x", "etc"]
        {
            assert_eq!(texts(&[gone]), Vec::<String>::new(), "{gone}");
        }
    }

    #[test]
    fn store_paths_are_there_whole_or_not_at_all() {
        let path = |name: &str| format!("nix/store/{}-{name}", "0".repeat(32));
        let paths = |upper: &[String]| {
            let below = [format!("{}/", path("a")), format!("{}/", path("b")), path("c")];
            let [below, upper] = [&below[..], upper].map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
            left(&[&below, &upper]).2
        };
        let (a, all) = (path("a"), ["a", "b", "c"]);
        assert_eq!(paths(&[format!("{a}/bin/"), format!("{a}/bin/x")]), all);
        assert_eq!(paths(&[format!("nix/store/.wh.{}", &a["nix/store/".len()..])]), ["b", "c"]);
        assert_eq!(paths(&["nix/.wh.store".to_owned()]), Vec::<String>::new());
        assert_eq!(paths(&["nix/store/.wh..wh..opq".to_owned(), format!("{}/", path("d"))]), ["d"]);
        // A part of it was removed: it is none any more, though the layer names its directories.
        for hidden in ["bin/.wh.x", ".wh.bin", "bin/.wh..wh..opq"] {
            assert_eq!(paths(&[format!("{a}/"), format!("{a}/bin/"), format!("{a}/{hidden}")]), ["b", "c"], "{hidden}");
        }
        // All of it was, and the layer brings it anew; or does not.
        assert_eq!(paths(&[format!("{a}/"), format!("{a}/.wh..wh..opq"), format!("{a}/bin/")]), all);
        assert_eq!(paths(&[format!("{a}/.wh..wh..opq")]), ["b", "c"]);
    }
}
