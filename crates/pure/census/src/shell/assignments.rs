use super::machine::State;
use super::value::{Value, Variable};

/// Variables that change what later commands do, or that the shell itself sets and reads.
const SPECIAL: [&str; 21] = [
    "DIRSTACK",
    "ENV",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GCONV_PATH",
    "GROUPS",
    "HISTCMD",
    "IFS",
    "LINENO",
    "OPTIND",
    "PATH",
    "PIPESTATUS",
    "POSIXLY_CORRECT",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "UID",
    "_",
];
/// The beginnings of others: of bash, the dynamic linker, dpkg's programs, Perl's and Python's.
const SPECIAL_BEGINNINGS: [&str; 6] = ["BASH", "DPKG_", "LD_", "PERL5", "PERLLIB", "PYTHON"];

fn is_special(name: &str) -> bool {
    SPECIAL.contains(&name) || SPECIAL_BEGINNINGS.iter().any(|start| name.starts_with(start) && name != "PYTHON")
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl State {
    /// Sets a variable.
    ///
    /// # Errors
    /// One that other commands obey, unless it keeps its value, and one that is read-only.
    pub(super) fn assign(&mut self, name: &str, value: Value) -> Result<(), String> {
        self.set(name, value.into())
    }

    fn set(&mut self, name: &str, value: Variable) -> Result<(), String> {
        let same = value != Variable::Unknown && self.variables.get(name) == Some(&value);
        if !same && (is_special(name) || self.readonly.contains(name)) {
            return Err(format!("`{name}` is changed"));
        }
        self.variables.insert(name.to_owned(), value);
        Ok(())
    }

    /// `unset NAME`.
    ///
    /// # Errors
    /// Options, a variable that must not change, and a name that a function has, which some shells would forget.
    pub(super) fn unset(&mut self, name: &str) -> Result<(), String> {
        if !is_name(name) || self.functions.contains_key(name) {
            return Err(format!("`unset {name}`"));
        }
        self.set(name, Variable::Unset)
    }

    /// One argument of `local`, `export` or `readonly`: a name, perhaps with a value.
    ///
    /// # Errors
    /// Options, a variable that must not change, and `local` outside of a function.
    pub(super) fn declare(&mut self, how: &str, text: &str) -> Result<(), String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(Variable::Text(value.to_owned()))),
            None => (text, None),
        };
        if !is_name(name) {
            return Err(format!("`{how} {text}`"));
        }
        if how == "local" {
            let outside = self.variables.get(name).cloned();
            let Some(call) = self.calls.last_mut() else { return Err("`local` outside of a function".to_owned()) };
            call.entry(name.to_owned()).or_insert(outside.clone());
            // Without a value it keeps the one from outside in dash, and is unset in bash.
            let inside = if outside == Some(Variable::Unset) { Variable::Unset } else { Variable::Unknown };
            return self.set(name, value.unwrap_or(inside));
        }
        if let Some(value) = value {
            self.set(name, value)?;
        }
        if how == "readonly" {
            self.readonly.insert(name.to_owned());
        }
        Ok(())
    }
}
