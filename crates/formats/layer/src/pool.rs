use crate::LayerError;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

type Answer = Result<Vec<u8>, LayerError>;

struct Job {
    chunk: Arc<Vec<u8>>,
    answer: SyncSender<Answer>,
}

/// Compresses chunks on several threads and gives them back in the order they came.
///
/// At most one chunk more than there are threads is under way, so memory stays bounded and nobody idles.
pub(crate) struct Pool {
    /// Taken away on drop, which ends the threads.
    jobs: Option<SyncSender<Job>>,
    answers: VecDeque<Receiver<Answer>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Threads that do `compress` to each chunk.
    pub(crate) fn new(
        compress: impl Fn(&[u8]) -> Answer + Copy + Send + 'static,
        threads: usize,
    ) -> Result<Self, LayerError> {
        let (jobs, queue) = sync_channel(threads + 1);
        let queue = Arc::new(Mutex::new(queue));
        let mut pool = Self { jobs: Some(jobs), answers: VecDeque::new(), threads: Vec::new() };
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            let thread = Builder::new()
                .name(format!("layer-compress-{number}"))
                .spawn(move || work(compress, &queue))
                .map_err(|source| LayerError::Spawn { source })?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Whether the oldest chunk must be taken out before another goes in.
    pub(crate) fn is_full(&self) -> bool {
        self.answers.len() > self.threads.len()
    }

    pub(crate) fn submit(&mut self, chunk: Arc<Vec<u8>>) -> Result<(), LayerError> {
        // Room for one answer: a worker never waits for us.
        let (answer, receiver) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or(LayerError::WorkerDied)?;
        jobs.send(Job { chunk, answer }).map_err(|_| LayerError::WorkerDied)?;
        self.answers.push_back(receiver);
        Ok(())
    }

    /// The oldest chunk, compressed; waits for it. None if nothing is under way.
    ///
    /// A worker that dies drops its end of the channel, so this never waits for ever.
    pub(crate) fn take_oldest(&mut self) -> Option<Answer> {
        let receiver = self.answers.pop_front()?;
        Some(receiver.recv().unwrap_or(Err(LayerError::WorkerDied)))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        self.answers.clear();
        for thread in self.threads.drain(..) {
            // A panic in it was reported as `WorkerDied` already, or nobody asks any more.
            let _ = thread.join();
        }
    }
}

fn work(compress: impl Fn(&[u8]) -> Answer, queue: &Mutex<Receiver<Job>>) {
    loop {
        // Only receiving happens under the lock, so it cannot be left in a bad state.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { chunk, answer }) = job else { return };
        let compressed = compress(&chunk);
        drop(chunk);
        // Nobody listens when the writer was dropped half-way; the rest of the queue drains the same way.
        let _ = answer.send(compressed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::compress;
    use sage_oci_names::{Algorithm, Compression};

    #[test]
    fn an_error_in_a_worker_comes_back() {
        let mut pool =
            Pool::new(|_| Err(LayerError::Compress { algorithm: "gzip", why: "full".to_owned() }), 2).unwrap();
        pool.submit(Arc::new(vec![1; 100])).unwrap();
        assert!(matches!(pool.take_oldest(), Some(Err(LayerError::Compress { algorithm: "gzip", .. }))));
        assert!(pool.take_oldest().is_none());
    }

    #[test]
    fn a_pool_left_alone_with_work_ends() {
        let mut pool = Pool::new(|chunk| Ok(chunk.to_vec()), 2).unwrap();
        while !pool.is_full() {
            pool.submit(Arc::new(vec![1; 1 << 20])).unwrap();
        }
        assert_eq!(pool.answers.len(), 3);
        drop(pool);
    }

    #[test]
    fn answers_keep_their_order() {
        // The first is much the slowest.
        let gzip = |chunk: &[u8]| compress(Compression::usual(Algorithm::Gzip), chunk);
        let mut pool = Pool::new(gzip, 2).unwrap();
        let chunks: Vec<Vec<u8>> = (0..3).map(|number| vec![number; if number == 0 { 1 << 22 } else { 10 }]).collect();
        for chunk in &chunks {
            pool.submit(Arc::new(chunk.clone())).unwrap();
        }
        for chunk in &chunks {
            assert_eq!(pool.take_oldest().unwrap().unwrap(), gzip(chunk).unwrap());
        }
    }
}
