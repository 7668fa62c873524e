//! The lock file: format, comparison and explanation.
