use crate::command::interrupted;
use crate::event::Reader;
use crate::log::Log;
use crate::watchdog::Watchdog;
use crate::{Event, Nix, StoreError};
use sage_oci_derivation::Finished;
use sage_oci_names::StorePath;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// The longest piece of a line that is read at once; a builder may write without ever ending a line.
const LONGEST_LINE: u64 = 64 * 1024;
const ACTION: &str = "build";

/// What is to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The derivation.
    pub derivation: StorePath,
    /// One of its outputs, or all of them.
    pub output: Option<String>,
}

impl From<&Finished> for Target {
    fn from(finished: &Finished) -> Self {
        Self { derivation: finished.path.clone(), output: None }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.output {
            Some(output) => write!(f, "{}!{output}", self.derivation),
            None => self.derivation.fmt(f),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Realised {
    /// The output paths, as Nix prints them: in the order of the targets.
    pub outputs: Vec<StorePath>,
    /// The derivations that were built now; those not named here were there already.
    pub built: BTreeSet<StorePath>,
}

impl Nix {
    /// Builds what is not there yet, with a stream of events.
    ///
    /// `progress` is called in this thread, at least every 100 ms. It may stop the builds by answering
    /// [`ControlFlow::Break`]; so does Ctrl-C, which reaches Nix by itself. Both end in [`StoreError::Interrupted`]. Builds
    /// that hang are ended, too: [`Settings::patience`](crate::Settings::patience).
    pub fn realise(
        &self,
        targets: &[Target],
        progress: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Realised, StoreError> {
        if targets.is_empty() {
            return Ok(Realised::default());
        }
        let mut command = self.command("nix-store");
        command.args(["--realise", "--log-format", "internal-json"]);
        if self.settings.keep_going {
            command.arg("--keep-going");
        }
        command.args(targets.iter().map(Target::to_string));
        let mut log = Log::new(self)?;
        let outcome = run(command, self.settings.patience, &mut log, progress)?;
        match outcome {
            Outcome::Done(outputs) => {
                sage_oci_files::remove_file(&log.path)?;
                let outputs = outputs.iter().filter_map(|line| StorePath::parse(line).ok()).collect();
                Ok(Realised { outputs, built: log.built })
            }
            Outcome::Interrupted => {
                sage_oci_files::remove_file(&log.path)?;
                Err(StoreError::Interrupted { action: ACTION })
            }
            Outcome::Stalled(error) => Err(error),
            Outcome::Failed => {
                let path = log.path.clone();
                let error = log.error(ACTION);
                if error.log().is_none() {
                    sage_oci_files::remove_file(path)?;
                }
                Err(error)
            }
        }
    }
}

enum Outcome {
    Done(Vec<String>),
    Interrupted,
    Stalled(StoreError),
    Failed,
}

fn run(
    mut command: Command,
    patience: Option<Duration>,
    log: &mut Log,
    progress: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Outcome, StoreError> {
    let program = PathBuf::from(command.get_program());
    let broken = |source| StoreError::Run { program: program.clone(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(broken)?;
    let stdout = child.stdout.take().expect("standard output is a pipe");
    let stderr = child.stderr.take().expect("standard error is a pipe");
    let mut reader = Reader::default();
    let mut stopped = false;
    let mut watchdog = patience.map(|patience| Watchdog::new(patience, child.id()));
    let mut stall = None;
    let (status, outputs) = std::thread::scope(|scope| {
        let outputs = scope.spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).collect::<Vec<_>>());
        let (sender, lines) = sync_channel(1024);
        scope.spawn(move || send_lines(stderr, &sender));
        loop {
            let event = match lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => reader.read(&line),
                Err(RecvTimeoutError::Timeout) => Some(Event::Tick),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let Some(event) = event else { continue };
            log.note(&event);
            if let Some(watchdog) = watchdog.as_mut().filter(|_| !stopped) {
                watchdog.note(&event);
                if watchdog.is_stalled() {
                    stall = Some(watchdog.report(&log.path));
                    stopped = true;
                    terminate(&child);
                }
            }
            if !stopped && progress(event).is_break() {
                stopped = true;
                terminate(&child);
            }
        }
        (child.wait(), outputs.join().expect("the reader does not panic"))
    });
    let status = status.map_err(broken)?;
    if let Some(error) = stall {
        return Ok(Outcome::Stalled(error));
    }
    Ok(match status {
        status if status.success() && !stopped => Outcome::Done(outputs),
        status if stopped || interrupted(status) => Outcome::Interrupted,
        _ => Outcome::Failed,
    })
}

/// Sends the lines of a pipe until it ends or nobody listens.
fn send_lines(pipe: impl Read, sender: &SyncSender<String>) {
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match (&mut pipe).take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
        let text = String::from_utf8_lossy(&line);
        if sender.send(text.trim_end_matches(['\n', '\r']).to_owned()).is_err() {
            return;
        }
    }
}

/// Asks Nix to stop: it ends its builders and tidies up, which a kill would not let it do.
fn terminate(child: &Child) {
    let id = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        // An error means that it has ended by itself.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
}
