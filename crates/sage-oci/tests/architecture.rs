//! Arrows between crates go one way: pure, then formats, then I/O, then the command.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A crate's folder, its layer, and the workspace crates it depends on outside tests.
struct Member {
    layer: &'static str,
    depends: Vec<String>,
}

const LAYERS: [&str; 4] = ["pure", "formats", "io", "fakes"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A crate's name and the crates of ours that it depends on, but for its tests, from its manifest.
fn manifest(text: &str) -> (String, Vec<String>) {
    let (mut name, mut depends, mut section) = (String::new(), Vec::new(), "");
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            section = head.trim_end_matches(']');
            // `[dependencies.sage-oci-x]`, with a table of its own.
            let own = section.rsplit_once("dependencies.").map(|(_, package)| package);
            depends.extend(own.filter(|_| !section.contains("dev-")).map(str::to_owned));
        } else if section == "package" && line.starts_with("name") {
            name = line.split('"').nth(1).unwrap().to_owned();
        } else if section.ends_with("dependencies") && !section.ends_with("dev-dependencies") {
            depends.push(line.split(['.', ' ', '=']).next().unwrap().to_owned());
        }
    }
    depends.retain(|depend| depend.starts_with("sage-oci-"));
    (name, depends)
}

fn members() -> BTreeMap<String, Member> {
    let mut members = BTreeMap::new();
    for layer in LAYERS {
        for folder in sage_oci_files::list(crates().join(layer)).unwrap() {
            let text = sage_oci_files::read_to_string(folder.join("Cargo.toml")).unwrap();
            let (name, depends) = manifest(&text);
            members.insert(name, Member { layer, depends });
        }
    }
    members
}

#[test]
fn arrows_go_one_way() {
    let members = members();
    assert!(members.len() > 15, "only {} crates were found", members.len());
    let arrows: usize = members.values().map(|member| member.depends.len()).sum();
    assert!(arrows > 50, "only {arrows} dependencies were found");
    for (name, member) in &members {
        for other in &member.depends {
            let below = members[other].layer;
            let allowed: &[&str] = match member.layer {
                "pure" => &["pure"],
                "formats" => &["pure", "formats"],
                "io" => &["pure", "formats", "io"],
                _ => &LAYERS,
            };
            assert!(allowed.contains(&below), "{name} ({}) must not depend on {other} ({below})", member.layer);
        }
    }
}

#[test]
fn dependencies_are_found_wherever_a_manifest_has_them() {
    let text = "[package]\nname = \"sage-oci-a\"\n[dependencies]\nsage-oci-b.workspace = true\nserde = \"1\"\n\
                [target.'cfg(unix)'.dependencies]\n  sage-oci-c = { path = \"c\" }\n[build-dependencies]\nsage-oci-d = \"1\"\n\
                [dependencies.sage-oci-e]\npath = \"e\"\n[dev-dependencies]\nsage-oci-f.workspace = true\n\
                [dev-dependencies.sage-oci-g]\npath = \"g\"\n";
    let depends = ["b", "c", "d", "e"].map(|letter| format!("sage-oci-{letter}"));
    assert_eq!(manifest(text), ("sage-oci-a".to_owned(), depends.to_vec()));
}

/// What a pure crate or one of formats must not name: files, processes, the network, the clock, the environment.
const FORBIDDEN: [&str; 10] = [
    "std::fs",
    "std::process",
    "std::net",
    "std::env",
    "std::time::SystemTime",
    "std::time::Instant",
    "tokio",
    "rustix",
    "tempfile",
    "duct",
];

#[test]
fn pure_and_format_crates_touch_no_file_process_or_clock() {
    let mut seen = 0;
    for layer in ["pure", "formats"] {
        for folder in sage_oci_files::list(crates().join(layer)).unwrap() {
            let files = sources(&folder.join("src"));
            let code: Vec<(PathBuf, Code)> =
                files.into_iter().map(|file| (file.clone(), Code::of_file(&file))).collect();
            let tests: BTreeSet<PathBuf> = code.iter().flat_map(|(file, code)| code.test_files(file)).collect();
            for (file, code) in code.iter().filter(|(file, _)| !tests.contains(file)) {
                seen += code.paths.len();
                assert_eq!(code.forbidden(), Vec::<&String>::new(), "{}", file.display());
            }
        }
    }
    assert!(seen > 10_000, "only {seen} paths were looked at");
}

/// What a source file names outside of tests.
#[derive(Default)]
struct Code {
    /// Every path, as `std::fs::read`; those in a `use std::{fs, io}` are taken apart.
    paths: Vec<String>,
    /// Modules in files of their own that are compiled for tests alone.
    test_modules: Vec<String>,
}

impl Code {
    fn of_file(file: &Path) -> Self {
        let text = sage_oci_files::read_to_string(file).unwrap();
        Self::of(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    fn of(text: &str) -> Result<Self, proc_macro2::LexError> {
        let mut code = Self::default();
        code.read(text.parse()?, "");
        Ok(code)
    }

    fn forbidden(&self) -> Vec<&String> {
        let within = |path: &str, module: &str| {
            path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let all =
            |path: &str| path.strip_suffix("::*").is_some_and(|module| FORBIDDEN.iter().any(|bad| within(bad, module)));
        // The architecture that a program was compiled for is a constant of it.
        let constant = |path: &str| within(path, "std::env::consts");
        let bad =
            |path: &&String| !constant(path) && (FORBIDDEN.iter().any(|module| within(path, module)) || all(path));
        self.paths.iter().filter(bad).collect()
    }

    /// Where the modules of tests lie.
    fn test_files(&self, file: &Path) -> Vec<PathBuf> {
        let stem = file.file_stem().unwrap();
        let folder = match stem.to_str() {
            Some("lib" | "mod") => file.parent().unwrap().to_owned(),
            _ => file.with_extension(""),
        };
        self.test_modules.iter().map(|name| folder.join(format!("{name}.rs"))).collect()
    }

    /// Reads tokens; `prefix` stands before the paths of a group, as `std` before `{fs, io}`.
    fn read(&mut self, tokens: TokenStream, prefix: &str) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is_test(&tokens[at..]) {
                at += self.item(&tokens[at..]);
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(_) => at = self.path(&tokens, at, prefix),
                TokenTree::Group(group) => {
                    self.read(group.stream(), "");
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// Takes one path and gives the place behind it.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, prefix: &str) -> usize {
        let mut path = prefix.to_owned();
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(name)) => {
                    path = if path.is_empty() { name.to_string() } else { format!("{path}::{name}") };
                    at += 1;
                }
                Some(TokenTree::Punct(star)) if star.as_char() == '*' => {
                    path.push_str("::*");
                    at += 1;
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.read(group.stream(), &path);
                    at += 1;
                }
                _ => {}
            }
            let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
            if !(colon(at) && colon(at + 1)) {
                break;
            }
            at += 2;
        }
        self.paths.push(path);
        at
    }

    /// The length of an item that is for tests alone, its attributes included.
    fn item(&mut self, tokens: &[TokenTree]) -> usize {
        let mut at = 0;
        while matches!(&tokens[at], TokenTree::Punct(mark) if mark.as_char() == '#') {
            at += 2;
        }
        let word = |at: usize| match tokens.get(at) {
            Some(TokenTree::Ident(name)) => name.to_string(),
            _ => String::new(),
        };
        if word(at) == "pub" {
            at += 1;
            at += usize::from(matches!(tokens.get(at), Some(TokenTree::Group(_))));
        }
        // These end with a semicolon, whatever braces they have; the others with the first of either.
        let statement = ["use", "const", "static", "type", "let"].contains(&word(at).as_str());
        if word(at) == "mod" && matches!(tokens.get(at + 2), Some(TokenTree::Punct(_))) {
            self.test_modules.push(word(at + 1));
        }
        let ends = |token: &TokenTree| match token {
            TokenTree::Punct(mark) => mark.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !statement,
            _ => false,
        };
        let rest = tokens[at..].iter().position(ends).expect("an item ends");
        at + rest + 1
    }
}

/// Whether `#[cfg(test)]` stands here.
fn is_test(tokens: &[TokenTree]) -> bool {
    match tokens {
        [TokenTree::Punct(mark), TokenTree::Group(group), ..] if mark.as_char() == '#' => {
            group.stream().to_string().replace(' ', "") == "cfg(test)"
        }
        _ => false,
    }
}

#[test]
fn what_stands_behind_a_test_or_in_a_group_is_seen() {
    let found = |text: &str| Code::of(text).unwrap().forbidden().into_iter().cloned().collect::<Vec<_>>();
    for (text, bad) in [
        ("use std::fs;", "std::fs"),
        ("use std::{collections::BTreeMap, fs::{self, File}};", "std::fs::self"),
        ("use std::{io, time::{Duration, SystemTime}};", "std::time::SystemTime"),
        ("use std::time::*;", "std::time::*"),
        ("fn f() { println!(\"{:?}\", std::env::var(\"HOME\")); }", "std::env::var"),
        ("#[cfg(test)] mod tests { use std::fs; } fn f() { std::process::exit(1) }", "std::process::exit"),
        ("#[cfg(test)] use std::{fs, io}; fn f() { std::process::exit(1) }", "std::process::exit"),
        ("#[cfg(test)] #[path = \"x\"] pub(crate) mod x; static A: u8 = std::net::X;", "std::net::X"),
        ("mod a { #[cfg(test)] const A: [u8; 2] = [1, 2]; use tokio::fs::read; }", "tokio::fs::read"),
        ("#[cfg(not(test))] fn f() { std::process::exit(1) }", "std::process::exit"),
    ] {
        assert_eq!(found(text).first().map(String::as_str), Some(bad), "{text}");
    }
    for good in [
        "// std::fs\n/// `std::fs::read`\nfn f() -> &'static str { \"std::fs\" }",
        "use std::{time::Duration, fmt}; use crate::fs; use std::format;",
        "#[cfg(test)] mod tests { use std::fs; #[test] fn f() { std::process::exit(1) } }",
        "#[cfg(test)] fn only() { std::fs::read(\"x\") } fn f() {}",
    ] {
        assert_eq!(found(good), Vec::<String>::new(), "{good}");
    }
    let code = Code::of("mod a; #[cfg(test)] mod tests; #[cfg(test)] pub mod more;").unwrap();
    assert_eq!(code.test_files(Path::new("src/x/mod.rs")), ["src/x/tests.rs", "src/x/more.rs"].map(PathBuf::from));
    assert_eq!(code.test_files(Path::new("src/x.rs")), ["src/x/tests.rs", "src/x/more.rs"].map(PathBuf::from));
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in sage_oci_files::list(folder).unwrap() {
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all
}
