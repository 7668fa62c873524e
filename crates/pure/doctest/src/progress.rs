use crate::log::mark;

/// How far `sage -t` is, from its log as it comes.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    line: Vec<u8>,
    done: u64,
    all: Option<u64>,
}

impl Progress {
    /// Takes more of the log, cut anywhere.
    pub fn hear(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if !part.ends_with(b"\n") {
                continue;
            }
            let (begins, all) = mark(String::from_utf8_lossy(&self.line).trim_end());
            self.done += u64::from(begins);
            self.all = all.map(|all| all as u64).or(self.all);
            self.line.clear();
        }
    }

    /// Files that have been tested.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Files that there are, once that is known.
    pub fn all(&self) -> Option<u64> {
        self.all
    }
}
