//! Documents as other programs write them: read without loss, checked whatever they are called, and kept as they are where they are
//! passed on.

mod absent;
mod below;
mod documents;
mod place;
mod words;
