use crate::include::included;
use crate::path::{ancestors, folder, join};
use crate::statement::{Cimport, Statements};
use crate::{ScanError, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The files that a module is made of, by paths below the source folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closure {
    /// What Cython reads: the module itself, `.pxd` and `.pxi` files.
    pub sources: BTreeSet<String>,
    /// Folders of these that must have an `__init__.py`, an empty one at least: without it Cython takes another name for a module, silently.
    pub packages: BTreeSet<String>,
    /// Headers that the sources name.
    pub headers: BTreeSet<Header>,
}

/// A header's name where it is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Header {
    /// The folder of the file that names it, below the source folder; the source folder itself is empty.
    pub folder: String,
    /// The name as written; angle brackets are kept.
    pub name: String,
}

/// Tells the files of modules; each file is read once.
pub struct Scanner<'s, S: Sources + ?Sized> {
    sources: &'s S,
    statements: BTreeMap<String, Rc<Statements>>,
    units: BTreeMap<String, Rc<Unit>>,
    includes: BTreeMap<String, Rc<[Header]>>,
}

/// A file with what is included in its place.
#[derive(Default)]
struct Unit {
    /// The file and what is included.
    files: BTreeSet<String>,
    /// The `.pxd` files that these use.
    uses: BTreeSet<String>,
    headers: BTreeSet<Header>,
}

impl<'s, S: Sources + ?Sized> Scanner<'s, S> {
    /// A scanner of a source folder.
    pub fn new(sources: &'s S) -> Self {
        Self { sources, statements: BTreeMap::new(), units: BTreeMap::new(), includes: BTreeMap::new() }
    }

    /// The files of a module, given the path of its `.pyx`. Modules may use each other in circles.
    ///
    /// # Errors
    /// A module that is not there, or a file that cannot be read. What a file names in vain is taken for installed elsewhere.
    pub fn closure(&mut self, module: &str) -> Result<Closure, ScanError> {
        if !self.sources.contains(module) {
            return Err(ScanError::NoModule { path: module.to_owned() });
        }
        let mut closure = Closure::default();
        let mut seen = BTreeSet::from([module.to_owned()]);
        let mut open = vec![module.to_owned()];
        while let Some(path) = open.pop() {
            let unit = self.unit(&path)?;
            closure.sources.extend(unit.files.iter().cloned());
            closure.headers.extend(unit.headers.iter().cloned());
            open.extend(unit.uses.iter().filter(|used| seen.insert((*used).clone())).cloned());
        }
        let packages = closure.sources.iter().flat_map(|path| ancestors(path)).map(str::to_owned);
        closure.packages = packages.collect();
        Ok(closure)
    }

    /// The headers and other files of the source folder that a C compiler reads, given what names them (as [`Closure::headers`]), C and C++
    /// sources of the folder, which are not among the answer, and the include folders below it (empty or `.` for itself).
    ///
    /// A name that two folders have counts in both, so the answer may have a file too many; headers of the system are not found in the tree.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn local_headers<'a>(
        &mut self,
        named: impl IntoIterator<Item = &'a Header>,
        compiled: impl IntoIterator<Item = &'a str>,
        include: &[&str],
    ) -> Result<BTreeSet<String>, ScanError> {
        let mut open: Vec<Header> = named.into_iter().cloned().collect();
        for path in compiled {
            open.extend(self.included(path)?.iter().cloned());
        }
        let mut found = BTreeSet::new();
        while let Some(header) = open.pop() {
            let system = header.name.strip_prefix('<').and_then(|name| name.strip_suffix('>'));
            let name = system.unwrap_or(&header.name);
            let folders = Some(header.folder.as_str()).filter(|_| system.is_none()).into_iter();
            for path in folders.chain(include.iter().copied()).filter_map(|folder| join(folder, name)) {
                if !found.contains(&path) && self.sources.contains(&path) {
                    open.extend(self.included(&path)?.iter().cloned());
                    found.insert(path);
                }
            }
        }
        Ok(found)
    }

    /// What the `#include` lines of a file name.
    fn included(&mut self, path: &str) -> Result<Rc<[Header]>, ScanError> {
        if let Some(known) = self.includes.get(path) {
            return Ok(Rc::clone(known));
        }
        let content = self.read(path)?;
        let folder = folder(path);
        let headers: Rc<[Header]> =
            included(&content).map(|name| Header { folder: folder.to_owned(), name: name.into_owned() }).collect();
        self.includes.insert(path.to_owned(), Rc::clone(&headers));
        Ok(headers)
    }

    fn unit(&mut self, path: &str) -> Result<Rc<Unit>, ScanError> {
        if let Some(known) = self.units.get(path) {
            return Ok(Rc::clone(known));
        }
        let mut unit = Unit { files: BTreeSet::from([path.to_owned()]), ..Unit::default() };
        unit.uses.extend(path.strip_suffix(".pyx").map(|stem| format!("{stem}.pxd")));
        unit.uses.retain(|own| self.sources.contains(own));
        // Names in an included file are seen from the file that includes it.
        let package: Vec<&str> = folder(path).split('/').filter(|part| !part.is_empty()).collect();
        let mut open = vec![path.to_owned()];
        while let Some(part) = open.pop() {
            let statements = self.statements(&part)?;
            let folder = folder(&part);
            let headers = statements.headers.iter();
            unit.headers.extend(headers.map(|name| Header { folder: folder.to_owned(), name: name.clone() }));
            unit.uses.extend(statements.cimports.iter().flat_map(|cimport| self.used(cimport, &package)));
            for name in &statements.includes {
                let places = [join(folder, name), join("", name)];
                let place = places.into_iter().flatten().find(|place| self.sources.contains(place));
                open.extend(place.filter(|place| unit.files.insert(place.clone())));
            }
        }
        let unit = Rc::new(unit);
        self.units.insert(path.to_owned(), Rc::clone(&unit));
        Ok(unit)
    }

    /// The `.pxd` files of the tree that a module of a package uses by one statement.
    fn used(&self, cimport: &Cimport, package: &[&str]) -> Vec<String> {
        let Cimport { level, module, names } = cimport;
        let module: Vec<&str> = module.split('.').filter(|part| !part.is_empty()).collect();
        let bases: Vec<&[&str]> = match (level, module.first()) {
            // Part of Cython itself.
            (0, None | Some(&"cython")) => Vec::new(),
            // Cython's depfile knows implicit relative names, its compiler of Python 3's language absolute ones.
            (0, _) => vec![package, &[]],
            (level, _) => package.len().checked_sub(level - 1).map(|length| &package[..length]).into_iter().collect(),
        };
        let mut used = Vec::new();
        for base in bases {
            let module = [base, &module].concat();
            used.extend(self.declarations(&module));
            used.extend(names.iter().filter_map(|name| self.declarations(&[module.as_slice(), &[name]].concat())));
        }
        used
    }

    /// The `.pxd` of a module or package.
    fn declarations(&self, module: &[&str]) -> Option<String> {
        let path = module.join("/");
        let paths = [format!("{}.pxd", module.join(".")), format!("{path}.pxd"), format!("{path}/__init__.pxd")];
        paths.into_iter().find(|path| self.sources.contains(path))
    }

    fn statements(&mut self, path: &str) -> Result<Rc<Statements>, ScanError> {
        if let Some(known) = self.statements.get(path) {
            return Ok(Rc::clone(known));
        }
        let statements = Rc::new(Statements::of(&self.read(path)?));
        self.statements.insert(path.to_owned(), Rc::clone(&statements));
        Ok(statements)
    }

    fn read(&self, path: &str) -> Result<std::borrow::Cow<'s, [u8]>, ScanError> {
        self.sources.read(path).ok_or_else(|| ScanError::Unreadable { path: path.to_owned() })
    }
}
