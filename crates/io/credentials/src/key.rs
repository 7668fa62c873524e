//! The names under which credentials are kept.

use std::cmp::Reverse;

/// Docker Hub's name as people write it.
const HUB: &str = "docker.io";

/// The name under which docker keeps what is for Docker Hub, and asks its helpers for it.
pub(crate) const HUB_SERVER: &str = "https://index.docker.io/v1/";

/// A registry's host and, where podman's keys have one, the repository or the part of a path for which a credential is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) host: String,
    /// Without slashes at its ends; empty for the whole registry.
    pub(crate) path: String,
}

impl Key {
    /// Takes a key of `auths` or `credHelpers`, or a registry's name, apart.
    ///
    /// With a scheme it is an address in docker's way, of which docker takes the host; without one it may have a path in podman's
    /// way, unless that is the version of the API that old versions of docker wrote.
    pub(crate) fn parse(text: &str) -> Self {
        let address = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let (host, path) = address.unwrap_or(text).split_once('/').unwrap_or((address.unwrap_or(text), ""));
        // A name and a password have no business in an address; as part of a host they would be shown.
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host).to_ascii_lowercase();
        let path = path.trim_matches('/');
        let path = if address.is_some() || ["v1", "v2"].contains(&path) { "" } else { path };
        let host =
            if ["index.docker.io", "registry-1.docker.io"].contains(&host.as_str()) { HUB.to_owned() } else { host };
        Self { host, path: path.to_owned() }
    }

    /// Whether what is kept under this key is for this repository, or for the whole registry where none is given.
    pub(crate) fn covers(&self, registry: &Key, repository: Option<&str>) -> bool {
        let within = |repository: &str| {
            repository.strip_prefix(self.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.host == registry.host && (self.path.is_empty() || repository.is_some_and(within))
    }

    /// The names under which a helper may keep what is for this registry.
    pub(crate) fn servers(&self) -> Vec<&str> {
        // Docker's way first, then podman's.
        if self.host == HUB { vec![HUB_SERVER, HUB] } else { vec![&self.host] }
    }
}

/// A key as an error may show it.
pub(crate) fn shown(key: &str) -> String {
    match key.split_once('@') {
        Some(_) => Key::parse(key).host,
        None => key.to_owned(),
    }
}

/// The keys that cover a repository, the most special first; of those for a whole registry the one that docker writes itself.
pub(crate) fn matching<'a>(
    keys: impl Iterator<Item = &'a str>,
    registry: &Key,
    repository: Option<&str>,
) -> Vec<&'a str> {
    let mut found: Vec<(usize, bool, &str)> = keys
        .map(|text| (Key::parse(text), text))
        .filter(|(key, _)| key.covers(registry, repository))
        .map(|(key, text)| (key.path.len(), registry.servers()[0] == text, text))
        .collect();
    found.sort_by_key(|(length, own, _)| Reverse((*length, *own)));
    found.into_iter().map(|(_, _, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String) {
        let Key { host, path } = Key::parse(text);
        (host, path)
    }

    #[test]
    fn keys_are_taken_apart() {
        for (text, host, path) in [
            ("ghcr.io", "ghcr.io", ""),
            ("GHCR.io", "ghcr.io", ""),
            ("https://ghcr.io", "ghcr.io", ""),
            ("http://localhost:5000/", "localhost:5000", ""),
            ("https://host/v1/", "host", ""),
            ("https://host/team/", "host", ""),
            ("host/v2", "host", ""),
            ("host/v2/team", "host", "v2/team"),
            ("quay.io/org/repo/", "quay.io", "org/repo"),
            ("https://index.docker.io/v1/", "docker.io", ""),
            ("registry-1.docker.io", "docker.io", ""),
            ("docker.io/sagemath", "docker.io", "sagemath"),
            ("https://user:word@host/v2/", "host", ""),
        ] {
            assert_eq!(parts(text), (host.to_owned(), path.to_owned()), "{text}");
        }
        assert_eq!(shown("https://user:word@host/v2/"), "host");
        assert_eq!(shown("https://host/v2/"), "https://host/v2/");
    }

    #[test]
    fn the_longest_comes_first_and_ends_at_a_slash() {
        let keys = ["quay.io", "quay.io/o", "quay.io/org", "quay.io/org/repo", "quay.io/org/repo2", "example.org/org"];
        let find = |repository| matching(keys.into_iter(), &Key::parse("quay.io"), repository);
        assert_eq!(find(Some("org/repo")), ["quay.io/org/repo", "quay.io/org", "quay.io"]);
        assert_eq!(find(Some("orga")), ["quay.io"]);
        assert_eq!(find(None), ["quay.io"]);
    }

    #[test]
    fn of_equal_keys_dockers_own_is_first() {
        let keys = ["docker.io", "https://index.docker.io/v1/", "index.docker.io"];
        let found = matching(keys.into_iter(), &Key::parse("registry-1.docker.io"), None);
        assert_eq!(found, ["https://index.docker.io/v1/", "docker.io", "index.docker.io"]);
        let found = matching(["http://host/", "host"].into_iter(), &Key::parse("host"), None);
        assert_eq!(found, ["host", "http://host/"]);
    }
}
