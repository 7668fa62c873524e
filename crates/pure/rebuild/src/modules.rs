use crate::texts::Below;
use crate::{Commit, Packaged, RebuildError, Shape, Texts};
use sage_oci_cython::{Closure, Header, Scanner};
use sage_oci_meson::{Command, Description, Made, Module};
use sage_oci_source::{BlobId, SourceTree};
use std::collections::{BTreeMap, BTreeSet};

/// A module that is compiled, with all that its commands need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleBuild {
    /// Python's name of it, as `sage.rings.integer`.
    pub name: String,
    /// Where it is installed, below the folder of modules.
    pub installed: String,
    /// The compiled file, from the build folder.
    pub target: String,
    /// The commands; they run in the build folder.
    pub commands: Vec<Command>,
    /// Files by path below the tree's top folder.
    pub files: BTreeMap<String, BlobId>,
    /// Files that must be there and may be empty.
    pub empty: BTreeSet<String>,
    /// Folders that commands write to, or that paths lead through.
    pub folders: BTreeSet<String>,
    /// By the path of each list of what was read, below the tree's top folder, the files that it must name.
    pub reads: BTreeMap<String, BTreeSet<String>>,
    /// Sources that are generated beside the module and are installed, too: from the build folder, by installed path.
    pub generated: BTreeMap<String, String>,
    /// How many bytes its own sources of the tree have: roughly how long it takes to compile.
    pub bytes: usize,
}

/// The sources of one module.
struct Sources {
    /// By `.pyx`, below the tree's top folder, what Cython reads.
    cython: BTreeMap<String, BTreeSet<String>>,
    /// Folders that need an `__init__.py`.
    packages: BTreeSet<String>,
    /// Everything: also headers, C and C++ sources, and what takes part in generating sources.
    all: BTreeSet<String>,
}

/// Looks at the modules of a commit.
pub(crate) struct Modules<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) packaged: &'a Packaged,
    pub(crate) commit: &'a Commit,
    pub(crate) texts: &'a Texts,
}

/// What becomes of the modules.
#[derive(Default)]
pub(crate) struct Judged {
    pub(crate) compiled: Vec<ModuleBuild>,
    pub(crate) kept: usize,
}

impl Modules<'_> {
    /// Judges every module that meson would build; `before` is what it says of the release.
    pub(crate) fn judge(
        &self,
        now: &Description,
        before: &Description,
        differing: &BTreeSet<&str>,
        everything: bool,
    ) -> Result<Judged, RebuildError> {
        let generated = self.generated();
        let below =
            Below { tree: &self.commit.tree, generated: &generated, texts: self.texts, folder: &self.shape.folder };
        let mut scanner = Scanner::new(&below);
        let mut judged = Judged::default();
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for module in now.modules.values() {
            let Some(stem) = module.stem(&self.shape.folder) else { continue };
            let name = stem.replace('/', ".");
            if let Some(first) = names.insert(name.clone(), &module.target) {
                let (first, second) = (first.to_owned(), module.target.clone());
                return Err(RebuildError::TwoModules { name, first, second });
            }
            let installed = self.shape.installed(&module.target).unwrap_or(&module.target).to_owned();
            let is_shipped = self.packaged.installed.files.contains_key(&installed);
            // The package leaves a module of the release out: the distribution has its reasons.
            if !is_shipped && before.modules.contains_key(&module.target) {
                continue;
            }
            let sources = self.sources(&mut scanner, module, &name)?;
            let same = is_shipped
                && before.modules.get(&module.target) == Some(module)
                && !sources.all.iter().any(|path| differing.contains(path.as_str()));
            if same && !everything {
                judged.kept += 1;
            } else {
                judged.compiled.push(self.build(now, module, name, installed, sources));
            }
        }
        Ok(judged)
    }

    /// What the package has generated: the scanner needs it where the commit would only generate it.
    fn generated(&self) -> SourceTree {
        let all = self.packaged.changed.files.iter().filter(|(path, _)| self.packaged.is_generated(path));
        SourceTree { files: all.map(|(path, file)| (path.clone(), *file)).collect() }
    }

    fn sources(
        &self,
        scanner: &mut Scanner<'_, Below<'_>>,
        module: &Module,
        name: &str,
    ) -> Result<Sources, RebuildError> {
        let failed = |source| RebuildError::Scan { module: name.to_owned(), source };
        let whole = |path: &str| self.shape.source(path);
        let mut sources = Sources { cython: BTreeMap::new(), packages: BTreeSet::new(), all: BTreeSet::new() };
        let mut headers: BTreeSet<Header> = BTreeSet::new();
        for pyx in &module.cython {
            let Some(below) = self.below_folder(pyx) else { continue };
            let closure: Closure = scanner.closure(below).map_err(failed)?;
            let read: BTreeSet<String> = closure.sources.iter().map(|path| whole(path)).collect();
            // What is generated is none of the tree's.
            let of_tree = read.iter().filter(|path| self.commit.tree.files.contains_key(*path)).cloned().collect();
            sources.cython.insert(pyx.clone(), of_tree);
            sources.packages.extend(closure.packages.iter().map(|path| whole(path)));
            sources.all.extend(read);
            headers.extend(closure.headers);
        }
        let named = module.sources.iter().filter_map(|path| self.below_folder(path).map(|below| (path, below)));
        let compiled: Vec<&str> = named
            .clone()
            .filter(|(path, _)| crate::is_scanned(path) && !module.cython.contains(*path))
            .map(|(_, below)| below)
            .collect();
        let include: Vec<&str> = module.include.iter().filter_map(|path| self.below_folder(path)).collect();
        let local = scanner.local_headers(&headers, compiled, &include).map_err(failed)?;
        sources.all.extend(local.iter().map(|path| whole(path)));
        sources.all.extend(module.sources.iter().filter(|path| self.commit.tree.files.contains_key(*path)).cloned());
        if module.generated {
            let files = self.commit.tree.files.keys().chain(self.packaged.release.files.keys());
            sources.all.extend(files.filter(|path| self.shape.generates(path)).cloned());
        }
        Ok(sources)
    }

    /// A path of the tree or of the build folder below the folder of modules: both have the same there.
    fn below_folder<'p>(&self, path: &'p str) -> Option<&'p str> {
        let built = path.strip_prefix(self.shape.places.build_folder()).and_then(|path| path.strip_prefix('/'));
        let path = built.unwrap_or(path);
        if path == self.shape.folder {
            return Some("");
        }
        path.strip_prefix(&self.shape.folder)?.strip_prefix('/')
    }

    fn build(
        &self,
        now: &Description,
        module: &Module,
        name: String,
        installed: String,
        sources: Sources,
    ) -> ModuleBuild {
        let build = self.shape.places.build_folder();
        let file = |path: String| self.commit.tree.id(&path).map(|id| (path, id));
        let files: BTreeMap<String, BlobId> = sources.all.into_iter().filter_map(file).collect();
        let init = |folder: &String| format!("{folder}/__init__.py");
        let reads = module.depfiles.iter().filter_map(|depfile| {
            Some((format!("{build}/{}", depfile.path), sources.cython.get(&depfile.of)?.clone()))
        });
        // A module whose sources are generated brings what else the same program makes and is installed.
        let folder = module.target.rsplit_once('/').map_or("", |(folder, _)| folder);
        let generated = now.install.files.iter().filter_map(|(to, from)| match from {
            sage_oci_meson::Installed::Built(from) if module.generated && !from.ends_with(".so") => {
                (from.rsplit_once('/').map(|(parent, _)| parent) == Some(folder)).then(|| (to.clone(), from.clone()))
            }
            _ => None,
        });
        // The linker, which makes the target, comes last.
        let after = module.commands.len().checked_sub(1).into_iter().collect();
        let tool = self.shape.cross.as_ref().map_or_else(|| "strip".to_owned(), |cross| cross.tool("strip"));
        let strip = Command { line: format!("{tool} --strip-unneeded {}", module.target), made: Made::Target, after };
        let own: BTreeSet<BlobId> =
            module.cython.iter().chain(&module.sources).filter_map(|path| self.commit.tree.id(path)).collect();
        ModuleBuild {
            name,
            installed,
            bytes: own.into_iter().filter_map(|id| self.texts.get(id)).map(<[u8]>::len).sum(),
            target: module.target.clone(),
            commands: module.commands.iter().cloned().chain([strip]).collect(),
            empty: sources.packages.iter().map(init).filter(|path| !files.contains_key(path)).collect(),
            files,
            folders: module
                .folders
                .iter()
                .map(|folder| format!("{build}/{folder}"))
                .chain(module.led_through.iter().cloned())
                .collect(),
            reads: reads.collect(),
            generated: generated.collect(),
        }
    }
}
