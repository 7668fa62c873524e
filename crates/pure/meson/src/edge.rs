use std::collections::BTreeMap;

/// One step of a build: what is made of what, by which rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    /// The line of the file that it begins at, from 1.
    pub line: usize,
    /// The rule's name.
    pub rule: String,
    /// What is made; those that `$out` stands for.
    pub outputs: Vec<String>,
    /// What is made beside them.
    pub implicit_outputs: Vec<String>,
    /// What it is made of; those that `$in` stands for.
    pub inputs: Vec<String>,
    /// What is read beside them, and what must only be there before.
    pub others: Vec<String>,
    /// Its own variables, evaluated.
    pub variables: BTreeMap<String, String>,
}

impl Edge {
    /// Everything that must be there before.
    pub fn needs(&self) -> impl Iterator<Item = &String> {
        self.inputs.iter().chain(&self.others)
    }
}
