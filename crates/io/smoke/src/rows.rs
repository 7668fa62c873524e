use crate::Report;
use sage_oci_checks::{RowCheck, RowReport, Standing, State};

/// How a row stands, for people.
pub fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Proved => "proved",
        Standing::Failed => "FAILED",
        Standing::NotShown => "not shown",
        Standing::NoCheck => "NO CHECK",
        Standing::CanBeShown => "can be shown",
    }
}

/// A check of a row with the reason why it shows nothing, where there is one.
pub fn row_check(check: &RowCheck) -> String {
    match &check.state {
        State::Skipped(why) => format!("{} (skipped: {why})", check.name),
        State::NotSelected => format!("{} (not asked for)", check.name),
        State::Failed => format!("{} (failed)", check.name),
        State::Passed | State::ToRun => check.name.clone(),
    }
}

/// A line for each row that is not proved, with the reason; but for those of checks that were not asked for.
pub fn unproved(report: &Report) -> Vec<String> {
    let rows = report.contract.iter().filter(|row| !row.result.is_good() && row.is_asked_for());
    let line = |row: &RowReport| {
        // The checks that passed are not the reason.
        let why: Vec<_> = row.checks.iter().filter(|check| check.state != State::Passed).map(row_check).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
        format!("{}: {} is {}, {}{why}", report.image, row.id, standing(row.result), row.what)
    };
    rows.map(line).collect()
}

/// How many rows of the contract stand how; nothing for an image without a contract.
pub(crate) fn counts(report: &Report) -> Option<String> {
    let every = [Standing::Proved, Standing::Failed, Standing::NotShown, Standing::NoCheck];
    let counted = every.into_iter().map(|result| (report.rows(result), standing(result).to_lowercase()));
    let parts: Vec<_> = counted.filter(|(rows, _)| *rows > 0).map(|(rows, word)| format!("{rows} {word}")).collect();
    (!parts.is_empty()).then(|| format!("contract: {}", parts.join(", ")))
}

/// The rows of all reports in the order of the first image that has each, but for those that nobody asked for.
pub(crate) fn asked_for(reports: &[Report]) -> Vec<&RowReport> {
    let mut rows: Vec<&RowReport> = Vec::new();
    for row in reports.iter().flat_map(|report| &report.contract).filter(|row| row.is_asked_for()) {
        if !rows.iter().any(|other| other.id == row.id) {
            rows.push(row);
        }
    }
    rows
}
