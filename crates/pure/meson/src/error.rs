/// Why what meson wrote cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum MesonError {
    /// A line of `build.ninja` that is not understood.
    #[error("build.ninja, line {line}: {why}")]
    Ninja {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// A build edge of a rule that the file does not have.
    #[error("build.ninja makes `{output}` by the rule `{rule}`, which it does not have")]
    Rule {
        /// What is made.
        output: String,
        /// The rule's name.
        rule: String,
    },
    /// Edges that need each other.
    #[error("build.ninja makes `{output}` from itself")]
    Circle {
        /// What is made.
        output: String,
    },
    /// The install plan is no JSON, or not of the form that is known.
    #[error("meson's install plan: {why}")]
    InstallPlan {
        /// What is wrong.
        why: String,
    },
}
