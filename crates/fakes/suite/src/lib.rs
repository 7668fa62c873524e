//! Tiny Debian suites for tests.
