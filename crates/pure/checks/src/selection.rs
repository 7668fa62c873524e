use crate::{Check, Row, State};
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
        let asked_for = |check: &Check| check.name.contains(only) || check.group.contains(only);
        let (checks, others) = std::mem::take(&mut self.checks).into_iter().partition(asked_for);
        self.checks = checks;
        self.not_selected.extend::<Vec<_>>(others);
        !self.checks.is_empty()
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

    /// What is known of the checks before any of them is run, in their order.
    pub fn states(&self) -> Vec<State> {
        self.checks.iter().map(|check| check.skip.clone().map_or(State::ToRun, State::Skipped)).collect()
    }
}
