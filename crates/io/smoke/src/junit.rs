use crate::{Outcome, Report, SmokeError, Verdict};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// Reports as JUnit XML, as continuous integration servers read it; a suite an image.
pub fn to_junit(reports: &[Report]) -> Result<String, SmokeError> {
    Ok(document(reports).to_string()?)
}

/// A suite an image, a case a check. An engine that could not run a check is JUnit's "error", anything else that is not as
/// expected its "failure".
pub(crate) fn document(reports: &[Report]) -> quick_junit::Report {
    let mut xml = quick_junit::Report::new("sage-oci smoke");
    xml.set_time(seconds(reports.iter().map(|report| report.seconds).sum()));
    for report in reports {
        let mut suite = TestSuite::new(report.image.as_str());
        suite.set_time(seconds(report.seconds));
        for (name, value) in &report.about {
            suite.add_property((name.as_str(), value.as_str()));
        }
        suite.add_test_cases(report.checks.iter().map(case));
        xml.add_test_suite(suite);
    }
    xml
}

fn case(outcome: &Outcome) -> TestCase {
    let bad = |kind| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(outcome.message.as_str());
        let command = (!outcome.command.is_empty()).then(|| format!("{:?}", outcome.command));
        let lines: Vec<_> = command.into_iter().chain(outcome.enter.iter().cloned()).collect();
        if !lines.is_empty() {
            status.set_description(lines.join("\n"));
        }
        status
    };
    let status = match outcome.result {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Failed | Verdict::TimedOut => bad(NonSuccessKind::Failure),
        Verdict::Broken => bad(NonSuccessKind::Error),
        Verdict::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(outcome.message.as_str());
            status
        }
    };
    let mut case = TestCase::new(outcome.name.as_str(), status);
    case.set_time(seconds(outcome.seconds));
    if !outcome.group.is_empty() {
        case.set_classname(outcome.group.as_str());
    }
    if !outcome.output_tail.is_empty() {
        case.set_system_out(outcome.output_tail.as_str());
    }
    case
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
