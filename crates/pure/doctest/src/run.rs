use crate::FileName;
use serde::Serialize;

/// What `sage -t` said, all of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// The files that were tested, in the order in which they ended.
    pub files: Vec<FileRun>,
    /// Files that were asked for by name and left out, with `sage -t`'s reason.
    pub skipped: Vec<(FileName, String)>,
    /// Files and folders that were asked for and are not there.
    pub absent: Vec<FileName>,
    /// What is wrong with the run as a whole, a sentence each without a full stop; it is complete where there is none.
    pub trouble: Vec<String>,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileRun {
    /// The file.
    pub file: FileName,
    /// How many tests it ran.
    pub tests: u64,
    /// How long they took, in seconds; 0 where that is not known.
    pub seconds: f64,
    /// The tests that failed, in the order of the log.
    pub failures: Vec<Failure>,
    /// What is wrong with the file as a whole, as `Timed out`: maybe not all of its tests were run.
    pub trouble: Option<String>,
    /// The end of what it wrote where there is trouble.
    pub output: String,
}

/// A test that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The function or class whose documentation holds it, as `sage.arith.misc.gcd`.
    pub function: String,
    /// Its line in the file that was tested.
    pub line: u64,
    /// The example as it was typed, without prompts.
    pub example: String,
    /// What was expected, and what came.
    pub text: String,
}

impl Failure {
    /// The first line of the example, by which it is known.
    pub fn first_line(&self) -> &str {
        self.example.lines().next().unwrap_or_default().trim_end()
    }
}

impl Run {
    /// How many tests were run.
    pub fn tests(&self) -> u64 {
        self.files.iter().map(|file| file.tests).sum()
    }

    /// How many tests failed.
    pub fn failures(&self) -> usize {
        self.files.iter().map(|file| file.failures.len()).sum()
    }
}
