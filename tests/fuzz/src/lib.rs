//! Fuzzing of every parser of outside bytes; see `run`.

pub mod targets;
