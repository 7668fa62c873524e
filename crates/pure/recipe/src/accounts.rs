use crate::route::{Place, place};
use sage_oci_definition::User;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_names::PackageName;
use std::collections::BTreeMap;

/// The users and groups of an image: those that packages declare, then its own user.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    /// The effects in the order of `/etc/passwd`.
    pub(crate) effects: Vec<OwnedEffect>,
    /// User names and numbers.
    pub(crate) users: BTreeMap<String, u32>,
    /// Group names and numbers.
    pub(crate) groups: BTreeMap<String, u32>,
}

impl Accounts {
    /// Gathers them; `owner` is the package that the image's own user is booked under.
    pub(crate) fn new(declared: &[OwnedEffect], own: &User, owner: &PackageName) -> Self {
        let mut effects: Vec<OwnedEffect> =
            declared.iter().filter(|owned| place(&owned.effect) == Place::Users).cloned().collect();
        let mine = [
            Effect::Group { name: own.name.clone(), gid: own.id, members: Vec::new() },
            Effect::User {
                name: own.name.clone(),
                uid: own.id,
                gid: own.id,
                gecos: String::new(),
                home: own.home.clone(),
                shell: own.shell.clone(),
            },
        ];
        effects.extend(mine.map(|effect| OwnedEffect { package: owner.clone(), effect }));
        // The last declaration of a name counts.
        let mut users = BTreeMap::new();
        let mut groups = BTreeMap::new();
        for owned in &effects {
            if let Effect::User { name, uid, .. } = &owned.effect {
                users.insert(name.clone(), *uid);
            }
            if let Effect::Group { name, gid, .. } = &owned.effect {
                groups.insert(name.clone(), *gid);
            }
        }
        Self { effects, users, groups }
    }
}
