use crate::StepError;
use crate::log::megabytes;
use sage_oci_fetch::{Options, Progress, Summary, Wanted, fetch_all};
use sage_oci_step::{FetchFile, FetchStep};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the log says how far a download is.
const PERIOD: Duration = Duration::from_secs(30);

/// Downloads the archives of a [`FetchStep`] into `out`, which then holds these files and nothing else.
pub(crate) fn run(step: &FetchStep, out: &Path) -> Result<(), StepError> {
    let failed = |error| StepError::Fetch(Box::new(error));
    let mut keep: BTreeSet<PathBuf> = BTreeSet::new();
    for file in &step.files {
        if file.name.contains('/') || file.name.starts_with('.') || file.name.is_empty() {
            return Err(StepError::Spec { why: format!("`{}` is no name for a fetched file", file.name) });
        }
        keep.insert(out.join(&file.name));
    }
    sage_oci_files::create_dir_all(out)?;
    let options = Options::default();
    let mut summary = Summary::default();
    for (mirrors, files) in step.by_mirrors() {
        let wanted: Vec<Wanted> = files.into_iter().map(|file| wanted(file, out)).collect();
        eprintln!("fetch: on up to {} connections from {}", options.connections, mirrors.join(", "));
        summary += fetch_all(&wanted, mirrors, &options, &Log::new(PERIOD)).map_err(failed)?;
    }
    // Locks and partial files lie next to their targets; the output's hash must not see them.
    for path in sage_oci_files::list(out)? {
        if !keep.contains(&path) {
            sage_oci_files::remove_file(path)?;
        }
    }
    eprintln!("fetch: {} files came, {}", summary.fetched, megabytes(summary.bytes));
    Ok(())
}

fn wanted(file: &FetchFile, out: &Path) -> Wanted {
    Wanted { path: file.path.clone(), sha256: file.sha256, size: file.size, target: out.join(&file.name) }
}

/// Tells the build's log what is wanted, how far it is, and what had to be tried again.
///
/// A slow line makes no other sign of life for minutes: whoever watches for builds that hang must see that bytes come.
struct Log {
    period: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    total: u64,
    done: u64,
    /// When a line was last written.
    told: Option<Instant>,
}

impl Log {
    fn new(period: Duration) -> Self {
        Self { period, state: Mutex::default() }
    }

    /// Counts bytes; the line to write, if it is time for one.
    fn count(&self, bytes: u64) -> Option<String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += bytes;
        let now = Instant::now();
        if now.duration_since(*state.told.get_or_insert(now)) < self.period {
            return None;
        }
        state.told = Some(now);
        Some(format!("fetch: {} of {}", megabytes(state.done), megabytes(state.total)))
    }
}

impl Progress for Log {
    fn started(&self, files: usize, bytes: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).total = bytes;
        eprintln!("fetch: {files} files, {}", megabytes(bytes));
    }

    fn advanced(&self, bytes: u64) {
        if let Some(line) = self.count(bytes) {
            eprintln!("{line}");
        }
    }

    fn withdrawn(&self, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done = state.done.saturating_sub(bytes);
    }

    fn retried(&self, file: &str, why: &str) {
        eprintln!("fetch: {file}: {why}");
    }

    fn finished(&self, _file: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_fake_mirror::{Fault, Mirror, When};
    use sage_oci_names::Sha256;
    use sha2::Digest;

    #[test]
    fn a_long_download_says_how_far_it_is() {
        let often = Log::new(Duration::ZERO);
        often.started(2, 3_000_000);
        assert_eq!(often.count(1_000_000).as_deref(), Some("fetch: 1.0 MB of 3.0 MB"));
        often.withdrawn(1_000_000);
        assert_eq!(often.count(500_000).as_deref(), Some("fetch: 0.5 MB of 3.0 MB"));
        let seldom = Log::new(Duration::from_secs(3600));
        assert_eq!((seldom.count(1), seldom.count(1)), (None, None));
    }

    #[test]
    fn what_vanished_from_one_mirror_comes_from_the_next_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = b"an archive".as_slice();
        sage_oci_files::write_atomic(folder.path().join("a.deb"), bytes).unwrap();
        let (first, second) = (Mirror::serve(folder.path()).unwrap(), Mirror::serve(folder.path()).unwrap());
        first.on("*", When::Always, Fault::Status(404));
        let sha256 = Sha256::new(sha2::Sha256::digest(bytes).into());
        let file = |name: &str, mirrors: Vec<String>| FetchFile {
            name: name.into(),
            path: "a.deb".into(),
            size: bytes.len() as u64,
            sha256,
            mirrors,
        };
        let out = folder.path().join("out");
        let mut step =
            FetchStep { mirrors: vec![first.url(), second.url()], files: vec![file("a_1_all.deb", Vec::new())] };
        run(&step, &out).unwrap();
        assert_eq!(sage_oci_files::list(&out).unwrap(), [out.join("a_1_all.deb")]);
        assert_eq!((first.requests().len(), second.requests().len()), (1, 1));

        step.mirrors.pop();
        let error = run(&step, &folder.path().join("none")).unwrap_err();
        assert!(matches!(&error, StepError::Fetch(source) if source.to_string().contains("404")), "{error}");

        // A file with mirrors of its own comes from there alone.
        step.files.push(file("b_1_all.deb", vec![second.url()]));
        let error = run(&step, &folder.path().join("half")).unwrap_err();
        assert!(matches!(&error, StepError::Fetch(source) if !source.to_string().contains(&second.url())), "{error}");
        step.files.remove(0);
        let before = (first.requests().len(), second.requests().len());
        run(&step, &out).unwrap();
        assert_eq!(sage_oci_files::list(&out).unwrap(), [out.join("b_1_all.deb")]);
        assert_eq!((first.requests().len(), second.requests().len()), (before.0, before.1 + 1));
    }
}
