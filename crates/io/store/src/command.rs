use crate::{Nix, StoreError, failure};
use std::io::Write;
use std::process::{Command, ExitStatus, Output, Stdio};

/// The longest list of arguments, in bytes, that one command gets; Linux takes 2 MiB with the environment.
const ARGUMENTS: usize = 1 << 20;

impl Nix {
    /// One of Nix's commands with the options that all get, and no secret: of a cache that wants one, Nix reads it from a file.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = sage_oci_child::command(self.programs.join(program));
        command.args(&self.options);
        command
    }

    /// Runs a command to its end and gives its standard output's lines. `input` writes its standard input.
    ///
    /// It runs in our process group: Ctrl-C reaches it as well as us.
    pub(crate) fn capture(
        &self,
        action: &'static str,
        command: Command,
        input: impl FnOnce(&mut dyn Write) -> Result<(), StoreError> + Send,
    ) -> Result<Vec<String>, StoreError> {
        let output = self.finish(action, command, input)?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// Runs a command without input.
    pub(crate) fn capture_plain(&self, action: &'static str, command: Command) -> Result<Vec<String>, StoreError> {
        self.capture(action, command, |_| Ok(()))
    }

    /// Runs a command without input and gives what it says to people, on standard error.
    pub(crate) fn capture_words(&self, action: &'static str, command: Command) -> Result<String, StoreError> {
        let output = self.finish(action, command, |_| Ok(()))?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn finish(
        &self,
        action: &'static str,
        mut command: Command,
        input: impl FnOnce(&mut dyn Write) -> Result<(), StoreError> + Send,
    ) -> Result<Output, StoreError> {
        let program = command.get_program().to_owned();
        let broken = |source| StoreError::Run { program: program.clone().into(), source };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(broken)?;
        let pipe = child.stdin.take();
        let (written, output) = std::thread::scope(|scope| {
            let writer = scope.spawn(move || {
                let mut pipe = std::io::BufWriter::new(pipe.expect("standard input is a pipe"));
                input(&mut pipe)
            });
            let output = child.wait_with_output();
            (writer.join().expect("the writer does not panic"), output)
        });
        let output = output.map_err(broken)?;
        if !output.status.success() {
            return Err(failed(action, output.status, &String::from_utf8_lossy(&output.stderr)));
        }
        // Only now: a command that fails early breaks the pipe, and its own words say more.
        written?;
        Ok(output)
    }
}

/// The error for a command that failed.
pub(crate) fn failed(action: &'static str, status: ExitStatus, words: &str) -> StoreError {
    if interrupted(status) { StoreError::Interrupted { action } } else { failure::classify(action, words, None) }
}

/// Whether a signal that means "stop" ended it, or it says so by its status.
pub(crate) fn interrupted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const SIGNALS: [i32; 3] = [1, 2, 15];
    status.signal().is_some_and(|signal| SIGNALS.contains(&signal))
        || status.code().is_some_and(|code| SIGNALS.iter().any(|signal| code == 128 + signal))
}

/// Splits arguments so that each part fits one command.
pub(crate) fn batches<T>(items: &[T], length: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, item) in items.iter().enumerate() {
        // The system counts a pointer for each argument, too.
        let cost = length(item) + 9;
        if bytes + cost > ARGUMENTS && at > start {
            batches.push(&items[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += cost;
    }
    if start < items.len() {
        batches.push(&items[start..]);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_lose_nothing() {
        let items = vec!["x".repeat(1000); 5000];
        let parts = batches(&items, String::len);
        assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), items.len());
        assert!(parts.len() == 5 && parts.iter().all(|part| part.len() * 1009 <= ARGUMENTS));
        assert!(batches(&[] as &[String], String::len).is_empty());
    }
}
