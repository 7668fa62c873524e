//! What to do about an error: one trait, which the errors of all crates derive.
//!
//! An error says what failed; its hint says what a person can do about it. Both stand beside each other at the variant, and
//! a variant that wraps another error gives that one's hint, with nothing to write:
//!
//! ```
//! use sage_oci_hint::Hint;
//! use std::path::PathBuf;
//!
//! #[derive(Debug, thiserror::Error, Hint)]
//! enum LockError {
//!     #[error("the lock has format {found}, this program knows formats up to {known}")]
//!     #[hint("update the program, or write format {known}")]
//!     Newer { found: u64, known: u64 },
//! }
//!
//! #[derive(Debug, thiserror::Error, Hint)]
//! enum ProjectError {
//!     #[error("there is no channel `{name}`")]
//!     NoSuchChannel { name: String },
//!     #[error("{}: {source}", path.display())]
//!     Lock { path: PathBuf, source: LockError },
//! }
//!
//! let error = ProjectError::Lock { path: "sid.lock".into(), source: LockError::Newer { found: 3, known: 2 } };
//! assert_eq!(error.hint().unwrap(), "update the program, or write format 2");
//! assert_eq!(ProjectError::NoSuchChannel { name: "x".to_owned() }.hint(), None);
//! ```

pub use sage_oci_hint_derive::Hint;

/// An error that knows what a person can do about it.
///
/// It is derived, beside [`thiserror::Error`](https://docs.rs/thiserror), with the attribute `#[hint(…)]` at a variant, or at a
/// struct:
///
/// - `#[hint("run `nix-store --realise {path}`")]`: a text with the variant's fields, and arguments after it as `format!` has
///   them; a field without a name is `{_0}`.
/// - `#[hint(with = text(kind, log))]`: an expression that gives an `Option<String>`; fields are references.
/// - `#[hint(none)]`: nothing to do, although a cause is wrapped.
/// - no attribute: the hint of the cause that the variant wraps, or none where it wraps none. The cause is what thiserror takes
///   for one: a field called `source`, one with `#[source]` or `#[from]`, or the only field under `#[error(transparent)]`.
///
/// So a hint cannot be lost on its way up: a cause that has no `Hint`, as another project's error, does not compile without
/// a word about it.
///
/// ```compile_fail,E0277
/// #[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
/// enum TextError {
///     #[error("this is no UTF-8")]
///     Bytes(#[from] std::str::Utf8Error),
/// }
/// ```
///
/// Whether trying again can help (`should_retry`) is no part of this: it is asked by the code that would try again, about the one
/// error in its hands, and not by whoever shows an error to a person.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no hint that could be passed on",
    note = "derive `sage_oci_hint::Hint` for it; where it is another project's error, say `#[hint(none)]` or a hint of your own"
)]
pub trait Hint: std::error::Error {
    /// What to do next, where something can be said: one or a few sentences without a full stop, commands in backquotes.
    fn hint(&self) -> Option<String>;
}

impl<T: Hint> Hint for Box<T> {
    fn hint(&self) -> Option<String> {
        (**self).hint()
    }
}

/// The system's errors do not know what they were about; who does gives a hint of his own.
impl Hint for std::io::Error {
    fn hint(&self) -> Option<String> {
        None
    }
}
