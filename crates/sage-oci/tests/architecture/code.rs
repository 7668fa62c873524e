//! What source files name.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::{Path, PathBuf};

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

/// What a source file names outside of tests.
#[derive(Default)]
pub struct Code {
    /// Every path, as `std::fs::read`; those in a `use std::{fs, io}` are taken apart.
    pub paths: Vec<String>,
    /// Modules in files of their own that are compiled for tests alone.
    test_modules: Vec<String>,
}

impl Code {
    pub fn of_file(file: &Path) -> Self {
        let text = sage_oci_files::read_to_string(file).unwrap();
        Self::of(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    pub fn of(text: &str) -> Result<Self, proc_macro2::LexError> {
        let mut code = Self::default();
        code.read(text.parse()?, "");
        Ok(code)
    }

    /// The paths in some tokens.
    pub fn paths_of(tokens: TokenStream) -> Vec<String> {
        let mut code = Self::default();
        code.read(tokens, "");
        code.paths
    }

    pub fn forbidden(&self) -> Vec<&String> {
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
    pub fn test_files(&self, file: &Path) -> Vec<PathBuf> {
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
