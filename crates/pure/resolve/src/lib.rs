//! Debian dependency resolution.
