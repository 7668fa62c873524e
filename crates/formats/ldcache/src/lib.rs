//! ld.so.cache and the ELF facts it is made of.

mod facts;

pub use facts::ElfFacts;
