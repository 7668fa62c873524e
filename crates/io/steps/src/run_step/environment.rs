use std::collections::BTreeMap;

/// The environment of programs in a root: the same on every machine, and what the step adds or replaces.
pub(crate) fn environment(more: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let fixed = [
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("HOME", "/tmp"),
        ("TMPDIR", "/tmp"),
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("SOURCE_DATE_EPOCH", "1"),
        ("PYTHONHASHSEED", "0"),
        // What one command leaves in a folder of modules must not be what the next one reads.
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    let mut all: BTreeMap<String, String> = fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    all.extend(more.clone());
    all
}
