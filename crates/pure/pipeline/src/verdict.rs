use crate::markdown::{clip, line};
use crate::{Outcome, Published};

/// The longest description of a commit's status that GitHub takes, in characters; here in bytes.
const STATUS: usize = 140;

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A check failed, or something else went wrong.
    Failed,
    /// Images were published.
    Published,
    /// Images were pushed by digest, and none has a tag.
    Pushed,
    /// Images were built and tested, and not pushed.
    Tested,
    /// Images were built, and nothing else.
    Built,
    /// There is no image.
    Nothing,
}

impl Verdict {
    /// Judges a job, or all jobs of a pipeline.
    pub fn of(outcomes: &[Outcome], published: &[Published], failures: &[String]) -> Self {
        if !failures.is_empty() || outcomes.iter().any(|one| one.failed > 0 || !one.failing.is_empty()) {
            Self::Failed
        } else if !published.is_empty() {
            Self::Published
        } else if outcomes.iter().any(|one| one.repository.is_some()) {
            Self::Pushed
        } else if outcomes.is_empty() {
            Self::Nothing
        } else if outcomes.iter().any(|one| one.passed > 0) {
            Self::Tested
        } else {
            Self::Built
        }
    }

    /// Whether nothing went wrong.
    pub fn is_good(self) -> bool {
        self != Self::Failed
    }
}

/// The verdict in at most 140 bytes of plain text, for a commit's status.
pub fn status_line(outcomes: &[Outcome], published: &[Published], failures: &[String]) -> String {
    clip(&sentence(outcomes, published, failures), STATUS)
}

/// The verdict as one line of plain text, without full stop.
pub(crate) fn sentence(outcomes: &[Outcome], published: &[Published], failures: &[String]) -> String {
    let passed = outcomes.iter().fold(0u64, |sum, one| sum.saturating_add(one.passed));
    let checks = match passed {
        0 => "no check was run".to_owned(),
        1 => "1 check passed".to_owned(),
        _ => format!("{passed} checks passed"),
    };
    let of = of_revision(outcomes);
    let pushed = outcomes.iter().filter(|one| one.repository.is_some()).count();
    match Verdict::of(outcomes, published, failures) {
        Verdict::Failed => format!("failed{of}: {}", what_failed(outcomes, failures)),
        Verdict::Published => format!("published {}{of}, {checks}", images(published.len())),
        Verdict::Pushed => format!("pushed {}{of} without tags, {checks}", images(pushed)),
        Verdict::Tested | Verdict::Built => format!("built {}{of}, {checks}, nothing pushed", images(outcomes.len())),
        Verdict::Nothing => "no image was built".to_owned(),
    }
}

/// The revision that all images are made of, if they are of one.
fn of_revision(outcomes: &[Outcome]) -> String {
    let mut tags = outcomes.iter().filter_map(|one| one.revision.as_ref()).map(|one| &one.tag);
    match tags.next() {
        Some(first) if tags.all(|tag| tag == first) => format!(" of {}", line(first)),
        _ => String::new(),
    }
}

fn what_failed(outcomes: &[Outcome], failures: &[String]) -> String {
    // A result may name more than it counts, or the other way round.
    let count = |one: &Outcome| one.failed.max(u64::try_from(one.failing.len()).unwrap_or(u64::MAX));
    let failed = outcomes.iter().fold(0u64, |sum, one| sum.saturating_add(count(one)));
    let run = outcomes.iter().fold(failed, |sum, one| sum.saturating_add(one.passed));
    let mut parts = Vec::new();
    if failed > 0 {
        let names: Vec<String> =
            outcomes.iter().flat_map(|one| &one.failing).take(3).map(|one| line(&one.name)).collect();
        let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        parts.push(format!("{failed} of {run} checks{names}"));
    }
    parts.extend(failures.first().map(|failure| line(failure)));
    if failures.len() > 1 {
        parts.push(format!("{} more", failures.len() - 1));
    }
    parts.join("; ")
}

fn images(count: usize) -> String {
    if count == 1 { "1 image".to_owned() } else { format!("{count} images") }
}
