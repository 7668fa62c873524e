use bytes::{Buf, Bytes};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How many chunks may wait.
const WAITING: usize = 16;

/// The end of a pipe that chunks are put into.
#[derive(Debug, Clone)]
pub struct ChunkSender(SyncSender<Bytes>);

/// The end of a pipe that is read.
#[derive(Debug)]
pub struct ChunkReader {
    chunks: Receiver<Bytes>,
    chunk: Bytes,
}

/// A pipe between two threads. It ends when its sender goes away.
pub fn pipe() -> (ChunkSender, ChunkReader) {
    let (sender, chunks) = sync_channel(WAITING);
    (ChunkSender(sender), ChunkReader { chunks, chunk: Bytes::new() })
}

impl ChunkSender {
    /// Puts a chunk in, and waits while many are there. Says whether somebody still reads.
    pub fn send(&self, chunk: Bytes) -> bool {
        self.0.send(chunk).is_ok()
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.recv() {
                Ok(chunk) => self.chunk = chunk,
                Err(_) => return Ok(0),
            }
        }
        let count = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let (sender, mut reader) = pipe();
        let thread = std::thread::spawn(move || {
            let all: Vec<bool> = (0..100).map(|at| sender.send(Bytes::from(vec![at; usize::from(at)]))).collect();
            all.into_iter().all(|sent| sent)
        });
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), (0..100).sum::<usize>());
        assert!(thread.join().unwrap());
        let (sender, reader) = pipe();
        drop(reader);
        assert!(!sender.send(Bytes::from_static(b"x")));
    }
}
