use crate::Package;
use crate::bytes::{ar, end, push, push_long};
use crate::package::{Content, Node};
use data_encoding::HEXLOWER;
use md5::Digest;
use std::collections::BTreeMap;
use tar::{EntryType, Header};

/// The .deb file of a package; every time stamp in it is `seconds` since 1970.
pub fn deb_bytes(package: &Package, seconds: i64) -> Vec<u8> {
    let suffix = package.compression.suffix();
    let control = package.compression.compress(&control_tar(package, seconds));
    let data = package.compression.compress(&data_tar(package, seconds));
    let members = [
        ("debian-binary".to_owned(), b"2.0\n".to_vec()),
        (format!("control.tar{suffix}"), control),
        (format!("data.tar{suffix}"), data),
    ];
    ar(&members, seconds)
}

/// The `control` file: the mandatory fields (Debian policy 5.3), then the package's own in the order they were set.
pub(crate) fn control_text(package: &Package) -> String {
    let has = |name: &str| package.fields.iter().any(|(held, _)| held.eq_ignore_ascii_case(name));
    let mut text =
        format!("Package: {}\nVersion: {}\nArchitecture: {}\n", package.name, package.version, package.architecture);
    let size: usize = package.nodes.values().map(kibibytes).sum();
    let defaults = [
        ("Maintainer", "Nobody <nobody@example.org>".to_owned()),
        ("Installed-Size", size.to_string()),
        ("Section", "misc".to_owned()),
        ("Priority", "optional".to_owned()),
        ("Description", format!("{}, made for a test", package.name)),
    ];
    let set_or_unwanted = |name: &str| has(name) || package.without.contains(name);
    for (name, value) in defaults.iter().filter(|(name, _)| !set_or_unwanted(name)) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    for (name, value) in &package.fields {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

/// What a path counts in Installed-Size (deb-substvars(5)): whole KiB of a file, one for anything else.
fn kibibytes(node: &Node) -> usize {
    match &node.content {
        Content::File(bytes) => bytes.len().div_ceil(1024),
        _ => 1,
    }
}

fn control_tar(package: &Package, seconds: i64) -> Vec<u8> {
    let mut files = BTreeMap::new();
    files.insert("control".to_owned(), (0o644, control_text(package).into_bytes()));
    let sums: String = package
        .nodes
        .iter()
        .filter(|(path, _)| !package.conffiles.contains(path))
        .filter_map(|(path, node)| match &node.content {
            Content::File(bytes) => Some(format!("{}  {path}\n", HEXLOWER.encode(&md5::Md5::digest(bytes)))),
            _ => None,
        })
        .collect();
    if !sums.is_empty() {
        files.insert("md5sums".to_owned(), (0o644, sums.into_bytes()));
    }
    if !package.conffiles.is_empty() {
        let list: String = package.conffiles.iter().map(|path| format!("/{path}\n")).collect();
        files.insert("conffiles".to_owned(), (0o644, list.into_bytes()));
    }
    files.extend(package.control.clone());

    let root = root_node(Content::Directory, 0o755);
    let mut tar = Vec::new();
    push_long(&mut tar, node_header(&root, 0, seconds), "./", "", b"");
    for (name, (mode, bytes)) in &files {
        let node = root_node(Content::File(Vec::new()), *mode);
        push_long(&mut tar, node_header(&node, bytes.len(), seconds), &format!("./{name}"), "", bytes);
    }
    end(&mut tar);
    tar
}

fn data_tar(package: &Package, seconds: i64) -> Vec<u8> {
    let parent = root_node(Content::Directory, 0o755);
    let mut nodes: BTreeMap<&str, &Node> = BTreeMap::from([("", &parent)]);
    for path in package.nodes.keys() {
        nodes.extend(path.match_indices('/').map(|(at, _)| (&path[..at], &parent)));
    }
    // What the package says itself goes before what follows from its paths.
    nodes.extend(package.nodes.iter().map(|(path, node)| (path.as_str(), node)));

    let mut tar = Vec::new();
    for (path, node) in nodes {
        let (slash, target, body) = match &node.content {
            Content::File(bytes) => ("", String::new(), &bytes[..]),
            Content::Directory if path.is_empty() => ("", String::new(), &b""[..]),
            Content::Directory => ("/", String::new(), &b""[..]),
            Content::Symlink(target) => ("", target.clone(), &b""[..]),
            Content::HardLink(target) => ("", format!("./{target}"), &b""[..]),
        };
        push_long(&mut tar, node_header(node, body.len(), seconds), &format!("./{path}{slash}"), &target, body);
    }
    for (header, body) in &package.raw {
        push(&mut tar, header, body);
    }
    end(&mut tar);
    tar
}

fn root_node(content: Content, mode: u32) -> Node {
    let root = ("root".to_owned(), 0);
    Node { content, mode, owner: root.clone(), group: root }
}

/// A header without its name, target and checksum.
fn node_header(node: &Node, size: usize, seconds: i64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(match &node.content {
        Content::File(_) => EntryType::Regular,
        Content::Directory => EntryType::Directory,
        Content::Symlink(_) => EntryType::Symlink,
        Content::HardLink(_) => EntryType::Link,
    });
    header.set_size(size as u64);
    header.set_mode(node.mode);
    header.set_uid(u64::from(node.owner.1));
    header.set_gid(u64::from(node.group.1));
    // A name that does not fit is left out, as tar leaves out what it does not know.
    let _ = header.set_username(&node.owner.0);
    let _ = header.set_groupname(&node.group.0);
    header.set_mtime(seconds.cast_unsigned());
    header
}
