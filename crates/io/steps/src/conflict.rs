use sage_oci_layer::{ContentEntry, ContentKind};

/// Who brings a path and as what, for an error: `package vim (file, 0644 0:0)`.
pub(crate) fn origin(entry: &ContentEntry) -> String {
    let who = entry.package.as_ref().map_or_else(|| "a generated file".to_owned(), |name| format!("package {name}"));
    let what = match entry.kind {
        ContentKind::File => "file",
        ContentKind::Dir => "directory",
        ContentKind::Symlink => "symbolic link",
        ContentKind::Hardlink => "hard link",
        ContentKind::Whiteout => "removal",
    };
    let target = entry.target.as_ref().map(|target| format!(" to {target}")).unwrap_or_default();
    format!("{who} ({what}{target}, {:04o} {}:{})", entry.mode, entry.uid, entry.gid)
}
