//! The builder: what runs inside Nix's sandbox.
//!
//! A derivation names this program as its builder and gives it one [`Step`](sage_oci_step::Step) as JSON. The sandbox
//! holds no shell and no library, so everything here is done by this program itself; the exceptions are byte-code, for which
//! Python is run from the image's own archives, and commands that compile, which run in a root of packages.
//!
//! * [`run`] does a step; [`run_from_environment`] takes it from where Nix puts it.
//! * A layer-like step writes the folder `out` with `blob` and `layer.json` ([`LayerDocument`]), and the list of
//!   contents ([`sage_oci_layer::Contents`]) to `contents`.
//! * The bytes of every output depend on the step and the files it names alone: not on the number of threads, the
//!   environment, the clock, or where the scratch folder lies.
//! * After an error nothing is left in the outputs.

mod bytecode;
mod closure;
mod conflict;
mod contents;
mod enclosure;
mod environment;
mod error;
mod fetch;
mod generate;
mod image;
mod index;
mod layer;
mod links;
mod log;
mod output;
mod outputs;
mod overlay;
mod packaged;
mod resources;
mod root;
mod run;
mod run_step;
mod sealing;
mod source;
mod wheel;

pub use closure::{Base, ClosureBuildError, read_base, run_closure};
pub use enclosure::{ENTER, NotMade, enter};
pub use environment::run_from_environment;
pub use error::StepError;
pub use outputs::Outputs;
pub use run::run;
pub use run_step::RunError;
pub use sealing::LayerDocument;
