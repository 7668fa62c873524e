//! Inside a crate no file needs one that needs it: whoever reads one need not have read the other.

use crate::code::Code;
use crate::{crates, sources};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module's path in its crate; the root's is empty.
type Module = Vec<String>;

/// A source file.
#[derive(Default)]
struct File {
    /// What it names, but for what it gives on.
    names: Vec<String>,
    /// What it gives on from others, by the name that it gives it.
    gives: BTreeMap<String, String>,
}

impl File {
    fn of(text: &str) -> Self {
        let mut file = Self::default();
        let tokens: Vec<TokenTree> = text.parse::<TokenStream>().unwrap().into_iter().collect();
        let is = |at: usize, word: &str| matches!(tokens.get(at), Some(TokenTree::Ident(name)) if name == word);
        let mark = |at: usize, mark: &str| tokens.get(at).is_some_and(|token| token.to_string() == mark);
        let (mut at, mut rest) = (0, TokenStream::new());
        while at < tokens.len() {
            let group = usize::from(matches!(tokens.get(at + 1), Some(TokenTree::Group(_))));
            if is(at, "pub") && is(at + 1 + group, "use") {
                let end = tokens[at..].iter().position(|token| token.to_string() == ";").unwrap();
                for path in Code::paths_of(tokens[at + 2 + group..at + end].iter().cloned().collect()) {
                    let name = path.rsplit("::").next().unwrap().to_owned();
                    file.gives.insert(name, path);
                }
                at += end + 1;
            } else if is(at, "mod") && mark(at + 2, ";") && !(at >= 2 && mark(at - 2, "#")) {
                // That a module has another one in it is no need of it.
                at += 3;
            } else {
                rest.extend([tokens[at].clone()]);
                at += 1;
            }
        }
        let names = Code::paths_of(rest);
        // What stands before a group of names is none.
        let heads: BTreeSet<&str> = names.iter().filter_map(|name| Some(name.rsplit_once("::")?.0)).collect();
        file.names = names.iter().filter(|name| !heads.contains(name.as_str())).cloned().collect();
        file
    }
}

/// A crate's files by their module.
struct Crate(BTreeMap<Module, File>);

impl Crate {
    fn read(src: &Path) -> Self {
        let paths = sources(src);
        let tests: BTreeSet<_> = paths.iter().flat_map(|file| Code::of_file(file).test_files(file)).collect();
        let module = |file: &Path| {
            let below = file.strip_prefix(src).unwrap().with_extension("");
            let mut parts: Module = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if ["lib", "main", "mod"].contains(&parts.last().unwrap().as_str()) {
                parts.pop();
            }
            parts
        };
        let read = |file: &Path| (module(file), File::of(&sage_oci_files::read_to_string(file).unwrap()));
        Self(paths.iter().filter(|file| !tests.contains(*file)).map(|file| read(file)).collect())
    }

    /// The file that defines what a path means, as far as it is one of the crate's.
    fn find(&self, from: &Module, path: &str, steps: usize) -> Option<Module> {
        let mut parts = path.split("::").peekable();
        let mut module = match *parts.peek()? {
            "crate" => {
                parts.next();
                Vec::new()
            }
            "self" | "super" => from.clone(),
            first => {
                let child = [from.as_slice(), &[first.to_owned()]].concat();
                if !self.0.contains_key(&child) {
                    return None;
                }
                from.clone()
            }
        };
        while let Some(part) = parts.next_if(|part| ["self", "super"].contains(part)) {
            if part == "super" {
                module.pop();
            }
        }
        for part in parts {
            module.push(part.to_owned());
            if !self.0.contains_key(&module) {
                module.pop();
                let given = self.0.get(&module)?.gives.get(part).filter(|_| steps > 0);
                return match given.and_then(|path| self.find(&module, path, steps - 1)) {
                    Some(giver) => Some(giver),
                    None => Some(module),
                };
            }
        }
        Some(module)
    }

    /// The files that each needs.
    fn arrows(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let needs = |module: &Module, file: &File| {
            // `pub(super)` names nobody.
            let names = file.names.iter().filter(|path| path.contains("::"));
            let found = names.filter_map(|path| self.find(module, path, 4));
            // The root is a table of contents.
            found.filter(|found| found != module && !found.is_empty()).collect()
        };
        self.0
            .iter()
            .filter(|(module, _)| !module.is_empty())
            .map(|(module, file)| (module, needs(module, file)))
            .collect()
    }

    /// Groups of files of which each needs, in the end, every other one.
    fn circles(&self) -> Vec<Vec<String>> {
        let arrows = self.arrows();
        let reach = |from: &Module| {
            let mut seen: BTreeSet<Module> = BTreeSet::new();
            let mut todo: Vec<Module> = arrows[from].iter().cloned().collect();
            while let Some(next) = todo.pop() {
                if seen.insert(next.clone()) {
                    todo.extend(arrows.get(&next).into_iter().flatten().cloned());
                }
            }
            seen
        };
        let reached: BTreeMap<&Module, BTreeSet<Module>> =
            arrows.keys().map(|module| (*module, reach(module))).collect();
        let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
        for (module, all) in &reached {
            if all.contains(*module) {
                let with: Vec<&Module> =
                    all.iter().filter(|other| reached.get(other).is_some_and(|back| back.contains(*module))).collect();
                circles.insert(with.iter().map(|module| module.join("::")).collect());
            }
        }
        circles.into_iter().collect()
    }
}

impl Crate {
    /// The arrows of a circle, for whoever has to break it.
    fn drawn(&self, circle: &[String]) -> String {
        let mut arrows = Vec::new();
        for (from, all) in self.arrows() {
            let names = all.iter().map(|to| to.join("::")).filter(|to| circle.contains(to));
            let from = from.join("::");
            if circle.contains(&from) {
                arrows.extend(names.map(|to| format!("{from} -> {to}")));
            }
        }
        arrows.join(", ")
    }
}

#[test]
fn no_file_needs_one_that_needs_it() {
    let mut seen = 0;
    let mut found = Vec::new();
    let layers = ["pure", "formats", "io", "fakes"].into_iter();
    let folders = layers.flat_map(|layer| sage_oci_files::list(crates().join(layer)).unwrap());
    for folder in folders.chain([crates().join("sage-oci"), crates().join("builder")]) {
        let read = Crate::read(&folder.join("src"));
        seen += read.arrows().values().map(BTreeSet::len).sum::<usize>();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        found.extend(read.circles().into_iter().map(|circle| format!("{name}: {}", read.drawn(&circle))));
    }
    assert!(seen > 500, "only {seen} arrows were found");
    assert!(found.is_empty(), "files that need each other:\n{}", found.join("\n"));
}

fn crate_of(files: &[(&str, &str)]) -> Crate {
    let module = |name: &str| name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    Crate(files.iter().map(|(name, text)| (module(name), File::of(text))).collect())
}

#[test]
fn circles_are_found_through_names_that_are_given_on() {
    let circles = |files: &[(&str, &str)]| crate_of(files).circles();
    let root = ("", "mod a; mod b; pub use a::A; pub use b::{B, c};");
    assert_eq!(circles(&[root, ("a", "use crate::B;"), ("b", "fn f() { crate::a::g() }")]), [["a", "b"]]);
    assert_eq!(circles(&[root, ("a", "use crate::{B, C};"), ("b", "fn f() -> crate::A { todo() }")]), [["a", "b"]]);
    assert_eq!(circles(&[root, ("a", "use crate::B;"), ("b", "struct B;")]), Vec::<Vec<String>>::new());
    // A parent that calls its child, which names what the parent defines; one that only gives the child's name on is none.
    assert_eq!(circles(&[("a", "mod b; fn f() { b::g() } struct S;"), ("a::b", "use super::S;")]), [["a", "a::b"]]);
    assert_eq!(
        circles(&[("a", "mod b; pub use b::g; struct S;"), ("a::b", "use super::S;")]),
        Vec::<Vec<String>>::new()
    );
    assert_eq!(
        circles(&[("a", "#[cfg(test)] mod t { use crate::b; }"), ("b", "use crate::a::f;")]),
        Vec::<Vec<String>>::new()
    );
}
