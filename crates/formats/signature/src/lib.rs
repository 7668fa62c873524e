//! OpenPGP clear-signed release files.
