use super::conditions;
use super::machine::State;
use super::value::{Status, Value};
use crate::commands;
use sage_oci_effects::Effect;

impl State {
    /// Runs a command that is no function.
    ///
    /// # Errors
    /// One that is not understood.
    pub(super) fn builtin(&mut self, name: &str, arguments: &[Value]) -> Result<Status, String> {
        let texts: Option<Vec<&str>> = arguments.iter().map(Option::as_deref).collect();
        match (name, texts.as_deref()) {
            ("[", _) => match arguments.split_last() {
                Some((Some(end), inner)) if end == "]" => conditions::test(inner),
                _ => Err("`[` without `]`".to_owned()),
            },
            ("test", _) => conditions::test(arguments),
            ("exit", Some([] | ["0"])) => {
                self.exited = true;
                Ok(Status::Success)
            }
            // Outside of functions dash ends the script and bash goes on.
            ("return", _) if self.calls.is_empty() => Err("`return` outside of a function".to_owned()),
            ("return", Some([])) => {
                self.returned = true;
                Ok(self.last)
            }
            ("return", Some(["0"])) => {
                self.returned = true;
                Ok(Status::Success)
            }
            ("return", Some(["1"])) => {
                self.returned = true;
                Ok(Status::Failure)
            }
            // Scripts that fail do not get installed; so what follows a command may count on it either way.
            ("set", Some(["-e" | "+e" | "-u" | "+u" | "-eu" | "+eu" | "-ue"])) => Ok(Status::Success),
            ("shift", Some([])) if !self.positional.is_empty() => {
                self.positional.remove(0);
                Ok(Status::Success)
            }
            ("unset", Some(texts)) => {
                for name in texts {
                    self.unset(name)?;
                }
                Ok(Status::Success)
            }
            ("local" | "export" | "readonly", Some(texts)) => {
                for text in texts {
                    self.declare(name, text)?;
                }
                Ok(Status::Success)
            }
            // It may be `-v NAME`, which sets a variable in bash.
            ("printf", _)
                if arguments.first().is_none_or(|first| first.as_ref().is_none_or(|text| text.starts_with('-'))) =>
            {
                Err("`printf` without a plain format".to_owned())
            }
            (_, Some(texts)) => {
                let (status, effects) = commands::run(name, texts)?;
                for effect in effects {
                    let once = matches!(effect, Effect::Computed { .. } | Effect::Bytecode { .. });
                    if !(once && self.effects.contains(&effect)) {
                        self.effects.push(effect);
                    }
                }
                Ok(status)
            }
            ("echo" | "printf", None) => Ok(Status::Success),
            (_, None) => Err(format!("`{name}` with arguments that only a run could tell")),
        }
    }
}
