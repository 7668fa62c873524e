//! A reader of maintainer scripts: follows a script through a first installation without running anything.
//!
//! It knows the arguments that dpkg gives (`configure` and an empty version), follows conditions whose outcome is the
//! same on every machine, and takes both ways where it is not: both must then do the same. Every command on the way
//! must be one that [`crate::commands`] knows. What lies off the way (upgrades, removals) only has to be syntax.
//! Anything else is an error, so a script is never half understood.

mod assignments;
mod builtins;
mod conditions;
mod expand;
mod expansions;
mod here_documents;
mod machine;
mod parser;
mod readers;
mod syntax;
#[cfg(test)]
mod tests;
mod value;
mod words;

use std::collections::BTreeMap;

pub(crate) use value::Status;

use sage_oci_effects::Effect;

/// Follows a script that is called with `arguments`; an argument that is `None` is not known.
///
/// # Errors
/// The first thing that is not understood, with its line where there is one.
pub(crate) fn follow(text: &str, arguments: &[Option<&str>]) -> Result<Vec<Effect>, String> {
    match text.lines().next().map(|line| line.trim_end().replace("#! ", "#!")) {
        Some(line) if ["#!/bin/sh", "#!/bin/sh -e", "#!/bin/bash", "#!/bin/bash -e"].contains(&line.as_str()) => {}
        _ => return Err("line 1: it is not a shell script".to_owned()),
    }
    if text.contains('\0') {
        // Some shells skip it, and would read another word than we do.
        return Err("it has a NUL".to_owned());
    }
    let list = parser::parse(text)?;
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.map(str::to_owned)).collect();
    let variables = [("DPKG_ROOT", ""), ("DEBIAN_FRONTEND", "noninteractive")]
        .map(|(name, value)| (name.to_owned(), value::Variable::Text(value.to_owned())));
    let mut state = machine::State::new(&arguments, BTreeMap::from(variables));
    state.list(&list)?;
    Ok(state.effects)
}
