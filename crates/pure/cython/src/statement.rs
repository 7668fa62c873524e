use crate::include::included;
use crate::token::{Token, Tokens};

/// What a Cython source says about other files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statements {
    pub(crate) cimports: Vec<Cimport>,
    /// Sources that stand in its place, as named.
    pub(crate) includes: Vec<String>,
    /// Headers, as named; those of the system may have their angle brackets.
    pub(crate) headers: Vec<String>,
}

/// A module whose declarations are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cimport {
    /// Leading dots: none for an absolute name, one for the package of the module itself.
    pub(crate) level: usize,
    /// The name, without the dots; empty for a package itself.
    pub(crate) module: String,
    /// What is taken from it: declarations, or modules in it.
    pub(crate) names: Vec<String>,
}

impl Statements {
    /// Reads a source.
    pub(crate) fn of(source: &[u8]) -> Self {
        let mut found = Self::default();
        let mut statement: Vec<Token<'_>> = Vec::new();
        // A text at the head of an `extern` block is C, to be compiled as it stands.
        let mut in_extern = false;
        let mut skip = false;
        for token in Tokens::of(source).chain([Token::End]) {
            if token == Token::End {
                if !statement.is_empty() {
                    in_extern = found.statement(&statement, in_extern);
                }
                statement.clear();
                skip = false;
            } else if !skip {
                // Most statements are others: their first token is enough to know.
                skip = statement.is_empty() && !is_head(token);
                statement.push(token);
            }
        }
        found
    }

    /// Takes a statement in; gives whether it is the head of an `extern` block.
    fn statement(&mut self, tokens: &[Token<'_>], in_extern: bool) -> bool {
        use Token::{Sign, Text, Word};
        match tokens {
            [Text(code), ..] if in_extern => self.headers.extend(included(code).map(|line| line.to_string())),
            [Word(b"include"), Text(name), ..] => self.includes.push(text(name)),
            [Word(b"cimport"), rest @ ..] => {
                let names = rest.split(|token| *token == Sign(b','));
                self.cimports.extend(names.map(|name| Cimport { level: 0, module: dotted(name), names: Vec::new() }));
            }
            [Word(b"import"), rest @ ..] => {
                let names = rest.split(|token| *token == Sign(b',')).map(dotted);
                let names = names.filter_map(|name| name.strip_prefix(PURE).map(str::to_owned));
                self.cimports.extend(names.map(|module| Cimport { level: 0, module, names: Vec::new() }));
            }
            [Word(b"from"), rest @ ..] => self.cimports.extend(from(rest)),
            _ => {
                let at = tokens.iter().take(4).position(|token| *token == Word(b"extern"));
                match at.map(|at| &tokens[at + 1..]) {
                    Some([Word(b"from"), Text(name), ..]) => {
                        self.headers.push(text(name));
                        return true;
                    }
                    Some([Word(b"from"), Sign(b'*'), ..]) => return true,
                    _ => {}
                }
            }
        }
        false
    }
}

/// What Cython calls modules with declarations where a source is to be Python, too.
const PURE: &str = "cython.cimports.";

/// Whether a statement that begins so can be of interest.
fn is_head(token: Token<'_>) -> bool {
    match token {
        Token::Word(word) => {
            matches!(word, b"from" | b"cimport" | b"import" | b"include" | b"cdef" | b"cpdef" | b"extern")
        }
        Token::Text(_) => true,
        _ => false,
    }
}

/// What stands behind `from`.
fn from(tokens: &[Token<'_>]) -> Option<Cimport> {
    let level = tokens.iter().take_while(|token| **token == Token::Sign(b'.')).count();
    let tokens = &tokens[level..];
    let verb = tokens.iter().position(|token| matches!(token, Token::Word(b"cimport" | b"import")))?;
    let mut module = dotted(&tokens[..verb]);
    if tokens[verb] == Token::Word(b"import") {
        module = module.strip_prefix(PURE).filter(|_| level == 0)?.to_owned();
    }
    let names = tokens[verb + 1..].split(|token| *token == Token::Sign(b','));
    let first = |tokens: &[Token<'_>]| {
        tokens.iter().find_map(|token| match token {
            Token::Word(word) => Some(text(word)),
            _ => None,
        })
    };
    Some(Cimport { level, module, names: names.filter_map(first).collect() })
}

/// A dotted name, up to what else follows.
fn dotted(tokens: &[Token<'_>]) -> String {
    let mut name = String::new();
    for token in tokens {
        match token {
            Token::Sign(b'.') => name.push('.'),
            Token::Word(word) if name.is_empty() || name.ends_with('.') => name.push_str(&text(word)),
            _ => break,
        }
    }
    name
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
