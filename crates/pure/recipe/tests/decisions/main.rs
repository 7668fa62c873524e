//! What an image is made of, decision by decision, on a small project that each test changes in one place.

mod archives;
mod bytecode;
mod closures;
mod commits;
mod compilers;
mod config;
mod extends;
mod fetches;
mod generated;
mod golden;
mod identity;
mod laws;
mod locked;
mod machines;
mod project;
mod refusals;
mod routing;
