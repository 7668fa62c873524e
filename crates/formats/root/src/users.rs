use crate::{Installed, Item, RootError};
use sage_oci_effects::{Effect, OwnedEffect};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Seconds of a day: `shadow` counts in days.
const DAY: u64 = 86_400;
/// Numbers that a user or group of a person begins at; below are the system's (Debian policy 9.2.2).
const FIRST_PERSON: u32 = 1000;
/// Numbers that base-passwd hands out itself end here.
const LAST_STATIC: u32 = 99;
/// `nobody` and `nogroup`, static too.
const NOBODY: u32 = 65_534;
/// The first subordinate number, as `SUB_UID_MIN` of login.defs has it, and how many a user gets.
const SUBORDINATE: &str = "100000:65536";
/// What a new home is filled with.
const SKELETON: &str = "etc/skel";

struct User<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    gecos: &'a str,
    home: &'a str,
    shell: &'a str,
}

/// The account files, the image user's home and sudo rights.
///
/// `effects` are users and groups in order; `day` zero of the lock is the date of every password's last change.
/// `read` gives the bytes of a packaged file of [`skeleton`].
///
/// # Errors
///
/// The image's user is not among the effects, a name or number comes twice, or sudo is asked for and not installed.
pub(crate) fn users(
    name: &str,
    sudo: bool,
    epoch: u64,
    effects: &[OwnedEffect],
    installed: &Installed,
    read: impl Fn(&str) -> Result<Vec<u8>, RootError>,
) -> Result<Vec<Item>, RootError> {
    let mut accounts = Accounts { days: epoch / DAY, ..Accounts::default() };
    let mut image_user = None;
    for owned in effects {
        match &owned.effect {
            Effect::Group { name, gid, members } => accounts.group(name, *gid, members)?,
            Effect::User { name: user, uid, gid, gecos, home, shell } => {
                let user = User { name: user, uid: *uid, gid: *gid, gecos, home, shell };
                accounts.user(&user)?;
                if user.name == name {
                    image_user = Some(user);
                }
            }
            _ => {}
        }
    }
    let missing = || RootError::UnknownOwner { kind: "user", name: name.to_owned(), path: "/etc/passwd".to_owned() };
    let user = image_user.ok_or_else(missing)?;
    let mut items = accounts.items()?;
    for file in ["/etc/subuid", "/etc/subgid"] {
        items.push(Item::file(file, 0o644, format!("{name}:{SUBORDINATE}\n"))?);
    }
    items.push(Item::directory(user.home, 0o755)?.owned(user.uid, user.gid));
    for (path, node) in installed.files_below(SKELETON) {
        let copy = format!("{}{}", user.home.trim_end_matches('/'), &path.as_str()[SKELETON.len()..]);
        items.push(Item::file(&copy, node.mode, read(path.as_str())?)?.owned(user.uid, user.gid));
    }
    if sudo {
        if !installed.exists("/usr/bin/sudo") {
            return Err(RootError::Absent {
                path: "/usr/bin/sudo".to_owned(),
                wanted_by: "the user's sudo right".to_owned(),
            });
        }
        // sudo skips files whose names have a dot.
        let file = format!("/etc/sudoers.d/{}", name.replace('.', "_"));
        items.push(Item::file(&file, 0o440, format!("{name} ALL=(ALL:ALL) NOPASSWD: ALL\n"))?);
    }
    Ok(items)
}

/// The packaged files that a new home begins with.
pub(crate) fn skeleton(installed: &Installed) -> BTreeSet<String> {
    installed.files_below(SKELETON).map(|(path, _)| path.to_string()).collect()
}

/// The four files, as they grow.
#[derive(Default)]
struct Accounts {
    days: u64,
    passwd: String,
    shadow: String,
    group: String,
    gshadow: String,
    names: BTreeSet<(&'static str, String)>,
    shadow_group: Option<u32>,
}

impl Accounts {
    fn claim(&mut self, kind: &'static str, name: &str, number: u32) -> Result<(), RootError> {
        for key in [name.to_owned(), number.to_string()] {
            if !self.names.insert((kind, key)) {
                return Err(RootError::AccountTwice { kind, name: name.to_owned(), number });
            }
        }
        Ok(())
    }

    fn user(&mut self, user: &User) -> Result<(), RootError> {
        self.claim("user", user.name, user.uid)?;
        check(&[user.name, user.gecos, user.home, user.shell])?;
        let User { name, uid, gid, gecos, home, shell } = user;
        // Writing to a string cannot fail.
        let _ = writeln!(self.passwd, "{name}:x:{uid}:{gid}:{gecos}:{home}:{shell}");
        let days = self.days;
        // As pwconv, useradd and `useradd --system` write it: only people's and static passwords have ages.
        let _ = match *uid {
            NOBODY | 0..=LAST_STATIC => writeln!(self.shadow, "{name}:*:{days}:0:99999:7:::"),
            FIRST_PERSON.. => writeln!(self.shadow, "{name}:!:{days}:0:99999:7:::"),
            _ => writeln!(self.shadow, "{name}:!:{days}::::::"),
        };
        Ok(())
    }

    fn group(&mut self, name: &str, gid: u32, members: &[String]) -> Result<(), RootError> {
        self.claim("group", name, gid)?;
        let mut fields: Vec<&str> = members.iter().map(String::as_str).collect();
        fields.push(name);
        check(&fields)?;
        let members = members.join(",");
        let _ = writeln!(self.group, "{name}:x:{gid}:{members}");
        let lock = if gid <= LAST_STATIC || gid == NOBODY { '*' } else { '!' };
        let _ = writeln!(self.gshadow, "{name}:{lock}::{members}");
        if name == "shadow" {
            self.shadow_group = Some(gid);
        }
        Ok(())
    }

    fn items(self) -> Result<Vec<Item>, RootError> {
        // Without the group nobody but root reads them: safe, and what shadow(5) asks for at least.
        let gid = self.shadow_group.unwrap_or(0);
        Ok(vec![
            Item::file("/etc/passwd", 0o644, self.passwd)?,
            Item::file("/etc/group", 0o644, self.group)?,
            Item::file("/etc/shadow", 0o640, self.shadow)?.owned(0, gid),
            Item::file("/etc/gshadow", 0o640, self.gshadow)?.owned(0, gid),
        ])
    }
}

/// A field with a colon or a newline would make another account.
fn check(fields: &[&str]) -> Result<(), RootError> {
    match fields.iter().find(|field| field.contains([':', '\n'])) {
        Some(field) => Err(RootError::AccountField { field: (*field).to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installed::tests::tree;
    use sage_oci_names::PackageName;

    fn user(name: &str, uid: u32) -> OwnedEffect {
        let home = if name == "root" { "/root".to_owned() } else { format!("/home/{name}") };
        let effect =
            Effect::User { name: name.into(), uid, gid: uid, gecos: String::new(), home, shell: "/bin/bash".into() };
        OwnedEffect { package: PackageName::parse("base-passwd").unwrap(), effect }
    }

    fn group(name: &str, gid: u32, members: &[&str]) -> OwnedEffect {
        let members = members.iter().map(|name| (*name).to_owned()).collect();
        OwnedEffect {
            package: PackageName::parse("base-passwd").unwrap(),
            effect: Effect::Group { name: name.into(), gid, members },
        }
    }

    fn make(effects: &[OwnedEffect], sudo: bool) -> Result<Vec<Item>, RootError> {
        let installed = tree(&["usr/bin/sudo", "etc/skel/.bashrc"]);
        users("sage", sudo, 86_400 * 20_000 + 5, effects, &installed, |path| {
            assert_eq!(path, "etc/skel/.bashrc");
            Ok(b"alias".to_vec())
        })
    }

    fn text(items: &[Item], path: &str) -> String {
        let item = items.iter().find(|item| item.path == path).unwrap();
        match &item.content {
            crate::Content::File(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            _ => panic!("{path} is no file"),
        }
    }

    #[test]
    fn the_four_files_agree() {
        let effects = [
            group("root", 0, &[]),
            group("shadow", 42, &[]),
            group("sudo", 27, &["sage"]),
            group("sage", 1000, &[]),
            group("_apt", 101, &[]),
            user("root", 0),
            user("_apt", 101),
            user("sage", 1000),
        ];
        let items = make(&effects, true).unwrap();
        assert_eq!(text(&items, "etc/group"), "root:x:0:\nshadow:x:42:\nsudo:x:27:sage\nsage:x:1000:\n_apt:x:101:\n");
        assert_eq!(text(&items, "etc/gshadow"), "root:*::\nshadow:*::\nsudo:*::sage\nsage:!::\n_apt:!::\n");
        assert!(text(&items, "etc/passwd").ends_with("sage:x:1000:1000::/home/sage:/bin/bash\n"));
        assert_eq!(
            text(&items, "etc/shadow"),
            "root:*:20000:0:99999:7:::\n_apt:!:20000::::::\nsage:!:20000:0:99999:7:::\n"
        );
        let shadow = items.iter().find(|item| item.path == "etc/shadow").unwrap();
        assert_eq!((shadow.mode, shadow.gid), (0o640, 42));
        let copy = items.iter().find(|item| item.path == "home/sage/.bashrc").unwrap();
        assert_eq!((copy.uid, copy.gid, copy.mode), (1000, 1000, 0o644));
        let rights = items.iter().find(|item| item.path == "etc/sudoers.d/sage").unwrap();
        assert_eq!(rights.mode, 0o440);
    }

    #[test]
    fn doubles_and_injections_are_refused() {
        assert!(make(&[user("root", 0)], false).is_err(), "the image's user is missing");
        assert!(make(&[user("sage", 1000), user("x", 1000)], false).is_err());
        assert!(make(&[user("sage", 1000), user("evil:x:0:0", 5)], false).is_err());
    }

    /// `pwck` and `grpck` of the machine that tests read the files and must find nothing to say.
    #[test]
    fn pwck_and_grpck_are_content() {
        let effects = [
            group("root", 0, &[]),
            group("shadow", 42, &[]),
            group("sage", 1000, &[]),
            user("root", 0),
            user("sage", 1000),
        ];
        let dir = tempfile::tempdir().unwrap();
        for item in make(&effects, false).unwrap() {
            if let crate::Content::File(bytes) = &item.content {
                let path = dir.path().join(&item.path);
                sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
                sage_oci_files::write_atomic(path, bytes).unwrap();
            }
        }
        let etc = dir.path().join("etc");
        for (tool, first, second) in [("grpck", "group", "gshadow"), ("pwck", "passwd", "shadow")] {
            let output = std::process::Command::new(tool)
                .args(["-r".as_ref(), etc.join(first).as_os_str(), etc.join(second).as_os_str()])
                .output()
                .unwrap_or_else(|error| panic!("the test needs {tool} of the package passwd: {error}"));
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            // Homes do not exist here, and the home's absence is all that may be said.
            let rest: Vec<_> =
                said.lines().filter(|line| !line.contains("does not exist") && !line.contains("no changes")).collect();
            assert!(rest.is_empty(), "{tool}: {said}");
        }
    }
}
