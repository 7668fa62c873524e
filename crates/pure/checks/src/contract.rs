/// A row of the contract: something that an image promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id, as `I4`.
    pub id: String,
    /// What it demands.
    pub what: String,
}

/// What is known of a check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "result", content = "why")]
pub enum State {
    /// It ran and passed.
    Passed,
    /// It ran and did not pass, or the engine could not run it.
    Failed,
    /// There was a reason to skip it.
    Skipped(String),
    /// Others were asked for.
    NotSelected,
    /// Nothing was run yet, and nothing is known that would skip it.
    ToRun,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// At least one of its checks ran and passed, and none failed.
    Proved,
    /// One of its checks did not pass.
    Failed,
    /// It has checks, and every one of them was skipped or not asked for.
    NotShown,
    /// No check is about it.
    NoCheck,
    /// Nothing was run yet; at least one of its checks would be.
    CanBeShown,
}

/// A row with what its checks say.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RowReport {
    /// The row's id.
    pub id: String,
    /// What it demands.
    pub what: String,
    /// How it stands.
    pub result: Standing,
    /// Every check that is about it.
    pub checks: Vec<RowCheck>,
}

/// A check of a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RowCheck {
    /// Its name.
    pub name: String,
    /// What is known of it.
    #[serde(flatten)]
    pub state: State,
}

impl Standing {
    /// Judges a row by its checks: one that did not run proves nothing.
    pub fn of<'a>(states: impl IntoIterator<Item = &'a State>) -> Self {
        let states: Vec<_> = states.into_iter().collect();
        match states.as_slice() {
            [] => Self::NoCheck,
            all if all.contains(&&State::Failed) => Self::Failed,
            all if all.contains(&&State::Passed) => Self::Proved,
            all if all.contains(&&State::ToRun) => Self::CanBeShown,
            _ => Self::NotShown,
        }
    }

    /// Whether this is as good as it can be: shown, or before a run, to be shown.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Proved | Self::CanBeShown)
    }
}

impl RowReport {
    /// Whether one of its checks was asked for, or it has none at all. Rows for which this does not hold say nothing about a
    /// run: whoever asked for other checks knows that.
    pub fn is_asked_for(&self) -> bool {
        self.checks.is_empty() || self.checks.iter().any(|check| check.state != State::NotSelected)
    }
}

/// Where a row stands among the others: `I10` comes after `I9`.
pub(crate) fn number(id: &str) -> (String, u32) {
    let letters: String = id.chars().take_while(char::is_ascii_alphabetic).collect();
    let number = id[letters.len()..].parse().unwrap_or(0);
    (letters, number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checks, Selection};
    use sage_oci_names::ChannelName;

    fn selection(text: &str) -> Selection {
        Checks::parse(text).unwrap().for_channel(&ChannelName::parse("sid").unwrap()).unwrap()
    }

    const ROWS: &str = r#"version = 1
contract = { I10 = "ten", C2 = "two", I9 = "nine" }
[[check]]
name = "a"
group = "first things"
proves = ["I9", "C2"]
[[check]]
name = "b"
group = "others"
proves = ["I9"]
"#;

    #[test]
    fn rows_stand_in_the_order_of_their_numbers() {
        let ids: Vec<_> = selection(ROWS).contract.into_iter().map(|row| row.id).collect();
        assert_eq!(ids, ["C2", "I9", "I10"]);
    }

    /// Every combination of up to five checks, so every order of them, too.
    #[test]
    fn a_row_is_proved_only_by_a_check_that_ran_and_passed_and_none_that_failed() {
        let every =
            [State::Passed, State::Failed, State::Skipped("no program".to_owned()), State::NotSelected, State::ToRun];
        let mut rows: Vec<Vec<&State>> = vec![Vec::new()];
        for length in 0..=5 {
            for row in &rows {
                let has = |state: &State| row.contains(&state);
                let standing = Standing::of(row.iter().copied());
                assert_eq!(standing == Standing::Proved, has(&State::Passed) && !has(&State::Failed), "{row:?}");
                assert_eq!(standing == Standing::Failed, has(&State::Failed), "{row:?}");
                assert_eq!(standing == Standing::NoCheck, row.is_empty(), "{row:?}");
                let ran = has(&State::Passed) || has(&State::Failed) || has(&State::ToRun);
                assert_eq!(standing == Standing::NotShown, !row.is_empty() && !ran, "{row:?}");
                let to_run = has(&State::ToRun) && !has(&State::Passed) && !has(&State::Failed);
                assert_eq!(standing == Standing::CanBeShown, to_run, "{row:?}");
            }
            if length < 5 {
                let longer = |row: &Vec<_>| every.iter().map(|state| [&row[..], &[state]].concat()).collect::<Vec<_>>();
                rows = rows.iter().flat_map(longer).collect();
            }
        }
        assert_eq!(rows.len(), 5_usize.pow(5));
    }

    #[test]
    fn rows_are_judged_by_what_ran() {
        let selection = selection(ROWS);
        let results = |states: &[State]| -> Vec<_> { selection.rows(states).iter().map(|row| row.result).collect() };
        let skipped = || State::Skipped("why".to_owned());
        let none = Standing::NoCheck;
        assert_eq!(results(&[State::Passed, skipped()]), [Standing::Proved, Standing::Proved, none]);
        assert_eq!(results(&[skipped(), State::Passed]), [Standing::NotShown, Standing::Proved, none]);
        assert_eq!(results(&[State::Passed, State::Failed]), [Standing::Proved, Standing::Failed, none]);
        assert_eq!(results(&[]), [Standing::NotShown, Standing::NotShown, none]);
        let rows = selection.rows(&[skipped(), State::Passed]);
        let said = serde_json::to_value(&rows[0]).unwrap();
        let checks = serde_json::json!([{"name": "a", "result": "skipped", "why": "why"}]);
        assert_eq!((&said["result"], &said["checks"]), (&"not-shown".into(), &checks));
    }

    #[test]
    fn checks_are_found_by_name_and_by_group() {
        let only = |text: &str| {
            let mut selection = selection(ROWS);
            let found = selection.select(text);
            let names: Vec<_> = selection.checks.iter().map(|check| check.name.clone()).collect();
            (found, names.join(" "), selection.rows(&[State::Passed]).iter().map(|row| row.result).collect::<Vec<_>>())
        };
        let (found, names, rows) = only("others");
        assert!(found);
        assert_eq!((names.as_str(), rows), ("b", vec![Standing::NotShown, Standing::Proved, Standing::NoCheck]));
        assert_eq!(only("first").1, "a");
        assert_eq!(only("b").1, "b");
        assert!(!only("o such").0);
        assert_eq!(selection(ROWS).groups(), ["first things", "others"]);
    }

    #[test]
    fn slow_checks_are_left_out_and_prove_nothing_then() {
        let text = ROWS.replace("name = \"a\"\n", "name = \"a\"\nslow = true\n");
        assert_ne!(text, ROWS);
        let mut selection = selection(&text);
        let results = |selection: &Selection, states: &[State]| -> Vec<Standing> {
            selection.rows(states).iter().map(|row| row.result).collect()
        };
        let all = [State::Passed, State::Passed];
        assert_eq!(results(&selection, &all), [Standing::Proved, Standing::Proved, Standing::NoCheck]);
        selection.quick();
        let left: Vec<_> = selection.checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!((left, selection.not_selected[0].name.as_str()), (vec!["b"], "a"));
        // What only the slow one shows is not shown.
        assert_eq!(results(&selection, &all[..1]), [Standing::NotShown, Standing::Proved, Standing::NoCheck]);
    }

    #[test]
    fn a_row_that_was_not_asked_for_says_so() {
        let mut selection = selection(ROWS);
        assert!(selection.select("b"));
        let asked: Vec<_> = selection.rows(&[State::Passed]).iter().map(RowReport::is_asked_for).collect();
        assert_eq!(asked, [false, true, true], "C2 has one check, which is not run; I10 has none");
    }

    #[test]
    fn a_check_of_another_architecture_is_skipped() {
        let text = ROWS.replace("name = \"a\"", "name = \"a\"\narchitecture = \"amd64\"");
        let mut selection = selection(&text);
        let [amd64, arm64] = ["amd64", "arm64"].map(|name| sage_oci_names::Architecture::parse(name).unwrap());
        selection.on(amd64);
        assert_eq!(selection.checks[0].skip, None);
        selection.on(arm64);
        assert_eq!(selection.checks[0].skip.as_deref(), Some("it is about amd64"));
    }
}
