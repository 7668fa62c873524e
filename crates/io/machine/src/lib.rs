//! This machine: what it is, what it lacks, how to mend it.
