use crate::output::{keep, settle};
use crate::{Engine, EngineError, RunOutput, RunSpec};
use bollard::container::{AttachContainerResults, LogOutput};
use bollard::errors::Error;
use bollard::query_parameters::{DownloadFromContainerOptionsBuilder, InspectContainerOptions, KillContainerOptions};
use futures_util::StreamExt;
use std::io::Read;
use std::time::{Duration, Instant};

/// The largest artefact that is brought out of a container, in bytes.
const MAX_ARTEFACT: usize = 64 * 1024 * 1024;
/// How long a killed container may take to be gone.
const AFTER_KILL: Duration = Duration::from_secs(10);
/// The exit status of what a SIGKILL ended.
const KILLED: i64 = 128 + 9;

impl Engine {
    /// Runs one command in a container of its own and removes the container.
    ///
    /// A command that fails, is killed for memory, or is ended by its deadline is an answer, not an error. The container
    /// is removed on every way out; when the future is dropped, by a task of the runtime, and where that is gone too
    /// (Ctrl-C) by [`Engine::remove_leftovers`].
    ///
    /// # Errors
    ///
    /// The engine cannot make, start or watch the container.
    pub async fn run(&self, spec: &RunSpec) -> Result<RunOutput, EngineError> {
        self.run_and_keep(spec, |_| false).await
    }

    /// The same, and `hear` gets what the command writes, both streams in one, all of it, as it comes.
    ///
    /// # Errors
    ///
    /// As of [`Engine::run`].
    pub async fn run_and_hear(
        &self,
        spec: &RunSpec,
        hear: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<RunOutput, EngineError> {
        self.run_with(spec, |_| false, hear).await
    }

    /// The same as [`Engine::run`], but a container whose output `keep` wants to keep stays, if the spec allows it; so does then what the
    /// deadline would have ended.
    ///
    /// # Errors
    ///
    /// As of [`Engine::run`].
    pub async fn run_and_keep(
        &self,
        spec: &RunSpec,
        keep: impl FnOnce(&RunOutput) -> bool,
    ) -> Result<RunOutput, EngineError> {
        self.run_with(spec, keep, &mut |_| {}).await
    }

    async fn run_with(
        &self,
        spec: &RunSpec,
        keep: impl FnOnce(&RunOutput) -> bool,
        hear: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<RunOutput, EngineError> {
        let began = Instant::now();
        let guard = self.make(spec.image.to_string(), self.create_body(spec)).await?;
        let mut output = match self.run_made(guard.id(), spec, began, hear).await {
            Ok(output) => output,
            Err(error) => {
                // Now, not later: the runtime may end with the caller.
                _ = guard.remove().await;
                return Err(error);
            }
        };
        if spec.keep && keep(&output) {
            output.kept = Some(guard.keep());
        } else {
            guard.remove().await?;
        }
        output.took = began.elapsed();
        Ok(output)
    }

    async fn run_made(
        &self,
        id: &str,
        spec: &RunSpec,
        began: Instant,
        hear: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<RunOutput, EngineError> {
        let fail = |what: &str| {
            let during = format!("{what} container {id}");
            move |error| self.error(during, error)
        };
        let attached = self.attach_and_start(id, spec).await?;
        let mut output = RunOutput::default();
        let left = spec.timeout.saturating_sub(began.elapsed());
        let ended = tokio::time::timeout(left, self.follow(id, attached, &mut output, hear)).await;
        match ended {
            Ok(followed) => followed.map_err(fail("following"))?,
            Err(_) => {
                output.timed_out = true;
                if !spec.keep {
                    // It may have ended in this very moment; then there is nothing to kill.
                    let _ = tokio::time::timeout(AFTER_KILL, self.kill(id)).await;
                }
            }
        }
        settle(&mut output.stdout);
        settle(&mut output.stderr);
        let answer = self.docker.inspect_container(id, None::<InspectContainerOptions>).await;
        let answer = answer.map_err(fail("inspecting"))?;
        let state = answer.state.unwrap_or_default();
        output.exit = state.exit_code.filter(|_| !output.timed_out);
        let limited = answer.host_config.and_then(|host| host.memory).is_some_and(|bytes| bytes > 0);
        output.oom = state.oom_killed.unwrap_or(false) || limited && output.exit == Some(KILLED);
        if let Some(path) = &spec.artefact {
            output.artefact = self.artefact(id, path).await?;
        }
        Ok(output)
    }

    /// Kills a container and waits until it is gone.
    pub(crate) async fn kill(&self, id: &str) -> Result<(), Error> {
        self.docker.kill_container(id, None::<KillContainerOptions>).await?;
        self.ended(id).await
    }

    /// Collects the output until the container has ended.
    async fn follow(
        &self,
        id: &str,
        attached: AttachContainerResults,
        output: &mut RunOutput,
        hear: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), Error> {
        let mut stream = attached.output;
        while let Some(part) = stream.next().await {
            let part = part?;
            hear(part.as_ref());
            match part {
                LogOutput::StdErr { message } => keep(&mut output.stderr, &message),
                LogOutput::StdOut { message } | LogOutput::Console { message } => keep(&mut output.stdout, &message),
                LogOutput::StdIn { .. } => {}
            }
        }
        // The streams may be closed long before the process ends.
        self.ended(id).await
    }

    /// Waits until a container does not run any more.
    async fn ended(&self, id: &str) -> Result<(), Error> {
        // Asked again and again, because a wait that begins after
        // the end is answered differently by each engine.
        let mut pause = Duration::from_millis(5);
        loop {
            match self.docker.inspect_container(id, None::<InspectContainerOptions>).await {
                Ok(answer) if answer.state.as_ref().and_then(|state| state.running) != Some(true) => return Ok(()),
                // Podman has a state `stopped` on the way to `exited`, which the client cannot read.
                Ok(_) | Err(Error::JsonDataError { .. }) => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// Brings one file out of a container, or `None` where there is none.
    async fn artefact(&self, id: &str, path: &str) -> Result<Option<Vec<u8>>, EngineError> {
        let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
        let mut archive = Vec::new();
        let mut parts = Box::pin(self.docker.download_from_container(id, Some(options)));
        while let Some(part) = parts.next().await {
            match part {
                Ok(bytes) => archive.extend_from_slice(&bytes),
                Err(error) if crate::engine::is_missing(&error) => return Ok(None),
                Err(error) => return Err(self.error(format!("reading {path} in container {id}"), error)),
            }
            if archive.len() > MAX_ARTEFACT {
                break;
            }
        }
        Ok(first_file(&archive))
    }
}

/// The content of the first regular file of an archive, if it is there in full.
fn first_file(archive: &[u8]) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    let mut entries = archive.entries().ok()?.flatten();
    let mut file = entries.find(|entry| entry.header().entry_type().is_file())?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == file.size()).then_some(bytes)
}
