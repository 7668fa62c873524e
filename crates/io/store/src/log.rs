use crate::failure::{classify, exit_status};
use crate::{Event, Nix, StoreError};
use sage_oci_files::FileError;
use sage_oci_names::StorePath;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many of a builder's last lines an error shows.
const LAST_LINES: usize = 20;

/// The log of one run: a file that holds all of it, and what an error needs.
pub(crate) struct Log {
    pub(crate) path: PathBuf,
    file: std::fs::File,
    last: BTreeMap<StorePath, VecDeque<String>>,
    pub(crate) built: BTreeSet<StorePath>,
    failures: Vec<(StorePath, String)>,
    complaints: Vec<String>,
}

impl Log {
    pub(crate) fn new(nix: &Nix) -> Result<Self, FileError> {
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

    /// Takes an event down.
    pub(crate) fn note(&mut self, event: &Event) {
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
    pub(crate) fn error(self, action: &'static str) -> StoreError {
        let general = classify(action, &self.complaints.join("\n"), Some(self.path.clone()));
        let Some((derivation, reason)) = self.failures.first().cloned() else { return general };
        if matches!(general, StoreError::Interrupted { .. } | StoreError::NoSpace { .. }) {
            return general;
        }
        let lines: Vec<String> = self.last.get(&derivation).into_iter().flatten().cloned().collect();
        // The builder met the full disk before Nix did.
        if let Some(line) = lines.iter().chain([&reason]).find(|line| line.contains("No space left on device")) {
            let message = format!("{derivation}: {line}");
            return StoreError::NoSpace { action, message, log: Some(self.path) };
        }
        let others = self.failures.iter().map(|(path, _)| path).collect::<BTreeSet<_>>().len() - 1;
        StoreError::BuildFailed { status: exit_status(&reason), derivation, reason, lines, others, log: self.path }
    }
}
