use crate::RootError;
use std::collections::BTreeMap;

/// The numbers behind the names of users and groups.
#[derive(Debug, Clone, Copy)]
pub struct Owners<'a> {
    users: &'a BTreeMap<String, u32>,
    groups: &'a BTreeMap<String, u32>,
}

impl<'a> Owners<'a> {
    /// From the numbers of users and of groups.
    pub fn new(users: &'a BTreeMap<String, u32>, groups: &'a BTreeMap<String, u32>) -> Self {
        Self { users, groups }
    }

    /// The numbers of an effect's owner and group, whose names must be known; `root` always is, and a number is one.
    ///
    /// # Errors
    ///
    /// A name is neither known nor a number; `path` is whose owner it should be.
    pub fn of(&self, owner: &str, group: &str, path: &str) -> Result<(u32, u32), RootError> {
        let find = |names: &BTreeMap<String, u32>, kind, name: &str| match names.get(name) {
            Some(number) => Ok(*number),
            None if name == "root" => Ok(0),
            None => {
                name.parse().map_err(|_| RootError::UnknownOwner { kind, name: name.to_owned(), path: path.to_owned() })
            }
        };
        Ok((find(self.users, "user", owner)?, find(self.groups, "group", group)?))
    }

    /// The numbers of an archive's entry: by name where the image has the name, else as written. dpkg does the same.
    pub fn of_entry(&self, entry: &sage_oci_tree::Entry) -> (u32, u32) {
        let find = |names: &BTreeMap<String, u32>, name: &str, number| names.get(name).copied().unwrap_or(number);
        (find(self.users, &entry.owner, entry.uid), find(self.groups, &entry.group, entry.gid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_before_numbers() {
        let users = BTreeMap::from([("man".to_owned(), 6)]);
        let groups = BTreeMap::new();
        let owners = Owners::new(&users, &groups);
        assert_eq!(owners.of("man", "root", "/x").unwrap(), (6, 0));
        assert_eq!(owners.of("1000", "1000", "/x").unwrap(), (1000, 1000));
        assert!(owners.of("root", "nobody-knows", "/x").is_err());
    }
}
