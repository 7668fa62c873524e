//! What must not be in an image, or must be constant: the rules, and the exceptions that have a reason.
//!
//! [`Subject`] is an image as a container sees it, with what was learned of each file while it was read ([`Seen`]); [`lint`] holds it
//! against every [`Rule`] and gives [`Finding`]s, or the reason why a rule could not be held against it. [`Exceptions`] are data, a TOML
//! document in which each has its reason; [`Report`] is what people and programs get. Nothing is read here.

mod error;
mod exceptions;
mod finding;
mod lint;
mod report;
mod rule;
mod rules;
mod seen;
mod subject;

pub use error::LintError;
pub use exceptions::{Applies, Exceptions, Judged};
pub use finding::Finding;
pub use lint::{Linted, lint};
pub use report::{FORMAT, Report, RuleReport, text};
pub use rule::Rule;
pub use seen::{Check, Content, Elf, Mark, Seen};
pub use subject::Subject;
