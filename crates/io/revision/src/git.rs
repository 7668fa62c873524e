use crate::runner::{Ended, Output, run};
use crate::{Limits, Opening, RevisionError};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

/// Variables that would lead git elsewhere than where it is sent.
const ELSEWHERE: [&str; 13] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
];

/// What is said whatever the repository's own configuration says: no hook, no program that an address or a file monitor names,
/// no work in the background.
const SAID: [&str; 7] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "advice.detachedHead=false",
];

/// The program, sent to one repository.
#[derive(Debug, Clone)]
pub(crate) struct Git<'a> {
    program: &'a Path,
    place: [OsString; 2],
    /// The folder that people know.
    pub(crate) folder: PathBuf,
    stop: &'a AtomicBool,
}

impl<'a> Git<'a> {
    /// In a folder, whose repository git finds.
    pub(crate) fn inside(folder: &Path, opening: &Opening<'a>) -> Self {
        Self::new(["-C".into(), folder.into()], folder, opening)
    }

    /// With a bare repository.
    pub(crate) fn bare(folder: &Path, opening: &Opening<'a>) -> Self {
        Self::new(["--git-dir".into(), folder.into()], folder, opening)
    }

    fn new(place: [OsString; 2], folder: &Path, opening: &Opening<'a>) -> Self {
        Self { program: opening.git, place, folder: folder.to_owned(), stop: opening.stop }
    }

    /// A command that is about to be started.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = sage_oci_child::command(self.program);
        command.args(&self.place);
        for said in SAID {
            command.args(["-c", said]);
        }
        command.arg("--no-pager").args(arguments);
        for name in ELSEWHERE {
            command.env_remove(name);
        }
        // Nothing is asked, on the terminal or in a window; helpers and agents that know the answer may give it.
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "false").env("GCM_INTERACTIVE", "never");
        command.env("SSH_ASKPASS", "false").env("SSH_ASKPASS_REQUIRE", "force");
        // A repository that is only looked at is not written to, and is what its objects say.
        command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_LITERAL_PATHSPECS", "1");
        // The texts are read.
        command.env("LC_ALL", "C").env("LANGUAGE", "C");
        command
    }

    /// Runs it to its end, whatever that is.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<Output, RevisionError> {
        match self.run_within(self.command(arguments), None)? {
            Ended::Done(output) => Ok(output),
            Ended::Stopped | Ended::Silent { .. } => Err(RevisionError::Stopped),
        }
    }

    /// Runs a command within limits.
    pub(crate) fn run_within(&self, command: Command, limits: Option<Limits>) -> Result<Ended, RevisionError> {
        let ended = run(command, self.stop, limits).map_err(|source| self.not_there(source))?;
        match ended {
            Ended::Done(output) if output.stderr.contains("detected dubious ownership") => {
                Err(RevisionError::OtherOwner { path: self.folder.clone() })
            }
            Ended::Stopped => Err(RevisionError::Stopped),
            ended => Ok(ended),
        }
    }

    pub(crate) fn not_there(&self, source: std::io::Error) -> RevisionError {
        RevisionError::NoGit { program: self.program.to_owned(), source }
    }

    /// Its output; a failure is an error that has its last word.
    pub(crate) fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, RevisionError> {
        let output = self.run(arguments)?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => {
                let command = arguments.first().copied().unwrap_or_default().to_owned();
                Err(RevisionError::Git { command, said: last_word(&output.stderr) })
            }
        }
    }

    /// Its output as one line; none where it fails, or says nothing.
    pub(crate) fn line(&self, arguments: &[&str]) -> Result<Option<String>, RevisionError> {
        let output = self.run(arguments)?;
        let text = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
        Ok((output.status.success() && !text.is_empty()).then_some(text))
    }
}

/// What git said of its failure: its `fatal:` and the server's errors before all else.
pub(crate) fn last_word(stderr: &str) -> String {
    let lines = || stderr.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    let marked = |mark: &str| lines().rfind(|line| line.starts_with(mark)).map(|line| line[mark.len()..].trim());
    let word = ["fatal: remote error:", "ERROR:", "fatal:", "error:"].iter().find_map(|mark| marked(mark));
    let word = word.or_else(|| lines().next_back()).unwrap_or("it did not say why");
    word.chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_tells_most() {
        assert_eq!(last_word("remote: x\nerror: a\nfatal: b\n"), "b");
        assert_eq!(last_word("fatal: remote error: no\nfatal: hung up\n"), "no");
        assert_eq!(last_word("Receiving: 1%\rReceiving: 2%\r"), "Receiving: 2%");
        assert_eq!(last_word(""), "it did not say why");
    }
}
