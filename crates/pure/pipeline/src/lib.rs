//! What a CI job does, decided from where it runs and what the project's `nix/ci.toml` says; the same at home.
//!
//! [`Surroundings`] reads what GitHub Actions, GitLab CI or CircleCI say of the ref and the event, [`Config`] the file,
//! [`plan`] decides what is built, tested, pushed where, and which tags move; [`table`] prints the decisions for people.
//! What became of it is an [`Outcome`] for each image and [`Published`] for what has tags; [`summary`] makes of them what the job's
//! page shows, and [`status_line`] the commit's status.
//!
//! # Laws
//! - Without credentials nothing is pushed, and nothing is tagged that is not pushed.
//! - Only protected refs of the project's own repositories move the project's tags; any other ref has at most one tag of its own.
//! - An image of a revision of the source gets at most the one tag that it says itself, and from a branch that is not protected only
//!   where that is the branch's own.
//! - A pull request is never pushed, whoever it is from and whatever credentials there are.
//!
//! They are the plan's; that a foreign job has no credentials is for the services to keep.

mod binder;
mod called;
mod changes;
mod circleci;
mod config;
mod destination;
mod difference;
mod error;
mod event;
mod examples;
mod github;
mod gitlab;
mod kind;
mod markdown;
mod page;
mod plan;
mod prefix;
mod read;
mod reference;
mod result;
mod revision;
mod summary;
mod surroundings;
mod table;
mod variables;
mod verdict;
mod version;

pub use called::Called;
pub use config::{Config, Patterns};
pub use error::PipelineError;
pub use event::{Origin, Protection, Ref, Service};
pub use examples::{Example, examples};
pub use kind::Kind;
pub use plan::{Destination, FORMAT, Has, Plan, plan};
pub use result::{Failing, OUTCOME_FORMAT, Outcome, Previous, Published, TagLine};
pub use revision::{Doctested, OfRevision};
pub use summary::summary;
pub use surroundings::Surroundings;
pub use table::table;
pub use verdict::{Verdict, status_line};
pub use version::{VERSION, checked_version};
