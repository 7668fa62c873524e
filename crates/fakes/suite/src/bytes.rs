use tar::{EntryType, Header};

/// The size of a tar block.
const BLOCK: usize = 512;
/// The longest name or link target that fits into a GNU header.
const SHORT: usize = 100;

/// A header of root's for a hostile or odd entry; its name and link target are written as they are, cut at 100 bytes.
pub fn header(name: &[u8], kind: EntryType, target: &[u8], size: u64) -> Header {
    let mut header = Header::new_gnu();
    let name = &name[..name.len().min(SHORT)];
    let target = &target[..target.len().min(SHORT)];
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    header
}

/// A tar of these entries with its end mark; the bodies are padded, nothing is checked.
pub fn tar_bytes<'a>(entries: impl IntoIterator<Item = (&'a Header, &'a [u8])>) -> Vec<u8> {
    let mut tar = Vec::new();
    for (header, body) in entries {
        push(&mut tar, header, body);
    }
    end(&mut tar);
    tar
}

/// Appends an entry.
pub(crate) fn push(tar: &mut Vec<u8>, header: &Header, body: &[u8]) {
    tar.extend(header.as_bytes());
    tar.extend(body);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}

/// Appends an entry whose name and target may be long: GNU's `././@LongLink` entries go before it, as dpkg-deb has them.
pub(crate) fn push_long(tar: &mut Vec<u8>, mut header: Header, name: &str, target: &str, body: &[u8]) {
    for (text, kind) in [(target, EntryType::GNULongLink), (name, EntryType::GNULongName)] {
        if text.len() > SHORT {
            let content = [text.as_bytes(), b"\0"].concat();
            push(tar, &self::header(b"././@LongLink", kind, b"", content.len() as u64), &content);
        }
    }
    let short = |text: &str| text.as_bytes()[..text.len().min(SHORT)].to_vec();
    let old = header.as_old_mut();
    old.name[..short(name).len()].copy_from_slice(&short(name));
    old.linkname[..short(target).len()].copy_from_slice(&short(target));
    header.set_cksum();
    push(tar, &header, body);
}

/// Ends a tar: two blocks of zeros.
pub(crate) fn end(tar: &mut Vec<u8>) {
    tar.resize(tar.len() + 2 * BLOCK, 0);
}

/// An ar archive as deb(5) has it.
pub(crate) fn ar(members: &[(String, Vec<u8>)], seconds: i64) -> Vec<u8> {
    let mut ar = b"!<arch>\n".to_vec();
    for (name, content) in members {
        ar.extend(format!("{name:<16}{seconds:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 100_644, content.len()).bytes());
        ar.extend(content);
        if content.len() % 2 == 1 {
            ar.push(b'\n');
        }
    }
    ar
}
