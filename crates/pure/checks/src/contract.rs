use crate::Check;
use std::collections::BTreeMap;

/// A row of the contract with the checks that prove it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Row {
    /// Its id, as `I4`.
    pub id: String,
    /// What it demands.
    pub what: String,
    /// The names of the checks that prove it and are run.
    pub checks: Vec<String>,
}

/// The rows of a contract in the order of their numbers, each with the checks that prove it.
pub(crate) fn rows(contract: &BTreeMap<String, String>, checks: &[Check]) -> Vec<Row> {
    let row = |(id, what): (&String, &String)| {
        let proving = checks.iter().filter(|check| check.skip.is_none() && check.proves.contains(id));
        Row { id: id.clone(), what: what.clone(), checks: proving.map(|check| check.name.clone()).collect() }
    };
    let mut rows: Vec<_> = contract.iter().map(row).collect();
    rows.sort_by_key(|row| number(&row.id));
    rows
}

/// `I10` comes after `I9`.
fn number(id: &str) -> (String, u32) {
    let letters: String = id.chars().take_while(char::is_ascii_alphabetic).collect();
    let number = id[letters.len()..].parse().unwrap_or(0);
    (letters, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_their_numbers() {
        let contract = ["I10", "C2", "I9"].map(|id| (id.to_owned(), String::new())).into_iter().collect();
        let ids: Vec<_> = rows(&contract, &[]).into_iter().map(|row| row.id).collect();
        assert_eq!(ids, ["C2", "I9", "I10"]);
    }
}
