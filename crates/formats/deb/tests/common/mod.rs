//! Debs made by hand, byte for byte as a test wants them.
#![allow(dead_code, reason = "each test file uses its own part")]

use sage_oci_deb::{Data, Deb, DebError};
use sage_oci_tree::Entry;
use std::io::{Read, Write};

/// An ar archive of these members.
pub fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        writeln!(bytes, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100644, content.len()).unwrap();
        bytes.extend(*content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}

/// A tar header without long names; the name is written as it is.
pub fn header(name: &[u8], kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1);
    header.set_cksum();
    header
}

/// A header with a link target.
pub fn link(name: &[u8], kind: tar::EntryType, target: &[u8]) -> tar::Header {
    let mut header = header(name, kind, 0);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
    header.set_cksum();
    header
}

/// A tar of these headers and bodies, with its end mark.
pub fn tar(entries: &[(tar::Header, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (header, body) in entries {
        bytes.extend(header.as_bytes());
        bytes.extend(*body);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// A control tar with the smallest `control`.
pub fn control() -> Vec<u8> {
    let text = b"Package: x\nVersion: 1\nArchitecture: all\n";
    tar(&[(header(b"./control", tar::EntryType::Regular, text.len() as u64), text)])
}

/// A deb with this plain data member.
pub fn deb(data: &[u8]) -> Vec<u8> {
    ar(&[("debian-binary", b"2.0\n"), ("control.tar", &control()), ("data.tar", data)])
}

/// Reads a deb to its end; the entries with their contents.
pub fn read(bytes: &[u8], limit: u64) -> Result<Vec<(Entry, Vec<u8>)>, DebError> {
    rest(&mut Deb::open(bytes)?.data(limit)?)
}

/// Reads the data member to its end.
pub fn rest<R: Read>(data: &mut Data<R>) -> Result<Vec<(Entry, Vec<u8>)>, DebError> {
    let mut entries = Vec::new();
    data.for_each(&mut |entry: &Entry, body: &mut dyn Read| {
        let mut content = Vec::new();
        body.read_to_end(&mut content)?;
        entries.push((entry.clone(), content));
        Ok::<_, DebError>(())
    })?;
    Ok(entries)
}
