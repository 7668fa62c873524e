/// The schemes of addresses that a repository is asked at.
const SCHEMES: [&str; 5] = ["https", "http", "ssh", "git", "file"];

/// The scheme of an address that has one, as `https`; the text before `://`.
pub(crate) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (!scheme.is_empty() && scheme.chars().all(plain)).then_some(scheme)
}

pub(crate) fn is_known(scheme: &str) -> bool {
    SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
}

/// Whether this is ssh's short form, `git@host:path`: a colon before any slash, behind the name of a machine.
pub(crate) fn is_short(text: &str) -> bool {
    let Some((host, path)) = text.split_once(':') else { return false };
    let machine = host.rsplit('@').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let user = host.matches('@').count() <= 1 && !host.starts_with(['@', '-', '.']);
    user && !machine.is_empty()
        && machine.chars().all(plain)
        && !machine.starts_with(['-', '.'])
        && !path.is_empty()
        && !path.starts_with(':')
        && !path.starts_with("//")
}

/// Whether an address leads to another machine, so that it means the same everywhere.
pub fn is_remote(address: &str) -> bool {
    match scheme(address) {
        Some(scheme) => is_known(scheme) && !scheme.eq_ignore_ascii_case("file"),
        None => is_short(address),
    }
}

/// An address without the password or token that it may hold; ssh's user stays, for without it the address leads nowhere.
pub fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // A query may hold a token too, and no repository needs one; elsewhere these are characters like others.
    let http = scheme.to_ascii_lowercase().starts_with("http");
    let path = if http { path.split(['?', '#']).next().unwrap_or_default() } else { path };
    let Some((user, host)) = authority.rsplit_once('@') else { return format!("{scheme}://{authority}{path}") };
    let user = user.split(':').next().unwrap_or_default();
    match scheme.eq_ignore_ascii_case("ssh") && !user.is_empty() {
        true => format!("{scheme}://{user}@{host}{path}"),
        // Over http a lone user is often a token.
        false => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_go() {
        for (from, to) in [
            ("https://h/p", "https://h/p"),
            ("https://u:secret@h/p", "https://h/p"),
            ("https://ghp_secret@h:8080/p@x", "https://h:8080/p@x"),
            ("https://u:se@cret@h/p?token=secret#secret", "https://h/p"),
            ("ssh://git:secret@h/p", "ssh://git@h/p"),
            ("git@h:p", "git@h:p"),
            ("file:///a b/c", "file:///a b/c"),
        ] {
            assert_eq!(without_password(from), to);
        }
    }

    #[test]
    fn what_leads_to_another_machine() {
        for yes in ["https://h/p", "ssh://h/p", "git@h:p", "h:p/q", "HTTP://h"] {
            assert!(is_remote(yes), "{yes}");
        }
        for no in ["/a/b", "../a", "file:///a", "a/b:c", "ext::sh -c x", "C", ".@HEAD:a", "-x:a", "foo://h", "h:"] {
            assert!(!is_remote(no), "{no}");
        }
    }
}
