use std::time::Duration;

/// The most that is kept of each output stream, in bytes: its end.
const KEPT: usize = 1024 * 1024;

/// What a command left behind.
#[derive(Debug, Clone, Default)]
pub struct RunOutput {
    /// The end of its standard output, at most 1 MiB.
    pub stdout: Vec<u8>,
    /// The end of its standard error, at most 1 MiB.
    pub stderr: Vec<u8>,
    /// Its exit status; `None` where the deadline ended it.
    pub exit: Option<i64>,
    /// Whether the kernel killed it, or a part of it, for want of memory.
    ///
    /// Engines miss this now and then when the last process of a container is killed, so the end of one with a memory
    /// limit by a SIGKILL that was not sent from here counts, too.
    pub oom: bool,
    /// Whether the deadline ended it.
    pub timed_out: bool,
    /// How long it took, with making and removing the container.
    pub took: Duration,
    /// The file that was asked for; `None` where the container has no such file.
    pub artefact: Option<Vec<u8>>,
    /// The id of the container where it was kept.
    pub kept: Option<String>,
}

/// Appends to a stream's kept end.
pub(crate) fn keep(end: &mut Vec<u8>, more: &[u8]) {
    end.extend_from_slice(more);
    // Cutting only at twice the size makes the cost of cutting constant for each byte.
    if end.len() > 2 * KEPT {
        end.drain(..end.len() - KEPT);
    }
}

/// Cuts a stream to the size promised.
pub(crate) fn settle(end: &mut Vec<u8>) {
    end.drain(..end.len().saturating_sub(KEPT));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept() {
        let mut end = Vec::new();
        for number in 0..40_u8 {
            keep(&mut end, &vec![number; KEPT / 10]);
        }
        settle(&mut end);
        assert_eq!((end.len(), end.last()), (KEPT, Some(&39)));
    }
}
