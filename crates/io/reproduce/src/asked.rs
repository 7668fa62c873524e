//! What a builder asked, in words.

use sage_oci_trace::{Interval, Observed, Question};
use sage_oci_verify::Variation;

/// What of all that was asked has to do with a variation, a sentence each, in the order in which it was asked.
pub(crate) fn said(variation: Variation, observed: Option<&Observed>) -> Vec<String> {
    let intervals = observed.map(|observed| observed.intervals.as_slice()).unwrap_or_default();
    let of_interval = |interval: &Interval| -> Vec<String> {
        let asked = interval.questions.iter().filter(|(question, _)| concerns(question, variation));
        asked.map(|(question, count)| sentence(question, *count, interval)).collect()
    };
    let mut said: Vec<String> = intervals.iter().flat_map(of_interval).collect();
    // Whoever writes what lies in memory asks nobody.
    said.extend(
        match variation {
            Variation::Aslr => {
                Some("an address of memory, or bytes that the builder has not set, are part of what it writes")
            }
            Variation::CpuKind => Some(
                "the builder's own instructions depend on the processor: an older one, emulated, gives other bytes",
            ),
            Variation::Memory => Some("bytes of memory that the builder has not set are part of what it writes"),
            _ => None,
        }
        .map(ToOwned::to_owned),
    );
    said
}

/// Whether the answer to a question is another one under a variation.
fn concerns(question: &Question, variation: Variation) -> bool {
    match question {
        Question::Clock | Question::FileTime => variation == Variation::Time,
        Question::Uname => [Variation::DomainHost, Variation::Kernel].contains(&variation),
        Question::HostName => variation == Variation::DomainHost,
        Question::Processors => variation == Variation::NumCpus,
        Question::Random => variation == Variation::Random,
        Question::DirectoryOrder => variation == Variation::FileOrdering,
        Question::TimeZone => variation == Variation::Timezone,
        Question::Locale => variation == Variation::Locales,
        Question::Accounts => variation == Variation::UserGroup,
        // What the kernel says of a process: in which places of memory it is, where it runs, and as whom.
        Question::Proc(path) if variation == Variation::Aslr => {
            ["maps", "smaps", "stat", "auxv"].iter().any(|file| path.ends_with(file))
        }
        Question::Proc(_) => [Variation::BuildPath, Variation::ExecPath, Variation::UserGroup].contains(&variation),
        Question::Memory | Question::Sys(_) => false,
    }
}

fn sentence(question: &Question, count: u64, interval: &Interval) -> String {
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let when = match (&interval.after, &interval.before) {
        (None, None) => "and wrote no file".to_owned(),
        (None, Some(before)) => format!("before it wrote `{}`", before.display()),
        (Some(after), _) => format!("while it wrote `{}`", after.display()),
    };
    format!("the builder asked for {question} {times}, {when}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_told_where_its_answer_varies() {
        let interval = |after: Option<&str>, before: Option<&str>, questions: &[(Question, u64)]| Interval {
            after: after.map(Into::into),
            before: before.map(Into::into),
            questions: questions.iter().cloned().collect(),
        };
        let observed = Observed {
            intervals: vec![
                interval(None, Some("out/blob"), &[(Question::Clock, 3), (Question::Random, 1)]),
                interval(Some("out/blob"), None, &[(Question::Clock, 1)]),
            ],
            programs: 1,
        };
        assert_eq!(
            said(Variation::Time, Some(&observed)),
            [
                "the builder asked for the time 3 times, before it wrote `out/blob`",
                "the builder asked for the time once, while it wrote `out/blob`",
            ]
        );
        assert_eq!(said(Variation::Random, Some(&observed)).len(), 1);
        assert!(said(Variation::Umask, Some(&observed)).is_empty());
        assert!(said(Variation::Time, None).is_empty());
        assert!(said(Variation::Aslr, Some(&observed))[0].contains("has not set"));
    }
}
