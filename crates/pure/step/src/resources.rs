use serde::{Deserialize, Serialize};

/// The word that a builder's last line begins with.
const WORD: &str = "resources ";

/// What one builder used: the last line of its log, for whoever reads along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Processor time of the builder and the programs that it ran, in milliseconds.
    pub cpu_ms: u64,
    /// The most memory that it, or one of these programs, held at once, in bytes.
    pub peak_bytes: u64,
    /// The size of its outputs, in bytes.
    pub written_bytes: u64,
}

impl Resources {
    /// The line, as `resources {"cpu_ms":…}`.
    pub fn line(&self) -> String {
        format!("{WORD}{}", serde_json::to_string(self).expect("three numbers are JSON"))
    }

    /// Reads a line of a builder's log; most are something else.
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line.strip_prefix(WORD)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back() {
        let used = Resources { cpu_ms: 1, peak_bytes: 2, written_bytes: u64::MAX };
        assert_eq!(Resources::parse(&used.line()), Some(used));
        for other in ["", "resources", "resources {}", "resources of the builder", "layer: 3 packages"] {
            assert_eq!(Resources::parse(other), None, "{other}");
        }
    }
}
