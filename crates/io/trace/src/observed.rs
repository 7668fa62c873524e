use crate::Question;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What was asked between two output files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// The output file that was made or opened for writing last; nothing before the first one. It may still be written to.
    pub after: Option<PathBuf>,
    /// The one that came next; nothing after the last one.
    pub before: Option<PathBuf>,
    /// How often each question was asked meanwhile; never empty.
    pub questions: BTreeMap<Question, u64>,
}

/// What a program and all those that it started asked, in the order in which they asked it.
///
/// Output files are called as [`Launch::outputs`](crate::Launch::outputs) says. What several processes do at once is counted
/// between the files of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Stretches in which something was asked.
    pub intervals: Vec<Interval>,
    /// How many programs were started, the first one included.
    pub programs: u64,
}

impl Observed {
    /// How often each question was asked, over all.
    pub fn questions(&self) -> BTreeMap<Question, u64> {
        let mut all = BTreeMap::new();
        for (question, count) in self.intervals.iter().flat_map(|interval| &interval.questions) {
            *all.entry(question.clone()).or_default() += count;
        }
        all
    }

    /// How often a question was asked, over all.
    pub fn count(&self, question: &Question) -> u64 {
        self.intervals.iter().filter_map(|interval| interval.questions.get(question)).sum()
    }

    /// The stretches in which a question was asked, with how often.
    pub fn asked(&self, question: &Question) -> impl Iterator<Item = (&Interval, u64)> {
        self.intervals.iter().filter_map(move |interval| Some((interval, *interval.questions.get(question)?)))
    }
}

/// Writes down what is asked, while a program runs.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    observed: Observed,
    current: Interval,
}

impl Recorder {
    pub(crate) fn started(&mut self) {
        self.observed.programs += 1;
    }

    pub(crate) fn asked(&mut self, question: Question) {
        *self.current.questions.entry(question).or_default() += 1;
    }

    /// An output file is made or opened for writing.
    pub(crate) fn wrote(&mut self, file: PathBuf) {
        let next = Interval { after: Some(file.clone()), ..Interval::default() };
        let mut ended = std::mem::replace(&mut self.current, next);
        if !ended.questions.is_empty() {
            ended.before = Some(file);
            self.observed.intervals.push(ended);
        }
    }

    pub(crate) fn finish(mut self) -> Observed {
        if !self.current.questions.is_empty() {
            self.observed.intervals.push(self.current);
        }
        self.observed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_lie_between_files() {
        let mut recorder = Recorder::default();
        recorder.asked(Question::Clock);
        recorder.asked(Question::Clock);
        recorder.wrote("out/a".into());
        recorder.wrote("out/b".into());
        recorder.asked(Question::Random);
        recorder.wrote("out/c".into());
        recorder.asked(Question::Clock);
        let observed = recorder.finish();
        let seen: Vec<_> = observed.intervals.iter().map(|interval| (&interval.after, &interval.before)).collect();
        let file = |name: &str| Some(PathBuf::from(name));
        assert_eq!(seen, [(&None, &file("out/a")), (&file("out/b"), &file("out/c")), (&file("out/c"), &None)]);
        assert_eq!(observed.questions(), BTreeMap::from([(Question::Clock, 3), (Question::Random, 1)]));
        assert_eq!(observed.count(&Question::Clock), 3);
        assert_eq!(observed.asked(&Question::Random).map(|(_, count)| count).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn who_asks_nothing_has_no_interval() {
        let mut recorder = Recorder::default();
        recorder.wrote("out/a".into());
        assert_eq!(recorder.finish(), Observed::default());
    }
}
