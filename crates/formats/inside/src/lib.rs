//! What differs inside two versions of a file.
//!
//! [`compare`] looks at the bytes, and where these say nothing at the path, and tells the parts that differ: dpkg's record by package
//! and field, JSON by key, byte-code by the fields of its header, ELF by section, note and needed library, archives by member, texts as
//! a unified diff. What is compressed is looked into. It never fails: what cannot be read as what it seems is compared as bytes.
//!
//! Bytes come from outside. Whatever they say, memory is bounded ([`MOST_UNPACKED`]), and nothing of them is obeyed.

mod archive;
mod compare;
mod elf;
mod fields;
mod json;
mod packed;
mod pyc;
mod text;

pub use compare::compare;
pub use packed::MOST_UNPACKED;
