use sage_oci_tree::ImagePath;

/// No text that a rule reads is larger.
pub(crate) const MOST: u64 = 32 << 20;

/// Whether rules read a file's text.
pub(crate) fn wants(path: &ImagePath) -> bool {
    const FILES: [&str; 9] = [
        "etc/passwd",
        "etc/group",
        "etc/shadow",
        "etc/shadow-",
        "etc/machine-id",
        "var/lib/dbus/machine-id",
        "etc/ld.so.conf",
        "var/lib/dpkg/diversions",
        "var/lib/dpkg/status",
    ];
    let path = path.as_str();
    FILES.contains(&path)
        || path.starts_with("etc/ld.so.conf.d/")
        || path.starts_with("var/lib/dpkg/alternatives/")
        || path.starts_with("var/lib/dpkg/info/") && path.ends_with(".md5sums")
}
