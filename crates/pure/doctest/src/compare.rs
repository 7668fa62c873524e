use crate::known::Key;
use crate::{Failure, FileName, FileRun, Known, Run};
use serde::Serialize;
use std::collections::BTreeMap;

/// A run held against the list of known failures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The files that were tested, by name.
    pub files: Vec<Judged>,
    /// Files that were asked for and not tested, each with the reason.
    pub skipped: Vec<(FileName, String)>,
    /// Files and folders that were asked for and are not in the image.
    pub absent: Vec<FileName>,
    /// What the list always expects and did not happen, although its file was tested to the end.
    pub fixed: Vec<Fixed>,
    /// What is wrong with the run as a whole.
    pub trouble: Vec<String>,
    /// How many tests were run.
    pub tests: u64,
}

/// A file, its failures apart by whether they are known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// The file.
    pub file: FileName,
    /// How many of its tests were run.
    pub tests: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// The failures that the list does not have.
    pub new: Vec<Failure>,
    /// Those that it has.
    pub known: Vec<KnownFailure>,
    /// What is wrong with the file as a whole, and is not known.
    pub trouble: Option<String>,
    /// The end of what it wrote then.
    pub output: String,
}

/// A failure that the list has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownFailure {
    /// The test, as `sage.arith.misc.gcd: gcd(1, 2)`, or the file's trouble.
    pub test: String,
    /// Why it fails.
    pub reason: String,
}

/// A failure that the list has and that is none any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fixed {
    /// The file.
    pub file: FileName,
    /// The test, or what was wrong with the file.
    pub test: String,
    /// How often it was expected and did not fail.
    pub count: u32,
    /// Why it failed.
    pub reason: String,
}

impl Comparison {
    /// Whether nothing is new, and everything that was asked for was tested.
    pub fn is_good(&self) -> bool {
        self.trouble.is_empty() && self.files.iter().all(Judged::is_good)
    }

    /// How many failures are new, a file with trouble counted once.
    pub fn new_failures(&self) -> usize {
        self.files.iter().map(|file| file.new.len() + usize::from(file.trouble.is_some())).sum()
    }

    /// How many failures are known.
    pub fn known_failures(&self) -> usize {
        self.files.iter().map(|file| file.known.len()).sum()
    }
}

impl Judged {
    /// Whether nothing about the file is new.
    pub fn is_good(&self) -> bool {
        self.new.is_empty() && self.trouble.is_none()
    }
}

/// Holds a run against a list: what the list has is known, as often as it says, and the rest is new.
pub fn compare(run: Run, known: &Known) -> Comparison {
    let tests = run.tests();
    let mut seen: BTreeMap<Key, u32> = BTreeMap::new();
    // A file with trouble may not have come to the tests that the list has.
    let whole: BTreeMap<FileName, bool> =
        run.files.iter().map(|file| (file.file.clone(), file.trouble.is_none())).collect();
    let mut files: Vec<_> = run.files.into_iter().map(|file| judge(file, known, &mut seen)).collect();
    files.sort_by(|one, other| one.file.cmp(&other.file));
    let missing = known.iter().filter_map(|(key, expected)| {
        let came = seen.get(key).copied().unwrap_or(0);
        let was_tested = *whole.get(key.file())?;
        (was_tested && expected.always && came < expected.count).then(|| Fixed {
            file: key.file().clone(),
            test: key.said(),
            count: expected.count - came,
            reason: expected.reason.clone(),
        })
    });
    Comparison {
        fixed: missing.collect(),
        files,
        skipped: run.skipped,
        absent: run.absent,
        trouble: run.trouble,
        tests,
    }
}

fn judge(run: FileRun, known: &Known, seen: &mut BTreeMap<Key, u32>) -> Judged {
    let FileRun { file, tests, seconds, failures, trouble, output } = run;
    let mut judged = Judged { file, tests, seconds, new: Vec::new(), known: Vec::new(), trouble: None, output };
    let mut is_known = |key: Key| {
        let expected = known.get(&key)?;
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        (*count <= expected.count).then(|| KnownFailure { test: key.said(), reason: expected.reason.clone() })
    };
    for failure in failures {
        let key = Key::test(judged.file.clone(), failure.function.clone(), failure.first_line());
        match is_known(key) {
            Some(known) => judged.known.push(known),
            None => judged.new.push(failure),
        }
    }
    if let Some(trouble) = trouble {
        let key = Key::Trouble { file: judged.file.clone(), trouble: trouble.clone() };
        match is_known(key) {
            Some(known) => judged.known.push(known),
            None => judged.trouble = Some(trouble),
        }
    }
    judged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(failures: &[&str], trouble: Option<&str>) -> Run {
        let failure = |example: &&str| Failure {
            function: "sage.a.f".to_owned(),
            line: 7,
            example: (*example).to_owned(),
            text: String::new(),
        };
        let file = FileRun {
            file: FileName::parse("sage/a.py").unwrap(),
            tests: 9,
            seconds: 1.0,
            failures: failures.iter().map(failure).collect(),
            trouble: trouble.map(str::to_owned),
            output: String::new(),
        };
        Run { files: vec![file], ..Run::default() }
    }

    fn known() -> Known {
        let text = r#"version = 1
            [[cause]]
            reason = "why"
            failures = [
                { file = "sage/a.py", function = "sage.a.f", example = "x", count = 2 },
                { file = "sage/a.py", function = "sage.a.f", example = "y" },
                { file = "sage/other.py", function = "sage.other", example = "z" },
            ]"#;
        Known::parse(text).unwrap()
    }

    #[test]
    fn only_what_the_list_has_is_known_and_only_so_often() {
        let counts = |failures: &[&str]| {
            let all = compare(run(failures, None), &known());
            (
                all.new_failures(),
                all.known_failures(),
                all.fixed.iter().map(|fixed| fixed.count).sum::<u32>(),
                all.is_good(),
            )
        };
        assert_eq!(counts(&["x", "x", "y"]), (0, 3, 0, true));
        assert_eq!(counts(&["x\nmore", "y"]), (0, 2, 1, true));
        assert_eq!(counts(&["x   # needs z", "y"]), (0, 2, 1, true));
        assert_eq!(counts(&["x", "x", "x", "y"]), (1, 3, 0, false));
        assert_eq!(counts(&["y", "z"]), (1, 1, 2, false));
        assert_eq!(counts(&[]), (0, 0, 3, true));
    }

    #[test]
    fn what_fails_sometimes_is_not_missed() {
        let text = r#"version = 1
            [[cause]]
            reason = "only where upstream's own text is tested"
            sometimes = true
            failures = [{ file = "sage/a.py", function = "sage.a.f", example = "x" }]"#;
        let known = Known::parse(text).unwrap();
        let counts = |failures: &[&str]| {
            let all = compare(run(failures, None), &known);
            (all.new_failures(), all.known_failures(), all.fixed.len())
        };
        assert_eq!((counts(&[]), counts(&["x"]), counts(&["x", "x"])), ((0, 0, 0), (0, 1, 0), (1, 1, 0)));
    }

    #[test]
    fn a_file_with_trouble_has_mended_nothing() {
        let all = compare(run(&["y"], Some("Timed out")), &known());
        assert_eq!((all.new_failures(), all.known_failures(), all.fixed.len(), all.is_good()), (1, 1, 0, false));
        let text = "version = 1\n[[cause]]\nreason = \"why\"\nfailures = [{ file = \"sage/a.py\", trouble = \"Timed out\" }]\n";
        let all = compare(run(&[], Some("Timed out")), &Known::parse(text).unwrap());
        assert!(all.is_good() && all.known_failures() == 1, "{all:?}");
        assert!(!compare(run(&[], Some("Killed due to abort")), &Known::parse(text).unwrap()).is_good());
    }

    #[test]
    fn a_run_that_did_not_end_is_not_good() {
        let all = compare(Run { trouble: vec!["interrupted".to_owned()], ..Run::default() }, &known());
        assert!(!all.is_good());
    }
}
