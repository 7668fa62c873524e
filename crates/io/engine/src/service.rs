use crate::engine::is_missing;
use crate::leftovers::Guard;
use crate::output::{keep, settle};
use crate::{Engine, EngineError, RunOutput, RunSpec};
use bollard::container::{AttachContainerResults, LogOutput};
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, InspectContainerOptions, StartContainerOptions, StopContainerOptionsBuilder,
};
use futures_util::StreamExt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How much longer than it may take to end a container lives, for those who look why it did not.
const LOOK: Duration = Duration::from_secs(20);

/// A container that runs until it is stopped. It is removed when this goes, whatever the way out.
pub struct Service {
    engine: Engine,
    guard: Guard,
    log: Arc<Mutex<Vec<u8>>>,
    /// How much of the log has come; closed when the container has ended.
    heard: watch::Receiver<usize>,
}

/// What the engine says of a container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// Whether it runs.
    pub running: bool,
    /// Its exit status, once it has ended.
    pub exit: Option<i64>,
    /// Whether the kernel killed it, or a part of it, for want of memory.
    pub oom: bool,
}

/// How waiting for a line of the log ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited<T> {
    /// The line came.
    Found(T),
    /// The container ended before.
    Ended,
    /// The time is over.
    Late,
}

impl Engine {
    /// Starts a container that stays; the spec's deadline is not looked at.
    ///
    /// # Errors
    ///
    /// The engine cannot make or start it; [`EngineError::PortTaken`] where its port is in use.
    pub async fn start(&self, spec: &RunSpec) -> Result<Service, EngineError> {
        let guard = self.make(spec.image.to_string(), self.create_body(spec)).await?;
        let mut stream = match self.attach_and_start(guard.id(), spec).await {
            Ok(attached) => attached.output,
            Err(error) => {
                // Now, not later: the runtime may end with the caller.
                _ = guard.remove().await;
                return Err(error);
            }
        };
        let log = Arc::new(Mutex::new(Vec::new()));
        let (told, heard) = watch::channel(0);
        let shared = Arc::clone(&log);
        // Ends with the container: the engine closes the stream then.
        tokio::spawn(async move {
            while let Some(Ok(part)) = stream.next().await {
                let bytes = part.into_bytes();
                keep(&mut shared.lock().unwrap_or_else(PoisonError::into_inner), &bytes);
                told.send_modify(|length| *length += bytes.len());
            }
        });
        Ok(Service { engine: self.clone(), guard, log, heard })
    }

    /// Attaches before the start: no output is lost, whatever the engine's log driver.
    pub(crate) async fn attach_and_start(
        &self,
        id: &str,
        spec: &RunSpec,
    ) -> Result<AttachContainerResults, EngineError> {
        let options = AttachContainerOptionsBuilder::default().stdout(true).stderr(true).stream(true).build();
        let attached = self.docker.attach_container(id, Some(options)).await;
        let attached = attached.map_err(|error| self.error(format!("attaching to container {id}"), error))?;
        let started = self.docker.start_container(id, None::<StartContainerOptions>).await;
        started.map_err(|error| self.start_error(id, spec, error))?;
        Ok(attached)
    }

    /// The error of a start: a port that is in use is told apart.
    fn start_error(&self, id: &str, spec: &RunSpec, error: bollard::errors::Error) -> EngineError {
        let text = error.to_string();
        let taken = ["port is already allocated", "address already in use"].iter().any(|words| text.contains(words));
        match spec.publish.and_then(|publish| publish.host) {
            Some(port) if taken => EngineError::PortTaken { port },
            _ => self.error(format!("starting container {id}"), error),
        }
    }
}

impl Service {
    /// The container's id.
    pub fn id(&self) -> &str {
        self.guard.id()
    }

    /// What it has said so far, both streams in the order they came, at most the last MiB.
    pub fn log(&self) -> Vec<u8> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner).clone();
        settle(&mut log);
        log
    }

    /// Waits until `find` finds what it looks for in the log.
    pub async fn find<T>(&self, within: Duration, find: impl Fn(&str) -> Option<T>) -> Waited<T> {
        let mut heard = self.heard.clone();
        let look = || find(&String::from_utf8_lossy(&self.log()));
        let wait = async {
            loop {
                heard.borrow_and_update();
                if let Some(found) = look() {
                    return Waited::Found(found);
                }
                if heard.changed().await.is_err() {
                    // What came together with the end counts, too.
                    return look().map_or(Waited::Ended, Waited::Found);
                }
            }
        };
        tokio::time::timeout(within, wait).await.unwrap_or(Waited::Late)
    }

    /// Whether it still runs, and how it ended.
    pub async fn state(&self) -> Result<State, EngineError> {
        let answer = self.engine.docker.inspect_container(self.id(), None::<InspectContainerOptions>).await;
        let answer = answer.map_err(|error| self.engine.error(format!("inspecting container {}", self.id()), error))?;
        let state = answer.state.unwrap_or_default();
        let running = state.running.unwrap_or(false);
        Ok(State { running, exit: state.exit_code.filter(|_| !running), oom: state.oom_killed.unwrap_or(false) })
    }

    /// The address on this machine that one of its ports is published at.
    pub async fn address(&self, port: u16) -> Result<Option<SocketAddr>, EngineError> {
        let answer = self.engine.docker.inspect_container(self.id(), None::<InspectContainerOptions>).await;
        let answer = answer.map_err(|error| self.engine.error(format!("inspecting container {}", self.id()), error))?;
        let ports = answer.network_settings.and_then(|network| network.ports).unwrap_or_default();
        let bindings = ports.get(&format!("{port}/tcp")).cloned().flatten().unwrap_or_default();
        let port = bindings.iter().find_map(|binding| binding.host_port.as_deref()?.parse().ok());
        Ok(port.map(|port: u16| SocketAddr::from(([127, 0, 0, 1], port))))
    }

    /// Runs a command in it. One that the deadline ends goes on until the container is stopped.
    pub async fn exec(
        &self,
        command: &[String],
        user: Option<&str>,
        deadline: Duration,
    ) -> Result<RunOutput, EngineError> {
        let (began, docker) = (Instant::now(), &self.engine.docker);
        let fail = |error| self.engine.error(format!("running a command in container {}", self.id()), error);
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.to_vec()),
            user: user.map(str::to_owned),
            ..Default::default()
        };
        let exec = docker.create_exec(self.id(), options).await.map_err(fail)?.id;
        let mut output = RunOutput::default();
        if let StartExecResults::Attached { output: mut stream, .. } =
            docker.start_exec(&exec, None).await.map_err(fail)?
        {
            let follow = async {
                while let Some(part) = stream.next().await {
                    match part? {
                        LogOutput::StdErr { message } => keep(&mut output.stderr, &message),
                        part => keep(&mut output.stdout, &part.into_bytes()),
                    }
                }
                Ok(())
            };
            match tokio::time::timeout(deadline, follow).await {
                Ok(followed) => followed.map_err(fail)?,
                Err(_) => output.timed_out = true,
            }
        }
        settle(&mut output.stdout);
        settle(&mut output.stderr);
        let ended = docker.inspect_exec(&exec).await.map_err(fail)?;
        output.exit = ended.exit_code.filter(|_| !output.timed_out);
        output.took = began.elapsed();
        Ok(output)
    }

    /// Asks it to end, by SIGTERM as `docker stop` does; says whether it has when the time is over.
    pub async fn stop(&self, within: Duration) -> Result<bool, EngineError> {
        // The engine would kill it: later, so that what does not end can be looked at.
        let seconds = i32::try_from(within.saturating_add(LOOK).as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        match tokio::time::timeout(within, self.engine.docker.stop_container(self.id(), Some(options))).await {
            Err(_) => Ok(false),
            Ok(Err(error)) if !is_missing(&error) => {
                Err(self.engine.error(format!("stopping container {}", self.id()), error))
            }
            Ok(_) => Ok(true),
        }
    }

    /// Kills it and waits until it is gone; one that has ended is left as it is.
    pub async fn kill(&self) -> Result<(), EngineError> {
        match self.engine.kill(self.id()).await {
            Err(error) if self.state().await?.running => {
                Err(self.engine.error(format!("killing container {}", self.id()), error))
            }
            _ => Ok(()),
        }
    }

    /// Removes it now, and says whether that worked.
    pub async fn remove(self) -> Result<(), EngineError> {
        self.guard.remove().await
    }

    /// Lets it stay; gives its id.
    pub fn keep(self) -> String {
        self.guard.keep()
    }
}
