use crate::outcome::readable;
use crate::{Outcome, Verdict};
use sage_oci_doctest::{Comparison, Failure, Judged};

/// The heading of all of them.
const GROUP: &str = "doctests";
/// How many failures of a file a report shows; the log has all.
const SHOWN: usize = 20;
/// How much of one failure is shown, in bytes.
const TEXT: usize = 4096;

/// A comparison as outcomes of checks, so that tables, JUnit and summaries have them like any other: a check a file.
///
/// A file passes where nothing about it is new. `named` says that a person has named what is to be tested: what the image does not
/// have is then wrong, and left out otherwise, as a commit may remove files.
pub fn to_outcomes(comparison: &Comparison, named: bool) -> Vec<Outcome> {
    let mut outcomes: Vec<_> = comparison.files.iter().map(of_file).collect();
    for file in &comparison.absent {
        let result = if named { Verdict::Broken } else { Verdict::Skipped };
        outcomes.push(outcome(file.as_str(), result, "the image has no such file".to_owned()));
    }
    for (file, why) in &comparison.skipped {
        outcomes.push(outcome(file.as_str(), Verdict::Skipped, readable(why)));
    }
    for trouble in &comparison.trouble {
        outcomes.push(outcome("the run", Verdict::Broken, readable(trouble)));
    }
    outcomes
}

fn outcome(name: &str, result: Verdict, message: String) -> Outcome {
    Outcome {
        name: readable(name),
        group: GROUP.to_owned(),
        proves: Vec::new(),
        command: Vec::new(),
        result,
        message,
        seconds: 0.0,
        exit_code: None,
        oom: false,
        output_tail: String::new(),
        enter: Vec::new(),
    }
}

fn of_file(file: &Judged) -> Outcome {
    let result = match &file.trouble {
        Some(trouble) if trouble.starts_with("Timed out") => Verdict::TimedOut,
        Some(_) => Verdict::Failed,
        None if !file.new.is_empty() => Verdict::Failed,
        None => Verdict::Passed,
    };
    let mut parts = Vec::new();
    parts.extend(file.trouble.clone());
    if !file.new.is_empty() {
        parts.push(format!("{} of {} tests failed", file.new.len(), file.tests));
    }
    if !file.known.is_empty() {
        parts.push(format!("{} known", count(file.known.len(), "failure")));
    }
    let mut lines: Vec<_> = file.new.iter().take(SHOWN).map(|failure| shown(file, failure)).collect();
    if file.new.len() > SHOWN {
        lines.push(format!("and {} more", file.new.len() - SHOWN));
    }
    if file.trouble.is_some() {
        lines.push(readable(&file.output));
    }
    lines.extend(file.known.iter().map(|known| readable(&format!("known: {} ({})", known.test, known.reason))));
    let mut outcome = outcome(file.file.as_str(), result, readable(&parts.join(", ")));
    outcome.seconds = (file.seconds * 1000.0).round() / 1000.0;
    outcome.output_tail = lines.join("\n").trim_end().to_owned();
    if result != Verdict::Passed {
        outcome.command = ["sage", "-t", "--random-seed=0", &readable(file.file.as_str())].map(str::to_owned).to_vec();
    }
    outcome
}

/// A failure as the log has it, shortened.
fn shown(file: &Judged, failure: &Failure) -> String {
    let example = failure.example.replace('\n', "\n....: ");
    let text =
        format!("{}, line {}, in {}\nsage: {example}\n{}", file.file, failure.line, failure.function, failure.text);
    let cut = text.floor_char_boundary(TEXT);
    let more = if cut < text.len() { "\n…" } else { "" };
    format!("{}{more}", readable(&text[..cut]))
}

/// A number of things.
pub(crate) fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
