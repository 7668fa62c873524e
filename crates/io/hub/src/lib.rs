//! A repository's page on Docker Hub follows a README.
//!
//! [`page`] makes the page's text of a README: links that lead somewhere from there, and no more bytes than the Hub takes.
//! [`Hub::describe`] brings it there and reads it back. [`github_token`] gets a token for it in a job of GitHub's, where no
//! password is kept.
//!
//! The part of the Hub's API that writes a page is not documented, and may change any day. So a caller that has more to do than
//! this should warn of a failure, and go on.
//!
//! A password or token goes to the addresses alone that [`Hub::new`] and [`github_token`] are given: no redirect is followed, and
//! plain HTTP is spoken with this machine alone. No error shows what a server said.

mod error;
mod exchange;
mod hub;
mod oidc;
mod page;

pub use error::HubError;
pub use hub::{Described, HUB, Hub};
pub use oidc::{GitHub, IDENTITY, github_token};
pub use page::{LIMIT, Origin, Page, page};
