use crate::Shape;
use sage_oci_source::{BlobId, FileKind, MergeNote, Merged, SourceTree};

/// A packaged program: the release that it was made of, and what is installed.
#[derive(Debug, Clone, Default)]
pub struct Packaged {
    /// The release's tree.
    pub release: SourceTree,
    /// The files of the release as they were compiled, as far as they are known: what the package installs of them, and what patches
    /// make of others.
    pub changed: SourceTree,
    /// Everything that the package installs below the folder of modules, compiled modules too.
    pub installed: SourceTree,
}

/// A commit, merged with the changes of the package.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The tree that is compiled.
    pub tree: SourceTree,
    /// Contents that stand in neither tree.
    pub texts: std::collections::BTreeMap<BlobId, Vec<u8>>,
    /// What both had changed.
    pub notes: Vec<MergeNote>,
}

impl Packaged {
    /// The sources that the package was compiled from, by what is installed and what patches say.
    pub fn new(release: SourceTree, installed: SourceTree, patched: SourceTree, shape: &Shape) -> Self {
        let mut changed = patched;
        let files = installed.files.iter().filter(|(path, _)| shape.installed(&shape.source(path)).is_some());
        let sources = files.filter(|(path, _)| !path.ends_with(".so"));
        changed.files.extend(sources.map(|(path, file)| (shape.source(path), *file)));
        Self { release, changed, installed }
    }

    /// The content of a source as it was compiled.
    pub fn id(&self, path: &str) -> Option<BlobId> {
        self.changed.id(path).or_else(|| self.release.id(path))
    }

    /// Whether a file of the package stands in no release: it was generated.
    pub fn is_generated(&self, path: &str) -> bool {
        !self.release.files.contains_key(path) && self.changed.files.contains_key(path)
    }
}

impl Commit {
    /// A merged tree, without what only the package has: that is generated, and would be in the way of being generated anew.
    pub fn new(merged: Merged, theirs: &SourceTree, packaged: &Packaged) -> Self {
        let Merged { mut tree, texts, notes } = merged;
        tree.files.retain(|path, _| theirs.files.contains_key(path) || !packaged.is_generated(path));
        let notes = notes
            .into_iter()
            .filter(|note| theirs.files.contains_key(&note.path) || !packaged.is_generated(&note.path));
        Self { tree, texts, notes: notes.collect() }
    }

    /// Gives a file another text.
    pub fn put(&mut self, path: &str, text: Vec<u8>) {
        if let Some(file) = self.tree.files.get_mut(path) {
            file.id = BlobId::of(&text);
            self.texts.insert(file.id, text);
        }
    }

    /// The paths of sources that differ from what was compiled, in either direction.
    pub(crate) fn differing<'c>(&'c self, packaged: &'c Packaged) -> impl Iterator<Item = &'c str> {
        let is_file =
            |tree: &SourceTree, path: &str| tree.files.get(path).is_some_and(|file| file.kind != FileKind::Symlink);
        let here = self.tree.files.keys().filter(move |path| self.tree.id(path) != packaged.id(path));
        let gone = packaged.release.files.keys().chain(packaged.changed.files.keys());
        let gone = gone.filter(move |path| !is_file(&self.tree, path) && !packaged.is_generated(path));
        here.chain(gone).map(String::as_str)
    }
}
