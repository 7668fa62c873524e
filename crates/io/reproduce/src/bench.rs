use crate::order::Order;
use crate::start::{Job, Ran, run};
use crate::{Conditions, ReproduceError};
use sage_oci_derivation::{Derivations, Finished};
use sage_oci_files::{self as files, FileError};
use sage_oci_names::StorePath;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::SystemTime;

/// A folder in which steps are built again.
#[derive(Debug)]
pub struct Bench<'b> {
    folder: PathBuf,
    derivations: &'b Derivations,
    /// The builder's program.
    program: PathBuf,
    launcher: PathBuf,
    conditions: Conditions,
    /// Where each output lies, by its path in the store: archives, and what was built.
    there: BTreeMap<StorePath, PathBuf>,
    begun: SystemTime,
}

/// What was built.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// What each builder did, by derivation.
    pub ran: BTreeMap<StorePath, Ran>,
}

impl<'b> Bench<'b> {
    /// Makes a bench below `root`, which is this one's alone. `launcher` is what starts programs that are traced
    /// ([`Launch::launcher`](sage_oci_trace::Launch::launcher)).
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn new(
        root: &Path,
        derivations: &'b Derivations,
        builder: &[u8],
        launcher: &Path,
        conditions: Conditions,
    ) -> Result<Self, ReproduceError> {
        let folder = conditions.folder(root);
        files::create_dir_all(&folder)?;
        let program = folder.join(conditions.program());
        if let Some(above) = program.parent() {
            files::create_dir_all(above)?;
        }
        if let Some(mut file) = files::create_program(&program)? {
            file.write_all(builder).map_err(FileError::at("write", &program))?;
        }
        let (launcher, there, begun) = (launcher.to_owned(), BTreeMap::new(), now());
        Ok(Self { folder, derivations, program, launcher, conditions, there, begun })
    }

    /// Lays out an archive step's output: files by name, links to where they are.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn provide(
        &mut self,
        out: &StorePath,
        archives: impl IntoIterator<Item = (String, PathBuf)>,
    ) -> Result<(), ReproduceError> {
        let folder = self.folder.join("archives").join(self.there.len().to_string());
        files::create_dir_all(&folder)?;
        for (name, archive) in archives {
            files::hard_link_or_copy(&archive, folder.join(name))?;
        }
        self.there.insert(out.clone(), folder);
        Ok(())
    }

    /// Builds derivations and all that they need and that was not built here before, `jobs` at once. `tell` hears of each that was
    /// built, and how many are left; where it says no, that is the end.
    ///
    /// # Errors
    /// A builder fails, or something that no step makes is not here.
    pub fn build(
        &mut self,
        wanted: &[&StorePath],
        jobs: usize,
        tell: &(dyn Fn(&Finished, usize) -> bool + Sync),
    ) -> Result<Built, ReproduceError> {
        let there = |finished: &Finished| finished.outputs.values().all(|path| self.there.contains_key(path));
        let order = Order::of(self.derivations, wanted, there);
        let state =
            Mutex::new(State { order, there: std::mem::take(&mut self.there), built: Built::default(), failed: None });
        let (changed, this) = (Condvar::new(), &*self);
        std::thread::scope(|scope| {
            for _ in 0..jobs.max(1) {
                scope.spawn(|| this.work(&state, &changed, tell));
            }
        });
        let State { there, built, failed, .. } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.there = there;
        match failed {
            Some(error) => Err(error),
            None => Ok(built),
        }
    }

    /// Runs one builder again in a folder of its own, under other conditions, of what was built here.
    pub(crate) fn once_more(
        &self,
        derivation: &StorePath,
        folder: &Path,
        conditions: &Conditions,
    ) -> Result<Ran, ReproduceError> {
        let absent = || ReproduceError::NoSource { name: "the layer".to_owned(), path: derivation.clone() };
        let finished = self.derivations.get(derivation).ok_or_else(absent)?;
        let mut job = self.job(finished, &self.there)?;
        folder.clone_into(&mut job.folder);
        for (name, place) in &mut job.outputs {
            *place = folder.join(name);
        }
        run(&job, conditions)
    }

    fn work(&self, state: &Mutex<State<'_>>, changed: &Condvar, tell: &(dyn Fn(&Finished, usize) -> bool + Sync)) {
        let mut now = state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if now.failed.is_some() || now.order.is_over() {
                return;
            }
            let Some(finished) = now.order.take(self.conditions.turned_round()) else {
                now = changed.wait(now).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let job = self.job(finished, &now.there);
            drop(now);
            let ran = job.and_then(|job| run(&job, &self.conditions));
            now = state.lock().unwrap_or_else(PoisonError::into_inner);
            match ran {
                Ok(ran) => {
                    for (name, place) in &ran.outputs {
                        if let Some(path) = finished.output(name) {
                            now.there.insert(path.clone(), place.clone());
                        }
                    }
                    now.built.ran.insert(finished.path.clone(), ran);
                    now.order.done(&finished.path);
                    if !tell(finished, now.order.left()) {
                        now.failed.get_or_insert(ReproduceError::Interrupted);
                    }
                }
                // The first one counts: what fails after it may fail because of it.
                Err(error) => drop(now.failed.get_or_insert(error)),
            }
            changed.notify_all();
        }
    }

    /// What the builder of a derivation is told.
    fn job(&self, finished: &Finished, there: &BTreeMap<StorePath, PathBuf>) -> Result<Job, ReproduceError> {
        let derivation = &finished.derivation;
        let name = derivation.name.clone();
        let mut spec = derivation.env.get("spec").cloned().unwrap_or_default();
        for (input, outputs) in &derivation.input_derivations {
            let Some(input) = self.derivations.get(input) else { continue };
            for path in outputs.iter().filter_map(|output| input.output(output)) {
                let place = there
                    .get(path)
                    .ok_or_else(|| ReproduceError::NoSource { name: name.clone(), path: path.clone() })?;
                spec = spec.replace(path.as_str(), &in_json(place));
            }
        }
        for path in derivation.input_sources.iter().filter(|path| !derivation.builder.starts_with(path.as_str())) {
            if !files::exists(path.as_str())? {
                return Err(ReproduceError::NoSource { name, path: path.clone() });
            }
        }
        let folder = self.folder.join(file_name(&finished.path));
        let outputs = finished.outputs.keys().map(|output| (output.clone(), folder.join(output))).collect();
        let (program, launcher) = (self.program.clone(), self.launcher.clone());
        Ok(Job { name, spec, folder, program, launcher, outputs, since: self.begun })
    }
}

struct State<'d> {
    order: Order<'d>,
    there: BTreeMap<StorePath, PathBuf>,
    built: Built,
    failed: Option<ReproduceError>,
}

#[expect(clippy::disallowed_methods, reason = "files that are younger are given the time that builders are told")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A path as it stands within a text of JSON.
fn in_json(path: &Path) -> String {
    let text = serde_json::Value::from(path.to_string_lossy()).to_string();
    text.trim_matches('"').to_owned()
}

/// The last part of a store path: no two have the same.
fn file_name(path: &StorePath) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}
