use crate::command::interrupted;
use crate::event::Reader;
use crate::failure::{classify, exit_status};
use crate::{Event, Nix, StoreError};
use sage_oci_derivation::Finished;
use sage_oci_files::FileError;
use sage_oci_names::StorePath;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How many of a builder's last lines an error shows.
const LAST_LINES: usize = 20;
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
    /// [`ControlFlow::Break`]; so does Ctrl-C, which reaches Nix by itself. Both end in [`StoreError::Interrupted`].
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
        let outcome = run(command, &mut log, progress)?;
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
            Outcome::Failed => Err(log.error()),
        }
    }
}

enum Outcome {
    Done(Vec<String>),
    Interrupted,
    Failed,
}

fn run(
    mut command: Command,
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
            if !stopped && progress(event).is_break() {
                stopped = true;
                terminate(&child);
            }
        }
        (child.wait(), outputs.join().expect("the reader does not panic"))
    });
    let status = status.map_err(broken)?;
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

/// The log of one run: a file that holds all of it, and what an error needs.
struct Log {
    path: PathBuf,
    file: std::fs::File,
    last: BTreeMap<StorePath, VecDeque<String>>,
    built: BTreeSet<StorePath>,
    failures: Vec<(StorePath, String)>,
    complaints: Vec<String>,
}

impl Log {
    fn new(nix: &Nix) -> Result<Self, FileError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = nix.settings.logs.clone().unwrap_or_else(|| sage_oci_files::state_dir().join("logs"));
        sage_oci_files::create_dir_all(&folder)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("nix-{}-{number}.log", std::process::id()));
        let file = sage_oci_files::create(&path)?;
        Ok(Self {
            path,
            file,
            last: BTreeMap::new(),
            built: BTreeSet::new(),
            failures: Vec::new(),
            complaints: Vec::new(),
        })
    }

    fn note(&mut self, event: &Event) {
        let line = match event {
            Event::Line { derivation, text } => {
                let last = self.last.entry(derivation.clone()).or_default();
                if last.len() == LAST_LINES {
                    last.pop_front();
                }
                last.push_back(text.clone());
                format!("{}> {text}", derivation.name().trim_end_matches(".drv"))
            }
            Event::BuildStarted { derivation } => format!("building {derivation}"),
            Event::BuildFinished { derivation } => {
                self.built.insert(derivation.clone());
                format!("finished {derivation}")
            }
            Event::BuildFailed { derivation, reason } => {
                self.failures.push((derivation.clone(), reason.clone()));
                format!("error: {reason}")
            }
            Event::Message { level, text } => {
                if *level == 0 {
                    self.complaints.push(text.clone());
                }
                text.clone()
            }
            Event::Planned { derivation } => format!("needed {derivation}"),
            Event::Copying { path } => format!("copying {path}"),
            Event::Progress { .. } | Event::Tick => return,
        };
        // A log that cannot be written, as on a full disk, must not stop the builds; Nix keeps its own.
        let _ = writeln!(self.file, "{line}");
    }

    /// What the run failed of.
    fn error(self) -> StoreError {
        let all = self.complaints.join("\n");
        let said: String =
            self.last.values().flatten().chain(self.failures.iter().map(|(_, reason)| reason)).cloned().collect();
        let general = classify(ACTION, &all, Some(self.path.clone()));
        let Some((derivation, reason)) = self.failures.first().cloned() else { return general };
        if matches!(general, StoreError::Interrupted { .. }) {
            return general;
        }
        if said.contains("No space left on device") {
            return classify(ACTION, &format!("{reason}: No space left on device"), Some(self.path));
        }
        let others = self.failures.iter().map(|(path, _)| path).collect::<BTreeSet<_>>().len() - 1;
        let lines = self.last.get(&derivation).map(|lines| lines.iter().cloned().collect()).unwrap_or_default();
        StoreError::BuildFailed { status: exit_status(&reason), derivation, reason, lines, others, log: self.path }
    }
}
