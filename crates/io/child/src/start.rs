use crate::environment::secrets;
use std::ffi::{OsStr, OsString};
use std::process::Command;

/// A program with this process's environment, the secrets left out. One that it needs can be given to it by [`Command::env`].
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in secrets() {
        command.env_remove(name);
    }
    command
}

/// A program as [`command`] has it, for `duct`: its output is captured and its failure is an error.
pub fn expression<Argument: Into<OsString>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = Argument>,
) -> duct::Expression {
    // As a path, `git` would be `./git` for duct.
    let expression = duct::cmd(program.as_ref().to_owned(), arguments);
    secrets().fold(expression, |expression, name| expression.env_remove(name))
}

/// A program that gets the environment as it is, with all secrets: for one whose task is to keep or find them.
pub fn trusted_command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}
