/// How a package comes to be needed: from something that was asked for, relation by relation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chain {
    /// The packages, each as `name version`, and the relation by which it needs the next one.
    pub steps: Vec<(String, String)>,
    /// The package at the end, as `name version`; empty where nothing satisfies the last relation.
    pub end: String,
}

/// Two packages that are both needed and cannot stand side by side, or one relation that nothing satisfies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarrel {
    /// How the first comes to be needed.
    pub left: Chain,
    /// How the second does; `None` where the first chain ends at nothing.
    pub right: Option<Chain>,
}

impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (package, relation) in &self.steps {
            write!(f, "{package} needs {relation}: ")?;
        }
        f.write_str(if self.end.is_empty() { "nothing provides that" } else { &self.end })
    }
}

impl std::fmt::Display for Quarrel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.right {
            None => write!(f, "{}", self.left),
            Some(right) => {
                write!(f, "{} and {} exclude each other\n    {}\n    {right}", self.left.end, right.end, self.left)
            }
        }
    }
}
