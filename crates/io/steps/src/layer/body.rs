use crate::StepError;
use crate::layer::package::Event;
use sage_oci_ldcache::ElfFacts;
use sage_oci_names::Sha256;
use std::io::{self, Read};
use std::sync::mpsc::Receiver;

/// A file's content as it comes from the thread that unpacks it.
pub(crate) struct Body<'a> {
    events: &'a Receiver<Result<Event, StepError>>,
    piece: Vec<u8>,
    at: usize,
    end: Option<(Sha256, Option<ElfFacts>)>,
    error: Option<StepError>,
}

impl<'a> Body<'a> {
    pub(crate) fn new(events: &'a Receiver<Result<Event, StepError>>) -> Self {
        Self { events, piece: Vec::new(), at: 0, end: None, error: None }
    }

    /// The digest and facts once all is read, or why reading failed.
    pub(crate) fn finish(mut self) -> Result<(Sha256, Option<ElfFacts>), StepError> {
        // A consumer that knows the length may stop before it sees the end.
        let drained = io::copy(&mut self, &mut io::sink());
        match (self.end, self.error, drained) {
            (Some(end), None, Ok(_)) => Ok(end),
            (_, Some(error), _) => Err(error),
            _ => Err(StepError::Stopped),
        }
    }

    /// The error behind a failed read, if the unpacking had one.
    pub(crate) fn take_error(&mut self) -> Option<StepError> {
        self.error.take()
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() && self.end.is_none() {
            match self.events.recv() {
                Ok(Ok(Event::Piece(piece))) => (self.piece, self.at) = (piece, 0),
                Ok(Ok(Event::End { sha256, facts })) => self.end = Some((sha256, facts)),
                Ok(Err(error)) => {
                    self.error = Some(error);
                    return Err(io::Error::other("unpacking failed"));
                }
                _ => return Err(io::Error::other("unpacking stopped")),
            }
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}
