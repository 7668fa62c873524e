//! A package mirror that misbehaves on demand.
