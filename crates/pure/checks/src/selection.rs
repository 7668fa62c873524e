use crate::{Check, Matcher, Row, RowCheck, RowReport, Standing, State};
use sage_oci_names::Architecture;

/// The checks of one channel, in the document's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// What to run, and what is skipped.
    pub checks: Vec<Check>,
    /// What was not asked for: it is not run, and proves nothing.
    pub not_selected: Vec<Check>,
    /// The contract that they prove.
    pub contract: Vec<Row>,
}

impl Selection {
    /// Keeps the checks whose name or group contains a text; says whether there is one.
    pub fn select(&mut self, only: &str) -> bool {
        self.keep(|check| check.name.contains(only) || check.group.contains(only));
        !self.checks.is_empty()
    }

    /// Keeps the checks that do not take long.
    pub fn quick(&mut self) {
        self.keep(|check| !check.slow);
    }

    fn keep(&mut self, asked_for: impl Fn(&Check) -> bool) {
        let (checks, others) = std::mem::take(&mut self.checks).into_iter().partition(|check| asked_for(check));
        self.checks = checks;
        self.not_selected.extend::<Vec<_>>(others);
    }

    /// The groups that checks stand in, in the order of their first check.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for check in self.checks.iter().chain(&self.not_selected) {
            if !check.group.is_empty() && !groups.contains(&check.group.as_str()) {
                groups.push(&check.group);
            }
        }
        groups
    }

    /// Skips what is about another architecture than the image's.
    pub fn on(&mut self, architecture: Architecture) {
        for check in &mut self.checks {
            if let Some(only) = check.architecture.filter(|only| *only != architecture) {
                check.skip.get_or_insert_with(|| format!("it is about {only}"));
            }
        }
    }

    /// Puts the image's version where an expected text says `{version}`.
    pub fn of_version(&mut self, version: &str) {
        let texts = self.checks.iter_mut().filter_map(|check| check.expect.stdout.as_mut());
        for text in texts.flat_map(Matcher::texts_mut) {
            *text = text.replace("{version}", version);
        }
    }

    /// What is known of the checks before any of them is run, in their order.
    pub fn states(&self) -> Vec<State> {
        self.checks.iter().map(|check| check.skip.clone().map_or(State::ToRun, State::Skipped)).collect()
    }
}

impl Selection {
    /// Every row of the contract, judged by what is known of the checks: the states of [`Selection::checks`], in their order.
    ///
    /// A check without a state counts as one that has not run: nothing is ever proved by leaving something out.
    pub fn rows(&self, states: &[State]) -> Vec<RowReport> {
        let missing = State::Skipped("it was not run".to_owned());
        let known = self.checks.iter().enumerate().map(|(place, check)| (check, states.get(place).unwrap_or(&missing)));
        let left_out = self.not_selected.iter().map(|check| (check, &State::NotSelected));
        let all: Vec<(&Check, &State)> = known.chain(left_out).collect();
        let report = |row: &Row| {
            let of_row = all.iter().filter(|(check, _)| check.proves.contains(&row.id));
            let one =
                |(check, state): &(&Check, &State)| RowCheck { name: check.name.clone(), state: (*state).clone() };
            let checks: Vec<_> = of_row.map(one).collect();
            let result = Standing::of(checks.iter().map(|check| &check.state));
            RowReport { id: row.id.clone(), what: row.what.clone(), result, checks }
        };
        self.contract.iter().map(report).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::Checks;

    #[test]
    fn the_version_stands_where_a_text_says_so() {
        let text = "version = 1\n[[check]]\ngroup = \"g\"\nname = \"n\"\ncommand = [\"x\"]\nstdout = { exact = \"{version} of x\" }\n";
        let mut selection = Checks::parse(text).unwrap().for_channel(&"sid".parse().unwrap()).unwrap();
        selection.of_version("11.0.beta4");
        let expected = selection.checks[0].expect.stdout.as_ref().unwrap();
        assert!(expected.judge("11.0.beta4 of x").is_ok() && expected.judge("10.10 of x").is_err());
    }
}
