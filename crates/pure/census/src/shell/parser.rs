use super::syntax::{AndOr, Command, Joint, List, Redirection, Simple, Word};
use super::words::Words;

/// Parses a whole script, or says in which line it goes beyond what is understood.
pub(super) fn parse(text: &str) -> Result<List, String> {
    let mut words = Words::new(text);
    let list = list(&mut words)?;
    match words.peek() {
        None => Ok(list),
        Some(other) => Err(words.error(format!("`{other}` is out of place"))),
    }
}

/// Parses commands up to the end of the text, or to a `)` or `;;` that is not theirs.
pub(super) fn list(words: &mut Words<'_>) -> Result<List, String> {
    Parser { words }.list(&[])
}

/// More alternatives of one condition are not in maintainer scripts.
const MAX_ARMS: usize = 200;

struct Parser<'a, 'b> {
    words: &'b mut Words<'a>,
}

impl Parser<'_, '_> {
    /// A list up to one of the reserved words, a `)`, a `;;` or the end.
    fn list(&mut self, ends: &[&str]) -> Result<List, String> {
        let mut list = Vec::new();
        loop {
            self.words.separators()?;
            let ended = match self.words.peek() {
                None | Some(')') => true,
                Some(';') if self.words.at(";;") => true,
                _ => ends.iter().any(|end| self.words.at_reserved(end)),
            };
            if ended {
                return Ok(list);
            }
            let first = self.pipeline()?;
            let mut rest = Vec::new();
            loop {
                self.words.blanks()?;
                let joint = match () {
                    () if self.words.eat("&&") => Joint::And,
                    () if self.words.eat("||") => Joint::Or,
                    () => break,
                };
                self.words.newlines()?;
                rest.push((joint, self.pipeline()?));
            }
            list.push(AndOr { first, rest });
            match self.words.peek() {
                None | Some('\n' | ')') => {}
                Some(';') if self.words.at(";;") => {}
                Some(';') => _ = self.words.eat(";"),
                Some('&') => return Err(self.words.error("a background job")),
                Some(other) => return Err(self.words.error(format!("`{other}` is out of place"))),
            }
        }
    }

    fn pipeline(&mut self) -> Result<Command, String> {
        self.words.blanks()?;
        let negated = self.words.eat_reserved("!");
        let mut commands = vec![self.command()?];
        self.words.blanks()?;
        while self.words.at("|") && !self.words.at("||") {
            self.words.eat("|");
            self.words.newlines()?;
            commands.push(self.command()?);
            self.words.blanks()?;
        }
        let command = match commands.len() {
            1 => commands.remove(0),
            _ => Command::Pipe(commands),
        };
        Ok(if negated { Command::Not(Box::new(command)) } else { command })
    }

    fn command(&mut self) -> Result<Command, String> {
        self.words.descend()?;
        let command = self.any_command();
        self.words.ascend();
        command
    }

    fn any_command(&mut self) -> Result<Command, String> {
        self.words.blanks()?;
        let command = if self.words.eat_reserved("if") {
            self.conditional()?
        } else if self.words.eat_reserved("case") {
            // Older shells take the bracket of a pattern for the substitution's.
            if self.words.substitutions > 0 {
                return Err(self.words.error("`case` in a substitution"));
            }
            self.case()?
        } else if self.words.eat_reserved("for") {
            self.repetition()?
        } else if self.words.eat_reserved("while") || self.words.eat_reserved("until") {
            self.list(&["do"])?;
            self.reserved("do")?;
            self.list(&["done"])?;
            self.reserved("done")?;
            Command::Opaque("a loop")
        } else if self.words.eat_reserved("{") {
            let list = self.list(&["}"])?;
            self.reserved("}")?;
            Command::Group(list)
        } else if self.words.eat("(") {
            if self.words.at("(") {
                return Err(self.words.error("arithmetic"));
            }
            self.list(&[])?;
            self.symbol(")")?;
            Command::Opaque("a subshell")
        } else {
            return self.simple();
        };
        if self.redirections()?.is_empty() { Ok(command) } else { Ok(Command::Opaque("a redirected compound command")) }
    }

    fn conditional(&mut self) -> Result<Command, String> {
        let mut arms = Vec::new();
        loop {
            let condition = self.list(&["then"])?;
            self.reserved("then")?;
            arms.push((condition, self.list(&["elif", "else", "fi"])?));
            if !self.words.eat_reserved("elif") {
                break;
            }
            if arms.len() > MAX_ARMS {
                return Err(self.words.error("a condition with too many alternatives"));
            }
        }
        let otherwise = if self.words.eat_reserved("else") { self.list(&["fi"])? } else { List::new() };
        self.reserved("fi")?;
        Ok(Command::If(arms, otherwise))
    }

    fn case(&mut self) -> Result<Command, String> {
        self.words.blanks()?;
        let subject = self.word()?;
        self.words.newlines()?;
        self.reserved("in")?;
        let mut arms = Vec::new();
        loop {
            self.words.separators()?;
            if self.words.eat_reserved("esac") {
                return Ok(Command::Case(subject, arms));
            }
            self.words.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.words.blanks()?;
                patterns.push(self.word()?);
                self.words.blanks()?;
                if !self.words.eat("|") {
                    break;
                }
            }
            self.symbol(")")?;
            arms.push((patterns, self.list(&["esac"])?));
            self.words.eat(";;");
        }
    }

    fn repetition(&mut self) -> Result<Command, String> {
        self.words.blanks()?;
        let Some(name) = self.words.name() else { return Err(self.words.error("a loop without a name")) };
        self.words.newlines()?;
        self.reserved("in")?;
        let mut words = Vec::new();
        loop {
            self.words.blanks()?;
            match self.words.word()? {
                Some(word) => words.push(word),
                None => break,
            }
        }
        self.words.separators()?;
        self.reserved("do")?;
        let body = self.list(&["done"])?;
        self.reserved("done")?;
        Ok(Command::For(name, words, body))
    }

    fn simple(&mut self) -> Result<Command, String> {
        let mut simple = Simple { line: self.words.line(), ..Simple::default() };
        loop {
            simple.redirections.extend(self.redirections()?);
            if simple.words.is_empty() {
                if let Some(name) = self.words.assignment() {
                    simple.assignments.push((name, self.words.word()?.unwrap_or_default()));
                    continue;
                }
                if simple.assignments.is_empty()
                    && let Some(name) = self.words.function()
                {
                    self.words.newlines()?;
                    return match self.command()? {
                        Command::Group(body) => Ok(Command::Function(name, body)),
                        // Calling it meets the opaque body.
                        other => Ok(Command::Function(name, vec![AndOr { first: other, rest: Vec::new() }])),
                    };
                }
            }
            match self.words.word()? {
                Some(word) => simple.words.push(word),
                None => break,
            }
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && simple.redirections.is_empty() {
            return Err(self.words.error("a command is missing"));
        }
        Ok(Command::Simple(simple))
    }

    fn redirections(&mut self) -> Result<Vec<Redirection>, String> {
        let mut all = Vec::new();
        loop {
            self.words.blanks()?;
            let Some(operator) = self.words.redirection() else { return Ok(all) };
            self.words.blanks()?;
            let start = self.words.at;
            let target = self.word()?;
            if operator.starts_with("<<") {
                self.words.here_document(operator == "<<-", start, &target)?;
            }
            all.push(Redirection { operator, target });
        }
    }

    fn word(&mut self) -> Result<Word, String> {
        match self.words.word()? {
            Some(word) => Ok(word),
            None => Err(self.words.error("a word is missing")),
        }
    }

    fn reserved(&mut self, word: &str) -> Result<(), String> {
        self.words.separators()?;
        if self.words.eat_reserved(word) { Ok(()) } else { Err(self.words.error(format!("`{word}` is missing"))) }
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), String> {
        self.words.separators()?;
        if self.words.eat(symbol) { Ok(()) } else { Err(self.words.error(format!("`{symbol}` is missing"))) }
    }
}
