use crate::client::Client;
use crate::error::{Answer, Failure};
use crate::mirror::{Mirror, in_order};
use crate::part::{Part, is_complete};
use crate::retry::persist;
use crate::transfer::{Stop, transfer};
use crate::{FetchError, Options, Progress, Summary, Wanted};
use sage_oci_http::watched;
use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// After so many files that no mirror gave, the rest is not tried: the reader of the error has seen enough.
const FAILURES: usize = 5;

/// Fetches every file from the first mirror that gives it; see the [crate's promises](crate).
///
/// Mirrors are `http` or `https` URLs of the folder that holds `pool`. The largest files are begun first, so that none of
/// them runs on alone at the end.
///
/// # Errors
/// [`FetchError::Failed`] with all files that failed, after the others have been fetched (unless many fail); any other
/// error ends the whole download at once. Files that came whole stay.
pub fn fetch_all(
    files: &[Wanted],
    mirrors: &[String],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Summary, FetchError> {
    let mirrors = mirrors.iter().map(|text| Mirror::parse(text)).collect::<Result<Vec<_>, _>>()?;
    if mirrors.is_empty() && !files.is_empty() {
        return Err(FetchError::NoMirror);
    }
    let client = Client::new(options)?;
    progress.started(files.len(), files.iter().map(|file| file.size).sum());
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|&index| Reverse(files[index].size));
    let run =
        Run { files, mirrors, client, options, progress, order, next: AtomicUsize::new(0), ends: Mutex::default() };
    watched(
        || options.stopped(),
        || run.client.end(),
        || {
            std::thread::scope(|scope| {
                for _ in 0..options.connections.clamp(1, files.len().max(1)) {
                    scope.spawn(|| run.work());
                }
            });
        },
    );
    run.finish()
}

/// What the worker threads share.
struct Run<'a> {
    files: &'a [Wanted],
    mirrors: Vec<Mirror>,
    client: Client,
    options: &'a Options,
    progress: &'a dyn Progress,
    order: Vec<usize>,
    next: AtomicUsize,
    ends: Mutex<Ends>,
}

#[derive(Default)]
struct Ends {
    summary: Summary,
    failures: Vec<(usize, Failure)>,
    fatal: Option<FetchError>,
}

/// How one file ended.
enum End {
    Present,
    Fetched(u64),
    Failed(Failure),
}

impl Run<'_> {
    fn work(&self) {
        while !self.is_over() {
            let Some(&index) = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)) else { return };
            let end = self.one(&self.files[index]);
            let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
            match end {
                Ok(End::Present) => ends.summary.present += 1,
                Ok(End::Fetched(bytes)) => {
                    ends.summary.fetched += 1;
                    ends.summary.bytes += bytes;
                }
                Ok(End::Failed(failure)) => ends.failures.push((index, failure)),
                // The first one counts; the others are its consequence or its like.
                Err(error) => drop(ends.fatal.get_or_insert(error)),
            }
        }
    }

    fn is_over(&self) -> bool {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.fatal.is_some() || ends.failures.len() >= FAILURES
    }

    fn finish(self) -> Result<Summary, FetchError> {
        let tried = self.next.into_inner().min(self.files.len());
        let mut ends = self.ends.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = ends.fatal {
            return Err(error);
        }
        if ends.failures.is_empty() {
            return Ok(ends.summary);
        }
        ends.failures.sort_by_key(|(index, _)| *index);
        let failures = ends.failures.into_iter().map(|(_, failure)| failure).collect();
        Err(FetchError::Failed { failures, not_tried: self.files.len() - tried })
    }

    fn one(&self, wanted: &Wanted) -> Result<End, FetchError> {
        let Self { options, progress, .. } = *self;
        if let Some(parent) = wanted.target.parent() {
            sage_oci_files::create_dir_all(parent)?;
        }
        if is_complete(&wanted.target, wanted.size, wanted.sha256)? {
            return Ok(self.present(wanted));
        }
        let mut part = Part::open(&wanted.target, options)?;
        // Another process may have brought the file while we waited for its lock.
        if is_complete(&wanted.target, wanted.size, wanted.sha256)? {
            part.discard()?;
            return Ok(self.present(wanted));
        }
        progress.advanced(part.resume(wanted.size)?);
        let mut answers: Vec<Answer> = Vec::new();
        for mirror in in_order(&self.mirrors) {
            if let Some(last) = answers.last() {
                progress.retried(&wanted.path, &format!("{}: {}; next mirror", last.mirror, last.trouble));
            }
            let outcome = persist(
                options,
                || match transfer(&self.client, mirror, wanted, &mut part, options, progress) {
                    Ok(bytes) => Ok(Ok(bytes)),
                    Err(Stop::Trouble(trouble)) => Ok(Err(trouble)),
                    Err(Stop::File(error)) => Err(error.into()),
                },
                |trouble| progress.retried(&wanted.path, &format!("{}: {trouble}", mirror.name())),
            )?;
            match outcome {
                Ok(bytes) => {
                    mirror.succeeded();
                    part.finish(&wanted.target)?;
                    progress.finished(&wanted.path);
                    return Ok(if bytes > 0 { End::Fetched(bytes) } else { End::Present });
                }
                Err((trouble, attempts)) => {
                    if trouble.blames_mirror() {
                        mirror.failed();
                    }
                    answers.push(Answer { mirror: mirror.name().to_owned(), trouble, attempts });
                }
            }
        }
        if part.len() == 0 {
            part.discard()?;
        }
        Ok(End::Failed(Failure { path: wanted.path.clone(), answers }))
    }

    fn present(&self, wanted: &Wanted) -> End {
        self.progress.advanced(wanted.size);
        self.progress.finished(&wanted.path);
        End::Present
    }
}
