//! What maintainer scripts would do, as typed effects, and the census that accounts for each script.
