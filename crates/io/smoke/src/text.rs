use crate::{Outcome, Report, Verdict};

/// The width names are aligned to.
const NAME: usize = 36;

/// A check for people: one line, and below it the output where it did not pass.
pub fn outcome_lines(outcome: &Outcome) -> String {
    let word = match outcome.result {
        Verdict::Passed => "ok",
        Verdict::Failed => "FAILED",
        Verdict::TimedOut => "TIMEOUT",
        Verdict::Broken => "BROKEN",
        Verdict::Skipped => "skipped",
    };
    let mut text = format!("{word:<8}{:<NAME$}{:>7.1} s", outcome.name, outcome.seconds);
    if !outcome.message.is_empty() {
        text += &format!("  {}", outcome.message);
    }
    if outcome.is_bad() && !outcome.command.is_empty() {
        text +=
            &format!("\n        $ {}", outcome.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "));
    }
    for line in outcome.output_tail.lines() {
        text += &format!("\n        | {line}");
    }
    text
}

/// The last line of a report: how many checks ended how.
pub fn summary(report: &Report) -> String {
    let mut parts = vec![format!("{} passed", report.count(&Verdict::Passed))];
    for (verdict, word) in [
        (Verdict::Failed, "failed"),
        (Verdict::TimedOut, "timed out"),
        (Verdict::Broken, "could not be run"),
        (Verdict::Skipped, "skipped"),
    ] {
        match report.count(&verdict) {
            0 => {}
            count => parts.push(format!("{count} {word}")),
        }
    }
    format!("{}: {} in {:.1} s", report.image, parts.join(", "), report.seconds)
}

/// A word as one would type it into a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_how_to_repeat_it() {
        let mut outcome = Outcome::skipped("sum", "");
        outcome.result = Verdict::Passed;
        assert_eq!(outcome_lines(&outcome), format!("ok      {:<36}    0.0 s", "sum"));
        outcome.result = Verdict::Failed;
        outcome.message = "exit status 1, expected 0".to_owned();
        outcome.command = ["sage", "-c", "print('a')"].map(str::to_owned).to_vec();
        outcome.output_tail = "x\ny".to_owned();
        let text = outcome_lines(&outcome);
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(lines, [r"        $ sage -c 'print('\''a'\'')'", "        | x", "        | y"]);
    }
}
