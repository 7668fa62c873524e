use crate::StepError;
use crate::layer::package::{Event, unpack};
use crate::layer::rules::Rules;
use sage_oci_step::LayerPackage;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How many events of a package may wait for the writer: at most this many pieces of a quarter of a MiB.
const AHEAD: usize = 64;
/// More decoders than this would only wait: one writer takes what they give.
const MOST_DECODERS: usize = 3;

type Message = Result<Event, StepError>;

/// Unpacks packages on several threads and gives each one's events to `consume`, package after package in order.
///
/// A thread that is ahead of the writer waits after [`AHEAD`] events, so memory does not grow with the packages. The order
/// of events never depends on the number of threads.
pub(crate) fn for_each_package<E>(
    packages: &[LayerPackage],
    rules: &Rules<'_>,
    scratch: &Path,
    threads: usize,
    mut consume: E,
) -> Result<(), StepError>
where
    E: FnMut(&LayerPackage, Receiver<Message>) -> Result<(), StepError>,
{
    let mut receivers = Vec::new();
    let mut senders = Vec::new();
    for _ in packages {
        let (sender, receiver) = sync_channel(AHEAD);
        senders.push(Mutex::new(Some(sender)));
        receivers.push(receiver);
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, MOST_DECODERS) {
            scope.spawn(|| {
                // Packages are claimed in order, so the one the writer waits for is always being unpacked.
                while let Some((package, sender)) = claim(packages, &senders, &next) {
                    decode(package, rules, scratch, &sender);
                }
            });
        }
        let mut result = Ok(());
        for (package, receiver) in packages.iter().zip(receivers) {
            // After a failure the other receivers are dropped, which ends the threads.
            if result.is_ok() {
                result = consume(package, receiver);
            }
        }
        result
    })
}

fn claim<'a>(
    packages: &'a [LayerPackage],
    senders: &[Mutex<Option<SyncSender<Message>>>],
    next: &AtomicUsize,
) -> Option<(&'a LayerPackage, SyncSender<Message>)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    let mut sender = senders.get(index)?.lock().ok()?;
    Some((packages.get(index)?, sender.take()?))
}

fn decode(package: &LayerPackage, rules: &Rules<'_>, scratch: &Path, sender: &SyncSender<Message>) {
    let mut emit = |event| sender.send(Ok(event)).map_err(|_| StepError::Stopped);
    if let Err(error) = unpack(package, rules, scratch, &mut emit) {
        // Nobody listens when the writer has failed first; its error is the one that is reported.
        let _ = sender.send(Err(error));
    }
}
