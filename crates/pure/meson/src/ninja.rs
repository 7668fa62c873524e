use crate::words::{evaluate, paths, quoted};
use crate::{Edge, MesonError};
use std::collections::BTreeMap;

/// The part of a `build.ninja` that says what is made and how.
///
/// Pools, defaults and included files are passed over: meson writes none that matters here.
#[derive(Debug, Clone, Default)]
pub struct Ninja {
    /// The variables of each rule, not yet evaluated.
    rules: BTreeMap<String, BTreeMap<String, String>>,
    globals: BTreeMap<String, String>,
    edges: Vec<Edge>,
    /// The edge that makes each path.
    producers: BTreeMap<String, usize>,
}

/// What the indented lines that follow belong to.
enum Block {
    Rule(String),
    Edge,
    Other,
}

impl Ninja {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`MesonError::Ninja`] with the line.
    pub fn parse(text: &str) -> Result<Self, MesonError> {
        let mut ninja = Self::default();
        let mut block = Block::Other;
        for (line, text) in logical_lines(text) {
            let at = |why: String| MesonError::Ninja { line, why };
            let indented = text.starts_with(' ');
            let text = text.trim_start();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if indented {
                let (name, value) = assignment(text).ok_or_else(|| at("it is no `name = value`".to_owned()))?;
                ninja.variable(&block, name, value).map_err(at)?;
                continue;
            }
            block = match text.split_once(' ') {
                Some(("rule", name)) => {
                    ninja.rules.entry(name.trim().to_owned()).or_default();
                    Block::Rule(name.trim().to_owned())
                }
                Some(("build", rest)) => {
                    let edge = ninja.edge(line, rest).map_err(at)?;
                    let number = ninja.edges.len();
                    for output in edge.outputs.iter().chain(&edge.implicit_outputs) {
                        ninja.producers.insert(output.clone(), number);
                    }
                    ninja.edges.push(edge);
                    Block::Edge
                }
                Some(("default" | "pool" | "include" | "subninja", _)) => Block::Other,
                _ => {
                    let (name, value) = assignment(text).ok_or_else(|| at("it is no statement of ninja".to_owned()))?;
                    let value = evaluate(value, &mut |name| Ok(ninja.global(name))).map_err(at)?;
                    ninja.globals.insert(name.to_owned(), value);
                    Block::Other
                }
            };
        }
        Ok(ninja)
    }

    /// All edges, in the file's order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edge that makes a path; `None` for what is there from the beginning.
    pub fn producer(&self, path: &str) -> Option<&Edge> {
        self.producers.get(path).map(|number| &self.edges[*number])
    }

    /// The command line of an edge, as ninja gives it to `/bin/sh -c` in the build folder.
    ///
    /// # Errors
    /// [`MesonError::Rule`]; an escape in the rule that ninja does not know.
    pub fn command(&self, edge: &Edge) -> Result<String, MesonError> {
        self.of_rule(edge, "command")
    }

    /// The file in which the edge's command writes what it read, from the build folder.
    ///
    /// # Errors
    /// As [`Ninja::command`].
    pub fn depfile(&self, edge: &Edge) -> Result<Option<String>, MesonError> {
        let path = self.of_rule(edge, "depfile")?;
        Ok((!path.is_empty()).then_some(path))
    }

    fn of_rule(&self, edge: &Edge, name: &str) -> Result<String, MesonError> {
        let rule = self.rules.get(&edge.rule).ok_or_else(|| MesonError::Rule {
            output: edge.outputs.first().cloned().unwrap_or_default(),
            rule: edge.rule.clone(),
        })?;
        let Some(text) = rule.get(name) else { return Ok(String::new()) };
        let all = |paths: &[String]| paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(" ");
        let mut value = |name: &str| {
            Ok(match name {
                "in" => all(&edge.inputs),
                "out" => all(&edge.outputs),
                name => edge.variables.get(name).cloned().unwrap_or_else(|| self.global(name)),
            })
        };
        evaluate(text, &mut value).map_err(|why| MesonError::Ninja { line: edge.line, why })
    }

    /// A variable that nobody has set is empty.
    fn global(&self, name: &str) -> String {
        self.globals.get(name).cloned().unwrap_or_default()
    }

    fn variable(&mut self, block: &Block, name: &str, value: &str) -> Result<(), String> {
        match block {
            Block::Rule(rule) => {
                if let Some(rule) = self.rules.get_mut(rule) {
                    rule.insert(name.to_owned(), value.to_owned());
                }
            }
            Block::Edge => {
                let value = evaluate(value, &mut |name| Ok(self.global(name)))?;
                if let Some(edge) = self.edges.last_mut() {
                    edge.variables.insert(name.to_owned(), value);
                }
            }
            Block::Other => {}
        }
        Ok(())
    }

    fn edge(&self, line: usize, text: &str) -> Result<Edge, String> {
        let mut edge = Edge { line, ..Edge::default() };
        let words = paths(text);
        let colon = words.iter().position(|word| word == ":").ok_or("`build` without `:`")?;
        let (made, by) = words.split_at(colon);
        let mut into = &mut edge.outputs;
        for word in made {
            match word.as_str() {
                "|" => into = &mut edge.implicit_outputs,
                word => into.push(evaluate(word, &mut |name| Ok(self.global(name)))?),
            }
        }
        let mut by = by.iter().skip(1);
        edge.rule.clone_from(by.next().ok_or("`build` without a rule")?);
        let mut into = &mut edge.inputs;
        for word in by {
            match word.as_str() {
                "|" | "||" | "|@" => into = &mut edge.others,
                word => into.push(evaluate(word, &mut |name| Ok(self.global(name)))?),
            }
        }
        Ok(edge)
    }
}

fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim_end();
    (!name.is_empty() && !name.contains(' ')).then(|| (name, value.trim_start()))
}

/// Lines, a `$` at the end joining the next one without its indentation; with the number of the first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let dollars = line.bytes().rev().take_while(|byte| *byte == b'$').count();
        let goes_on = dollars % 2 == 1;
        let line = if goes_on { &line[..line.len() - 1] } else { line };
        match lines.last_mut().filter(|_| open) {
            Some((_, last)) => last.push_str(line.trim_start()),
            None => lines.push((number + 1, line.to_owned())),
        }
        open = goes_on;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# made by hand\nninja_required_version = 1.8.2\nroot = /x\n\nrule cc\n command = cc $ARGS -MF $DEPFILE -o $out -c $in\n depfile = $DEPFILE\n deps = gcc\n\nrule copy\n command = $COMMAND\n\n\
build a$ b.o: cc ${root}/a$ b.c $\n    ../c.c | /usr/lib/libx.so || gen.h\n ARGS = -I. '-X$ y=1' -DROOT=$root\n DEPFILE = a.d\n\nbuild gen.h | gen.c: copy in.py\n COMMAND = python3 in.py\n DESC = Making$ it\n\nbuild all: phony a$ b.o\ndefault all\n";

    #[test]
    fn edges_rules_and_commands() {
        let ninja = Ninja::parse(TEXT).unwrap();
        let edge = ninja.producer("a b.o").unwrap();
        assert_eq!((edge.line, edge.rule.as_str()), (13, "cc"));
        assert_eq!(edge.needs().collect::<Vec<_>>(), ["/x/a b.c", "../c.c", "/usr/lib/libx.so", "gen.h"]);
        assert_eq!(ninja.command(edge).unwrap(), "cc -I. '-X y=1' -DROOT=/x -MF a.d -o 'a b.o' -c '/x/a b.c' ../c.c");
        assert_eq!(ninja.depfile(edge).unwrap().as_deref(), Some("a.d"));
        let copy = ninja.producer("gen.c").unwrap();
        assert_eq!((ninja.command(copy).unwrap().as_str(), ninja.depfile(copy)), ("python3 in.py", Ok(None)));
        assert!(ninja.producer("in.py").is_none());
        assert_eq!(ninja.edges().len(), 3);
        let phony = ninja.producer("all").unwrap();
        assert!(matches!(ninja.command(phony), Err(MesonError::Rule { rule, .. }) if rule == "phony"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, line, why) in [
            ("rule x\n nonsense\n", 2, "no `name = value`"),
            ("\nnonsense\n", 2, "no statement"),
            ("build a b\n", 1, "without `:`"),
            ("build a:\n", 1, "without a rule"),
            ("build a: r $(x)\n", 1, "`$` before"),
        ] {
            let error = Ninja::parse(text).unwrap_err();
            assert!(matches!(&error, MesonError::Ninja { line: at, .. } if *at == line), "{error}");
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
