use super::ClosureBuildError;
use crate::StepError;
use sage_oci_closure::Capabilities;
use sage_oci_step::{Owner, Permission};
use sage_oci_tree::{ImagePath, Kind};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Mode, owner and attributes of an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Meta {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
}

/// The permissions of one layer.
pub(crate) struct Permissions {
    rules: Vec<Rule>,
}

struct Rule {
    path: ImagePath,
    recursive: bool,
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
    capabilities: Option<Vec<u8>>,
    used: Cell<bool>,
}

impl Permissions {
    /// Reads them.
    ///
    /// # Errors
    /// A path that is not absolute, a mode that is none, unknown capabilities.
    pub(crate) fn new(list: &[Permission]) -> Result<Self, StepError> {
        Ok(Self { rules: list.iter().map(rule).collect::<Result<_, _>>()? })
    }

    /// What an entry gets that would have `mode` and `owner`.
    pub(crate) fn apply<F>(
        &self,
        path: &ImagePath,
        kind: &Kind<F>,
        mode: u32,
        owner: Owner,
    ) -> Result<Meta, StepError> {
        let mut meta = Meta { mode, uid: owner.uid, gid: owner.gid, xattrs: BTreeMap::new() };
        for rule in &self.rules {
            let fits = if rule.recursive { path.is_within(&rule.path) } else { *path == rule.path };
            if !fits {
                continue;
            }
            rule.used.set(true);
            let refuse =
                |why: &str| Err(ClosureBuildError::Permission { path: path.absolute(), why: why.to_owned() }.into());
            meta.uid = rule.uid.unwrap_or(meta.uid);
            meta.gid = rule.gid.unwrap_or(meta.gid);
            match (rule.mode, kind) {
                (Some(_), Kind::Symlink(_)) if !rule.recursive => {
                    return refuse("it is a symbolic link, whose mode says nothing; name the file that it leads to");
                }
                (Some(mode), Kind::File(_) | Kind::Directory) => meta.mode = mode,
                _ => {}
            }
            match (&rule.capabilities, kind) {
                (Some(bytes), Kind::File(_)) => {
                    meta.xattrs.insert(Capabilities::ATTRIBUTE.to_owned(), bytes.clone());
                }
                (Some(_), _) if !rule.recursive => {
                    return refuse("only a file has capabilities; name the file that it leads to");
                }
                _ => {}
            }
        }
        Ok(meta)
    }

    /// Fails if a permission fitted nothing.
    pub(crate) fn check_used(&self) -> Result<(), StepError> {
        match self.rules.iter().find(|rule| !rule.used.get()) {
            Some(rule) => Err(ClosureBuildError::NothingThere { path: rule.path.absolute() }.into()),
            None => Ok(()),
        }
    }
}

fn rule(permission: &Permission) -> Result<Rule, StepError> {
    let fail = |why: String| ClosureBuildError::Permission { path: permission.path.clone(), why };
    if !permission.path.starts_with('/') {
        return Err(fail("its path must be absolute".to_owned()).into());
    }
    let path = ImagePath::anchored(&permission.path).map_err(|error| fail(error.to_string()))?;
    if path.is_root() {
        return Err(fail("it is the root itself".to_owned()).into());
    }
    let octal = |text: &String| {
        u32::from_str_radix(text, 8)
            .ok()
            .filter(|mode| *mode <= 0o7777)
            .ok_or_else(|| fail(format!("`{text}` is no mode; write it in octal, as `4755`")))
    };
    let capabilities = permission.capabilities.as_deref().map(Capabilities::parse).transpose();
    Ok(Rule {
        path,
        recursive: permission.recursive,
        mode: permission.mode.as_ref().map(octal).transpose()?,
        uid: permission.uid,
        gid: permission.gid,
        capabilities: capabilities.map_err(ClosureBuildError::from)?.map(Capabilities::to_bytes),
        used: Cell::new(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(path: &str, recursive: bool) -> Permission {
        let (mode, capabilities) = (Some("4755".to_owned()), Some("cap_chown+p".to_owned()));
        Permission { path: path.to_owned(), recursive, mode, uid: Some(7), gid: None, capabilities }
    }

    #[test]
    fn one_path_or_everything_below() {
        let one = Permissions::new(&[permission("/a/b", false)]).unwrap();
        let apply = |rules: &Permissions, path: &str, kind: &Kind<()>| {
            rules.apply(&path.parse().unwrap(), kind, 0o444, Owner::default())
        };
        let (file, link) = (&Kind::File(()), &Kind::Symlink("x".to_owned()));
        assert_eq!(apply(&one, "a/b/c", file).unwrap().mode, 0o444);
        assert!(one.check_used().is_err());
        let meta = apply(&one, "a/b", file).unwrap();
        assert_eq!((meta.mode, meta.uid, meta.gid, meta.xattrs.len()), (0o4755, 7, 0, 1));
        one.check_used().unwrap();
        assert!(apply(&one, "a/b", link).is_err() && apply(&one, "a/b", &Kind::Directory).is_err());
        let all = Permissions::new(&[permission("/a", true)]).unwrap();
        assert_eq!(apply(&all, "a/b/c", link).unwrap().uid, 7);
        assert_eq!(apply(&all, "ab", file).unwrap().uid, 0);
    }

    #[test]
    fn what_is_no_permission() {
        for (path, mode, capabilities) in [
            ("a", "755", "cap_chown+p"),
            ("/", "755", "cap_chown+p"),
            ("/a/../b", "755", "cap_chown+p"),
            ("/a", "9", "cap_chown+p"),
            ("/a", "17777", "cap_chown+p"),
            ("/a", "755", "chown"),
        ] {
            let (mode, capabilities) = (Some(mode.to_owned()), Some(capabilities.to_owned()));
            let bad = Permission { mode, capabilities, ..permission(path, false) };
            assert!(Permissions::new(&[bad]).is_err(), "{path}");
        }
    }
}
