use sage_oci_deb::Control;
use sage_oci_layer::Conffile;
use std::collections::BTreeMap;

/// The configuration files of a package in the order of its `conffiles` file, and their digests as they become known.
#[derive(Debug, Default)]
pub(crate) struct Conffiles {
    order: Vec<String>,
    digests: BTreeMap<String, Option<String>>,
}

impl Conffiles {
    /// Reads the `conffiles` file; lines with a flag (deb-conffiles(5)) name files that the package no longer ships.
    pub(crate) fn of(control: &Control) -> Self {
        let text = String::from_utf8_lossy(control.get("conffiles").unwrap_or_default()).into_owned();
        let order: Vec<String> =
            text.lines().map(str::trim_end).filter(|line| line.starts_with('/')).map(str::to_owned).collect();
        let digests = order.iter().map(|path| (path.clone(), None)).collect();
        Self { order, digests }
    }

    /// Whether a path of the archive (without leading slash) is one.
    pub(crate) fn contains(&self, path: &str) -> bool {
        !self.order.is_empty() && self.digests.contains_key(&format!("/{path}"))
    }

    /// Notes the MD5 of a path of the archive.
    pub(crate) fn found(&mut self, path: &str, md5: String) {
        self.digests.insert(format!("/{path}"), Some(md5));
    }

    /// The records for dpkg's status file; a file that was not unpacked has none.
    pub(crate) fn records(mut self) -> Vec<Conffile> {
        let mut take = |path: String| {
            let md5 = self.digests.remove(&path).flatten()?;
            Some(Conffile { path, md5 })
        };
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
        assert!(conffiles.contains("etc/a") && !conffiles.contains("etc/old"));
        conffiles.found("etc/a", "1".into());
        conffiles.found("etc/b", "2".into());
        let records: Vec<_> = conffiles.records().into_iter().map(|record| record.path).collect();
        assert_eq!(records, ["/etc/b", "/etc/a"]);
    }
}
