/// What a registry wants to see before it answers (RFC 9110, `WWW-Authenticate`; distribution's token specification).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token that another address gives.
    Bearer {
        /// Where it gives it.
        realm: String,
        /// For whom it is.
        service: Option<String>,
        /// What the request that was refused would have wanted.
        scope: Option<String>,
        /// Why a token that was sent did not do, as `insufficient_scope`.
        error: Option<String>,
    },
}

impl Challenge {
    /// The challenge to answer, of one header each; a token is taken before a password.
    pub(crate) fn choose<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut found: Vec<Self> = headers.filter_map(Self::parse).collect();
        found.sort_by_key(|challenge| *challenge == Self::Basic);
        found.into_iter().next()
    }

    fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let values = parameters(rest);
        let value = |name: &str| values.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (service, scope, error) = (value("service"), value("scope"), value("error"));
        Some(Self::Bearer { realm: value("realm")?, service, scope, error })
    }
}

/// The `name=value` pairs of a challenge; a value may stand in quotes and then hold commas, and a quoted quote.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| *c == ',' || c.is_whitespace()).is_some() {}
        let mut name = String::new();
        while let Some(c) = rest.next_if(|c| !matches!(c, '=' | ',')) {
            name.push(c.to_ascii_lowercase());
        }
        if rest.next_if_eq(&'=').is_none() {
            // The end, or a word that is no pair.
            if rest.peek().is_none() {
                return all;
            }
            continue;
        }
        let mut value = String::new();
        if rest.next_if_eq(&'"').is_some() {
            while let Some(c) = rest.next() {
                match c {
                    '"' => break,
                    '\\' => value.extend(rest.next()),
                    c => value.push(c),
                }
            }
        } else {
            while let Some(c) = rest.next_if(|c| *c != ',') {
                value.push(c);
            }
        }
        all.push((name.trim().to_owned(), value.trim().to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(headers: &[&str]) -> Option<Challenge> {
        Challenge::choose(headers.iter().copied())
    }

    #[test]
    fn a_token_is_asked_for_where_the_registry_says() {
        let header = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let wanted = Challenge::Bearer {
            realm: "https://auth.docker.io/token".to_owned(),
            service: Some("registry.docker.io".to_owned()),
            scope: Some("repository:a/b:pull,push".to_owned()),
            error: None,
        };
        assert_eq!(choose(&["Basic realm=\"x\"", header]), Some(wanted.clone()));
        assert_eq!(choose(&[header, "Basic realm=\"x\""]), Some(wanted));
    }

    #[test]
    fn odd_challenges_are_read_or_passed_over() {
        let realm = |header: &str| match choose(&[header]) {
            Some(Challenge::Bearer { realm, error, .. }) => Some((realm, error)),
            _ => None,
        };
        assert_eq!(realm("bearer Realm=http://h/t , error=insufficient_scope"), {
            Some(("http://h/t".to_owned(), Some("insufficient_scope".to_owned())))
        });
        assert_eq!(realm(r#"Bearer  service="a\"b", realm="r""#), Some(("r".to_owned(), None)));
        for none in ["Bearer", "Bearer service=\"s\"", "Bearer realm", "Digest realm=\"x\"", "", "Bearer ,,=,"] {
            assert_eq!(choose(&[none]), None, "{none}");
        }
        assert_eq!(choose(&["Basic"]), Some(Challenge::Basic));
    }
}
