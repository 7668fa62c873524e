//! Files whose every error names its path; atomic writes and locks.
