use crate::rows::{asked_for, counts, standing};
use crate::{Outcome, Report, Verdict};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "ok",
        Verdict::Failed => "FAILED",
        Verdict::TimedOut => "TIMEOUT",
        Verdict::Broken => "BROKEN",
        Verdict::Skipped => "skipped",
    }
}

/// Everything about a check that did not pass: what differs, the command, the end of its output, how to look into its
/// container.
pub fn details(outcome: &Outcome) -> String {
    let mut text = format!("{:<8}{}: {}", word(outcome.result), outcome.name, outcome.message);
    if !outcome.command.is_empty() {
        let words: Vec<_> = outcome.command.iter().map(|word| quoted(word)).collect();
        text += &format!("\n        $ {}", words.join(" "));
    }
    for line in outcome.output_tail.lines() {
        text += &format!("\n        | {line}");
    }
    // Of many checks in one container there is nothing more to say.
    if outcome.exit_code.is_none() && !outcome.oom && outcome.enter.is_empty() {
        return text;
    }
    let exit = outcome.exit_code.map_or_else(|| "none".to_owned(), |exit| exit.to_string());
    let memory = if outcome.oom { "yes" } else { "no" };
    text += &format!("\n        exit status: {exit}, out of memory: {memory}");
    for line in &outcome.enter {
        text += &format!("\n        look: {line}");
    }
    text
}

/// All checks with result and seconds, a heading a group, a column an image; and how each row of the contract stands.
pub fn table(reports: &[Report]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(std::iter::once("check").chain(reports.iter().map(|report| report.image.as_str())));
    for column in 1..=reports.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut group = "";
    for (name, row_group) in rows(reports) {
        if row_group != group {
            group = row_group;
            table.add_row([String::new()]);
            table.add_row([format!("{group}:")]);
        }
        let cells = reports.iter().map(|report| {
            let found = report.checks.iter().find(|outcome| outcome.name == name);
            found.map_or_else(|| "-".to_owned(), cell)
        });
        table.add_row(std::iter::once(format!("  {name}")).chain(cells));
    }
    let contract = asked_for(reports);
    if !contract.is_empty() {
        table.add_row([String::new()]);
        table.add_row(["the contract:"]);
    }
    for row in contract {
        let cells = reports.iter().map(|report| {
            let found = report.contract.iter().find(|other| other.id == row.id);
            // Aligned with the results of the checks, whose seconds stand to the right.
            found.map_or_else(|| "-".to_owned(), |row| format!("{}         ", standing(row.result)))
        });
        table.add_row(std::iter::once(format!("  {:<4} {}", row.id, row.what)).chain(cells));
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn cell(outcome: &Outcome) -> String {
    match outcome.result {
        Verdict::Skipped => "skipped        ".to_owned(),
        verdict => format!("{} {:>6.1} s", word(verdict), outcome.seconds),
    }
}

/// The names of all checks with their groups, in the order of the first image that has each; a group is in one piece.
fn rows(reports: &[Report]) -> Vec<(&str, &str)> {
    let mut rows: Vec<(&str, &str)> = Vec::new();
    for outcome in reports.iter().flat_map(|report| &report.checks) {
        if rows.iter().any(|(name, _)| *name == outcome.name) {
            continue;
        }
        let end = rows.iter().rposition(|(_, group)| *group == outcome.group).map_or(rows.len(), |last| last + 1);
        rows.insert(end, (&outcome.name, &outcome.group));
    }
    rows
}

/// The last line of a report: how many checks ended how, and how many rows of the contract stand how.
pub fn summary(report: &Report) -> String {
    let mut parts = vec![format!("{} passed", report.count(Verdict::Passed))];
    for (verdict, word) in [
        (Verdict::Failed, "failed"),
        (Verdict::TimedOut, "timed out"),
        (Verdict::Broken, "could not be run"),
        (Verdict::Skipped, "skipped"),
    ] {
        match report.count(verdict) {
            0 => {}
            count => parts.push(format!("{count} {word}")),
        }
    }
    let contract = counts(report).map(|counts| format!("; {counts}")).unwrap_or_default();
    format!("{}: {} in {:.1} s{contract}", report.image, parts.join(", "), report.seconds)
}

/// A word as one would type it into a shell.
pub(crate) fn quoted(word: &str) -> String {
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
    use crate::unproved;
    use sage_oci_checks::{RowCheck, RowReport, Standing, State};

    fn outcome(name: &str, group: &str, result: Verdict) -> Outcome {
        let text = str::to_owned;
        Outcome {
            name: text(name),
            group: text(group),
            proves: Vec::new(),
            command: ["sage", "-c", "print('a')"].map(text).to_vec(),
            result,
            message: text("exit status 1, expected 0"),
            seconds: 1.25,
            exit_code: Some(1),
            oom: false,
            output_tail: text("x\ny"),
            enter: vec![text("docker run --rm -it image sh")],
        }
    }

    #[test]
    fn a_failure_shows_how_to_repeat_it() {
        let text = details(&outcome("sum", "", Verdict::Failed));
        let lines: Vec<_> = text.lines().collect();
        let expected = [
            "FAILED  sum: exit status 1, expected 0",
            r"        $ sage -c 'print('\''a'\'')'",
            "        | x",
            "        | y",
            "        exit status: 1, out of memory: no",
            "        look: docker run --rm -it image sh",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_table_has_a_column_an_image_and_a_heading_a_group() {
        let report = |image: &str, checks, contract| Report {
            image: image.to_owned(),
            seconds: 2.0,
            checks,
            contract,
            doctests: None,
            about: std::collections::BTreeMap::new(),
        };
        let row = |id: &str, state| {
            let checks = vec![RowCheck { name: "q".to_owned(), state }];
            let result = Standing::of(checks.iter().map(|check| &check.state));
            RowReport { id: id.to_owned(), what: "it works".to_owned(), result, checks }
        };
        let rows =
            vec![row("I1", State::Passed), row("I2", State::Skipped("why".into())), row("I3", State::NotSelected)];
        let checks = vec![outcome("p", "first", Verdict::Passed), outcome("q", "second", Verdict::Skipped)];
        let one = report("a:1", checks, rows);
        assert!(summary(&one).ends_with("contract: 1 proved, 2 not shown"), "{}", summary(&one));
        assert_eq!(unproved(&one), ["a:1: I2 is not shown, it works: q (skipped: why)"]);
        let two = report("b:1", vec![outcome("r", "first", Verdict::Failed)], vec![row("I2", State::Failed)]);
        assert!(summary(&two).ends_with("contract: 1 failed"), "{}", summary(&two));
        let text = table(&[one, two]);
        let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let expected =
            ["check a:1 b:1", "", "first:", "p ok 1.2 s -", "r - FAILED 1.2 s", "", "second:", "q skipped -"];
        let contract = ["", "the contract:", "I1 it works proved -", "I2 it works not shown FAILED"];
        assert_eq!(lines, [&expected[..], &contract].concat());
    }
}
