use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::conditions::{self, is_pattern};
use super::readers::{hides, only_reads, runs, substitutions};
use super::syntax::{AndOr, Command, Joint, List, Part, Redirection, Simple, Word};
use super::value::{Status, Value, Variable};
use sage_oci_effects::Effect;

/// Function calls inside each other.
const MAX_CALLS: usize = 20;
/// Commands on all ways through a script together.
const MAX_STEPS: usize = 20_000;

/// All that running a script can change; two ways through a script are the same when their states are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) positional: Vec<Value>,
    pub(super) variables: BTreeMap<String, Variable>,
    pub(super) readonly: BTreeSet<String>,
    pub(super) functions: BTreeMap<String, Rc<List>>,
    pub(super) effects: Vec<Effect>,
    pub(super) exited: bool,
    pub(super) returned: bool,
    /// For each function that runs, what its local variables were outside of it; `None` for one never spoken of.
    pub(super) calls: Vec<BTreeMap<String, Option<Variable>>>,
    /// How the last command ended.
    pub(super) last: Status,
    /// Commands followed so far, on this way and on those beside it.
    steps: Rc<Cell<usize>>,
}

impl State {
    pub(super) fn new(arguments: &[Value], variables: BTreeMap<String, Variable>) -> Self {
        Self {
            positional: arguments.to_vec(),
            variables,
            readonly: BTreeSet::new(),
            functions: BTreeMap::new(),
            effects: Vec::new(),
            exited: false,
            returned: false,
            calls: Vec::new(),
            last: Status::Success,
            steps: Rc::default(),
        }
    }

    pub(super) fn list(&mut self, list: &List) -> Result<Status, String> {
        let mut status = Status::Success;
        for item in list {
            if self.exited || self.returned {
                break;
            }
            status = self.and_or(item)?;
        }
        Ok(status)
    }

    fn and_or(&mut self, item: &AndOr) -> Result<Status, String> {
        let mut status = self.command(&item.first)?;
        for (joint, command) in &item.rest {
            if self.exited || self.returned {
                break;
            }
            let runs = match joint {
                Joint::And => status,
                Joint::Or => status.not(),
            };
            match runs {
                Status::Success => status = self.command(command)?,
                Status::Failure => {}
                Status::Either => {
                    let mut other = self.clone();
                    other.command(command)?;
                    self.join(&other)?;
                }
            }
        }
        Ok(status)
    }

    /// Goes on from two ways through a script, of which a run would take one.
    ///
    /// They must do the same; a variable that differs is not known from here on.
    fn join(&mut self, other: &Self) -> Result<(), String> {
        let names: Vec<String> = self.variables.keys().chain(other.variables.keys()).cloned().collect();
        let mut joined = other.clone();
        for name in names {
            if self.variables.get(&name) != other.variables.get(&name) {
                self.variables.insert(name.clone(), Variable::Unknown);
                joined.variables.insert(name, Variable::Unknown);
            }
        }
        if self.last != joined.last {
            self.last = Status::Either;
            joined.last = Status::Either;
        }
        if *self == joined { Ok(()) } else { Err("what it does depends on the machine it runs on".to_owned()) }
    }

    fn command(&mut self, command: &Command) -> Result<Status, String> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Err("it runs too long".to_owned());
        }
        let status = self.any_command(command)?;
        self.last = status;
        Ok(status)
    }

    fn any_command(&mut self, command: &Command) -> Result<Status, String> {
        match command {
            Command::Simple(simple) => self.simple(simple).map_err(|why| match why.starts_with("line ") {
                true => why,
                false => format!("line {}: {why}", simple.line),
            }),
            Command::Not(inner) => Ok(self.command(inner)?.not()),
            Command::If(arms, otherwise) => self.conditional(arms, otherwise),
            Command::Case(subject, arms) => self.case(subject, arms),
            Command::Group(list) => self.list(list),
            Command::Function(name, _) if hides(name) => Err(format!("the function `{name}` hides a program")),
            Command::Function(name, body) => {
                self.functions.insert(name.clone(), Rc::new(body.clone()));
                Ok(Status::Success)
            }
            Command::For(name, words, body) => {
                substitutions(words)?;
                let mut status = Status::Success;
                for value in self.fields(words)?.values {
                    if self.exited || self.returned {
                        break;
                    }
                    if value.is_none() {
                        return Err("a loop over words that only a run could tell".to_owned());
                    }
                    self.assign(name, value)?;
                    status = self.list(body)?;
                }
                Ok(status)
            }
            Command::Pipe(commands) if commands.iter().all(only_reads) => Ok(Status::Either),
            Command::Pipe(_) => Err("a pipe is not understood".to_owned()),
            Command::Opaque(what) => Err(format!("{what} is not understood")),
        }
    }

    fn conditional(&mut self, arms: &[(List, List)], otherwise: &List) -> Result<Status, String> {
        let Some(((condition, body), rest)) = arms.split_first() else { return self.list(otherwise) };
        let status = self.list(condition)?;
        if self.exited || self.returned {
            return Ok(status);
        }
        match status {
            Status::Success => self.list(body),
            Status::Failure => self.conditional(rest, otherwise),
            Status::Either => {
                let mut other = self.clone();
                (self.last, other.last) = (Status::Success, Status::Failure);
                let first = self.list(body)?;
                let second = other.conditional(rest, otherwise)?;
                self.join(&other)?;
                Ok(if first == second { first } else { Status::Either })
            }
        }
    }

    fn case(&mut self, subject: &Word, arms: &[(Vec<Word>, List)]) -> Result<Status, String> {
        substitutions(std::iter::once(subject).chain(arms.iter().flat_map(|(patterns, _)| patterns)))?;
        let Some(subject) = self.value(subject) else {
            return Err("a `case` on text that only a run could tell".to_owned());
        };
        for (patterns, body) in arms {
            for pattern in patterns {
                let mut shape = Vec::new();
                for part in pattern {
                    match part {
                        Part::Pattern(text) if text.contains('[') => return Err(format!("the pattern `{text}`")),
                        Part::Pattern(text) => shape.extend(text.chars().map(|c| (c, true))),
                        part => match self.value(&vec![part.clone()]) {
                            Some(text)
                                if matches!(part, Part::Parameter { quoted: false, .. }) && is_pattern(&text) =>
                            {
                                return Err(format!("the pattern `{text}` from a variable"));
                            }
                            Some(text) => shape.extend(text.chars().map(|c| (c, false))),
                            None => return Err("a `case` pattern that only a run could tell".to_owned()),
                        },
                    }
                }
                if conditions::matches(&shape, &subject) {
                    return self.list(body);
                }
            }
        }
        Ok(Status::Success)
    }

    fn simple(&mut self, simple: &Simple) -> Result<Status, String> {
        let targets = simple.redirections.iter().map(|redirection| &redirection.target);
        substitutions(simple.words.iter().chain(simple.assignments.iter().map(|(_, word)| word)).chain(targets))?;
        for Redirection { operator, target } in &simple.redirections {
            let value = self.value(target);
            let harmless = match *operator {
                ">" | ">>" | "<" => value.as_deref() == Some("/dev/null"),
                ">&" => matches!(value.as_deref(), Some("1" | "2")),
                _ => false,
            };
            if !harmless {
                return Err(format!("`{operator}` to or from a file is not understood"));
            }
        }
        let fields = self.fields(&simple.words)?;
        let Some((name, arguments)) = fields.values.split_first() else {
            for (name, word) in &simple.assignments {
                self.assign(name, self.value(word))?;
            }
            // The commands that made the values have the last word.
            let known = !simple.assignments.iter().any(|(_, word)| runs(word));
            return Ok(if known { Status::Success } else { Status::Either });
        };
        let Some(name) = name.as_deref() else { return Err("a command that only a run could tell".to_owned()) };
        if !simple.assignments.is_empty() {
            return Err("a variable set for one command".to_owned());
        }
        if let Some(body) = self.functions.get(name).cloned() {
            if fields.loose {
                return Err(format!("the arguments of `{name}`, which may be any number"));
            }
            return self.call(arguments, &body);
        }
        if matches!(name, "[" | "test") && fields.loose {
            // Its words may make any condition.
            return self.builtin(name, arguments).map(|_| Status::Either);
        }
        self.builtin(name, arguments)
    }

    fn call(&mut self, arguments: &[Value], body: &List) -> Result<Status, String> {
        if self.calls.len() >= MAX_CALLS {
            return Err("its functions call each other without end".to_owned());
        }
        self.calls.push(BTreeMap::new());
        let outer = std::mem::replace(&mut self.positional, arguments.to_vec());
        let status = self.list(body)?;
        self.positional = outer;
        self.returned = false;
        for (name, outside) in self.calls.pop().unwrap_or_default() {
            match outside {
                Some(variable) => _ = self.variables.insert(name, variable),
                None => _ = self.variables.remove(&name),
            }
        }
        Ok(status)
    }
}
