use super::ClosureBuildError;
use crate::StepError;
use sage_oci_step::AddedUser;

/// `/etc/passwd` of an image that brings none.
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n";
/// `/etc/group` of an image that brings none.
const GROUP: &str = "root:x:0:\nnobody:x:65534:\n";

/// The texts of `/etc/passwd` and `/etc/group`: the base image's or the usual ones, and the added user.
///
/// # Errors
/// The user's name, number or group is taken, or a text would break the files apart.
pub(crate) fn texts(
    passwd: Option<&str>,
    group: Option<&str>,
    user: Option<&AddedUser>,
) -> Result<(String, String), StepError> {
    let mut passwd = whole_lines(passwd.unwrap_or(PASSWD));
    let mut group = whole_lines(group.unwrap_or(GROUP));
    if let Some(user) = user {
        let fail = |why: String| ClosureBuildError::User { name: user.name.clone(), why };
        let (name, home, shell, uid, gid) = (&user.name, user.home(), user.shell(), user.uid, user.gid());
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
        if !first || !name.bytes().all(rest) || name.len() > 32 {
            return Err(fail(
                "a name begins with a lower-case letter and has at most 32 letters, digits, `_`, `-` and `.`"
                    .to_owned(),
            )
            .into());
        }
        if let Some(bad) =
            [home.as_str(), shell].into_iter().find(|path| !path.starts_with('/') || path.contains([':', '\n']))
        {
            return Err(fail(format!("`{bad}` is no absolute path without colons")).into());
        }
        if let Some(line) = taken(&passwd, name, uid) {
            return Err(fail(format!("its name or number {uid} is taken by `{line}`")).into());
        }
        passwd.push_str(&format!("{name}:x:{uid}:{gid}:{name}:{home}:{shell}\n"));
        // A group that is there already under this name and number is fine; half of that is not.
        match taken(&group, name, gid) {
            None => group.push_str(&format!("{name}:x:{gid}:\n")),
            Some(line) if line.split(':').nth(2) == Some(&gid.to_string()) => {}
            Some(line) => return Err(fail(format!("its group's number is not {gid}: `{line}`")).into()),
        }
    }
    Ok((passwd, group))
}

fn whole_lines(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}")
}

/// The line with this name or number; both files have them in the first and third field.
fn taken<'a>(text: &'a str, name: &str, number: u32) -> Option<&'a str> {
    text.lines().find(|line| {
        let mut fields = line.split(':');
        fields.next() == Some(name) || fields.nth(1) == Some(number.to_string().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, uid: u32) -> AddedUser {
        AddedUser { name: name.to_owned(), uid, gid: None, home: None, shell: None }
    }

    #[test]
    fn a_user_beside_root_and_nobody() {
        let (passwd, group) = texts(None, None, Some(&user("me", 1000))).unwrap();
        assert_eq!(passwd.lines().last(), Some("me:x:1000:1000:me:/home/me:/bin/sh"));
        assert_eq!(group, "root:x:0:\nnobody:x:65534:\nme:x:1000:\n");
    }

    #[test]
    fn the_base_images_accounts_stay() {
        let (passwd, group) = texts(Some("root:x:0:0::/:/x"), Some("users:x:100:"), Some(&user("me", 5))).unwrap();
        assert!(passwd.starts_with("root:x:0:0::/:/x\nme:"), "{passwd}");
        assert_eq!(group, "users:x:100:\nme:x:5:\n");
        let shared = AddedUser { gid: Some(100), ..user("me", 5) };
        assert_eq!(texts(None, Some("users:x:100:"), Some(&shared)).unwrap().1, "users:x:100:\n");
    }

    #[test]
    fn what_cannot_be_added() {
        let colon = AddedUser { home: Some("/a:b".to_owned()), ..user("me", 1) };
        for bad in [user("root", 7), user("me", 0), user("Me", 7), user("a:b", 7), user("", 7), colon] {
            assert!(texts(None, None, Some(&bad)).is_err(), "{bad:?}");
        }
        assert!(texts(None, Some("me:x:7:"), Some(&user("me", 8))).is_err());
    }
}
