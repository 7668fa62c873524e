//! Debian archives and indexes: ar, control and data members, deb822.
