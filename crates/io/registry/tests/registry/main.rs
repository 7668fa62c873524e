//! The client against the fake registry, in each of its manners and with each of its faults.
//!
//! Nothing here looks at a clock: the pauses are tiny, and a push is cut where bytes have come, not when time has passed.

mod auth;
mod elsewhere;
mod errors;
mod image;
mod killed;
mod push;
mod read;
mod referrers;
mod resume;
mod retry;
mod scene;
mod tags;
