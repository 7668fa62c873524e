use crate::command::batches;
use crate::{Nix, StoreError};
use sage_oci_names::{Sha256, StorePath};
use std::collections::BTreeSet;

const ACTION: &str = "ask for a closure";

/// What Nix's database says about a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidPath {
    /// The path.
    pub path: StorePath,
    /// The digest of its NAR.
    pub nar_sha256: Sha256,
    /// The size of its NAR, in bytes.
    pub nar_size: u64,
    /// What it refers to, sorted; itself may be among them.
    pub references: Vec<StorePath>,
}

impl Nix {
    /// The closure of some paths, sorted, with what the database says about each. Two commands for a closure of any size
    /// that is met in practice; longer lists of arguments than a MiB are divided.
    ///
    /// # Errors
    /// A path is not valid, or Nix fails.
    pub fn closure(&self, paths: &[StorePath]) -> Result<Vec<ValidPath>, StoreError> {
        for (path, valid) in paths.iter().zip(self.is_valid(paths)?) {
            if !valid {
                return Err(StoreError::NotValid { path: path.clone() });
            }
        }
        let mut closure = BTreeSet::new();
        for batch in batches(paths, |path| path.as_str().len()) {
            let mut command = self.command("nix-store");
            command.args(["--query", "--requisites"]).args(batch.iter().map(StorePath::as_str));
            closure.extend(self.capture_plain(ACTION, command)?);
        }
        let closure: Vec<String> = closure.into_iter().collect();
        let mut known = Vec::new();
        for batch in batches(&closure, String::len) {
            let mut command = self.command("nix-store");
            command.arg("--dump-db").args(batch);
            let lines = self.capture_plain(ACTION, command)?;
            known.extend(parse(&lines).ok_or(StoreError::Unreadable { action: ACTION })?);
        }
        known.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(known)
    }
}

/// Reads `nix-store --dump-db`: path, digest, size, deriver, number of references, references.
fn parse(lines: &[String]) -> Option<Vec<ValidPath>> {
    let mut lines = lines.iter();
    let mut all = Vec::new();
    while let Some(path) = lines.next() {
        let path = StorePath::parse(path).ok()?;
        let nar_sha256 = Sha256::parse(lines.next()?).ok()?;
        let nar_size = lines.next()?.parse().ok()?;
        let _deriver = lines.next()?;
        let count: usize = lines.next()?.parse().ok()?;
        let mut references = Vec::new();
        for _ in 0..count {
            references.push(StorePath::parse(lines.next()?).ok()?);
        }
        references.sort();
        all.push(ValidPath { path, nar_sha256, nar_size, references });
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_read() {
        let (a, b) = (format!("/nix/store/{}-a", "0".repeat(32)), format!("/nix/store/{}-b", "1".repeat(32)));
        let hex = "ab".repeat(32);
        let text = format!("{a}\n{hex}\n288\n\n0\n{b}\n{hex}\n300\n/nix/store/x.drv\n2\n{b}\n{a}");
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let known = parse(&lines).unwrap();
        assert_eq!((known.len(), known[0].nar_size, known[1].references.len()), (2, 288, 2));
        assert!(known[1].references.is_sorted());
        assert_eq!(parse(&lines[..lines.len() - 1]), None, "cut off");
    }
}
