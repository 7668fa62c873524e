//! OpenPGP clear-signed release files.
//!
//! [`verify`] takes the bytes of an `InRelease` file and a [`Keyring`] and gives back exactly the text that was signed.
//! Nothing else of the file is ever used: text around the signed block is an error, not ignored.
//!
//! No clock is read. A key's expiry is judged at the moment of the signature, so an index that was good when it was
//! made stays good; whether an index is too old is said by `Valid-Until` inside it.
//!
//! Sources: RFC 9580, sections 5.2 (signatures), 7 (cleartext signature framework) and 10.1 (keys); apt-secure(8).

mod error;
mod framework;
mod key;
mod keyring;
mod verify;

pub use error::SignatureError;
pub use keyring::Keyring;
pub use verify::{Signer, Verified, verify};
