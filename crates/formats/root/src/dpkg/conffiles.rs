use sage_oci_deb::Control;
use sage_oci_layer::Conffile;
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;

/// What dpkg records instead of a digest for a file that it has not installed.
const NOT_INSTALLED: &str = "newconffile";

/// The configuration files of a package in the order of its `conffiles` file, and their digests as they become known.
#[derive(Debug, Default)]
pub struct Conffiles {
    order: Vec<String>,
    /// By path: the digest, or what dpkg writes in its place.
    digests: BTreeMap<String, String>,
}

impl Conffiles {
    /// Reads the `conffiles` file (deb-conffiles(5)); a flag before a path is recorded behind it, as dpkg does.
    pub fn of(control: &Control) -> Self {
        let text = String::from_utf8_lossy(control.get("conffiles").unwrap_or_default()).into_owned();
        let mut conffiles = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (path, digest) = match line.split_once(' ') {
                Some((flag, path)) if !flag.starts_with('/') => (path.trim_start(), format!("{NOT_INSTALLED} {flag}")),
                _ => (line, NOT_INSTALLED.to_owned()),
            };
            conffiles.order.push(path.to_owned());
            conffiles.digests.insert(path.to_owned(), digest);
        }
        conffiles
    }

    /// Whether a path of the archive (without leading slash) is one.
    pub fn contains(&self, path: &ImagePath) -> bool {
        !self.order.is_empty() && self.digests.contains_key(&path.absolute())
    }

    /// Notes the MD5 of a path of the archive.
    pub fn found(&mut self, path: &ImagePath, md5: String) {
        self.digests.insert(path.absolute(), md5);
    }

    /// The records for dpkg's status file.
    pub fn records(mut self) -> Vec<Conffile> {
        let mut take = |path: String| self.digests.remove(&path).map(|md5| Conffile { path, md5 });
        self.order.into_iter().filter_map(&mut take).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_deb::ControlFile;

    #[test]
    fn the_order_of_the_package_is_kept() {
        let bytes = b"/etc/b\nremove-on-upgrade /etc/old\n/etc/a\n/etc/never\n".to_vec();
        let files = [("conffiles".to_owned(), ControlFile { mode: 0o644, bytes })].into();
        let mut conffiles = Conffiles::of(&Control { files });
        let path = |text| ImagePath::parse(text).unwrap();
        assert!(conffiles.contains(&path("etc/a")) && !conffiles.contains(&path("etc/b.d")));
        conffiles.found(&path("etc/a"), "1".into());
        conffiles.found(&path("etc/b"), "2".into());
        let lines = conffiles.records().into_iter().map(|record| format!("{} {}", record.path, record.md5));
        let expected = ["/etc/b 2", "/etc/old newconffile remove-on-upgrade", "/etc/a 1", "/etc/never newconffile"];
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }
}
