use sage_oci_files::FileError;
use sage_oci_http::{BadProxy, Broken};
use sage_oci_image::ImageError;
use sage_oci_names::{BlobDigest, ReferenceError};
use std::time::Duration;

/// Why a registry could not be read or written.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum RegistryError {
    /// A text that is no name.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The name of an image where its repository was wanted.
    #[error("`{text}` is the name of an image, and a repository is wanted")]
    #[hint("give the name without tag and digest: `{name}`")]
    NoRepository {
        /// What was given.
        text: String,
        /// The repository in it.
        name: String,
    },
    /// A proxy variable that cannot be used.
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    /// The file system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The image that is pushed cannot be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The registry said no.
    #[error("{registry} refuses {what}: status {status}{}", after_colon(said))]
    #[hint(with = refusal(registry, *status, said, *known))]
    Refused {
        /// The registry.
        registry: String,
        /// What was asked of it.
        what: String,
        /// The status.
        status: u16,
        /// What it said, its own words, cut.
        said: String,
        /// Whether credentials were sent.
        known: bool,
    },
    /// The registry wants a longer pause than we wait.
    #[error("{registry} wants {} s of quiet before {what}", wait.as_secs())]
    #[hint(
        "too many requests came from this address or account; the same command later goes on from where this one is"
    )]
    Busy {
        /// The registry.
        registry: String,
        /// What was asked of it.
        what: String,
        /// How long it wants to be left alone.
        wait: Duration,
    },
    /// No answer, or half of one, again and again.
    #[error("{what} at {registry} failed {attempts} times: {broken}")]
    #[hint("look at the network and the registry's status page; the same command goes on from where this one is")]
    Broken {
        /// The registry.
        registry: String,
        /// What was asked of it.
        what: String,
        /// What broke, the last time.
        broken: Broken,
        /// How often it was tried.
        attempts: u32,
    },
    /// The address that gives tokens gave none.
    #[error("no token for {registry}: {why}")]
    #[hint(with = Some(login(registry)))]
    NoToken {
        /// The registry.
        registry: String,
        /// What its token server said.
        why: String,
    },
    /// An address without TLS, or with a scheme that we do not speak, where there must be TLS.
    #[error("{registry} sends us to {to}, which is not https")]
    #[hint("the registry or a proxy before it is set up wrongly; nothing was sent there")]
    Insecure {
        /// The registry.
        registry: String,
        /// The host, with its scheme.
        to: String,
    },
    /// An answer that fits no protocol.
    #[error("{registry} answers {what} with something that makes no sense: {why}")]
    #[hint("something between here and the registry may have put its own page there; look at proxies")]
    Nonsense {
        /// The registry.
        registry: String,
        /// What was asked of it.
        what: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// What was sent is not what is there.
    #[error("{registry} has something else than what was sent: {what}")]
    #[hint("the registry is at fault; push again, and where it stays so, tell those who run it")]
    NotKept {
        /// The registry.
        registry: String,
        /// Which part.
        what: String,
    },
    /// A name or digest that is not there.
    #[error("{repository} has no {what}")]
    #[hint(with = absent(repository))]
    Absent {
        /// The repository.
        repository: String,
        /// Which tag or digest.
        what: String,
    },
    /// Something is there, and it is no image and no index.
    #[error("{name} is no image: {why}")]
    NoImage {
        /// What was looked at.
        name: String,
        /// What it is.
        why: String,
    },
    /// The record of begun uploads is from a later version.
    #[error("{path} has format {found}; this version knows {known}")]
    #[hint("push with the version that wrote it, or remove the file: uploads that were begun then start again")]
    NewerJournal {
        /// The file.
        path: String,
        /// Its format.
        found: u64,
        /// The newest one known.
        known: u64,
    },
    /// Other referrers of an image would be lost.
    #[error("somebody else writes the referrers of {subject}, too, and ours was lost {attempts} times")]
    #[hint("run the same again when the other one is through")]
    ReferrersRace {
        /// The image that they are about.
        subject: BlobDigest,
        /// How often it was tried.
        attempts: u32,
    },
    /// [`crate::Options::stop`] was set.
    #[error("interrupted; what was sent is kept, and the same command goes on from there")]
    Stopped,
}

impl RegistryError {
    /// Whether the same again, later, can go better.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Broken { .. } | Self::ReferrersRace { .. } | Self::Stopped => true,
            Self::Refused { status, .. } => is_passing(*status),
            Self::File(error) => error.should_retry(),
            _ => false,
        }
    }
}

/// Whether a status tells of a trouble that may pass by itself.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

fn after_colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(" ({said})") }
}

/// How to let a registry know who one is.
fn login(registry: &str) -> String {
    format!(
        "`docker login {registry}` (or `podman login`) keeps a login for this command, too; in CI set SAGE_OCI_REGISTRY_USER and \
         SAGE_OCI_REGISTRY_PASSWORD, or DOCKER_AUTH_CONFIG"
    )
}

fn refusal(registry: &str, status: u16, said: &str, known: bool) -> Option<String> {
    let words = said.to_ascii_uppercase();
    Some(match status {
        401 if known => {
            format!("the credentials are not right, or no longer, or the account may not do this there; {}", login(registry))
        }
        401 | 403 if !known => format!("no credentials were found for it; {}", login(registry)),
        403 | 401 => "the account may not do this there: look at its rights, at the repository's owner, and, with tags, at rules that make \
                      them immutable"
            .to_owned(),
        404 if words.contains("NAME_UNKNOWN") => {
            "there is no such repository, and this registry makes none by itself, or hides it from this account".to_owned()
        }
        400 if words.contains("NAME_INVALID") => {
            "the registry does not take this repository's name: look at its rules, as for upper case and the number of parts".to_owned()
        }
        405 => "the registry is read-only, or a mirror: push to the one that it mirrors".to_owned(),
        413 => "something before the registry takes no request of this size".to_owned(),
        429 => "too many requests came from this address or account; later the same command goes on".to_owned(),
        507 => "the registry has no room: remove old images there, or raise its quota".to_owned(),
        500..=599 => "the registry is in trouble; the same command later goes on from where this one is".to_owned(),
        _ => return None,
    })
}

fn absent(repository: &str) -> Option<String> {
    Some(format!("`skopeo list-tags docker://{repository}` shows its tags; a private one wants a login"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;

    #[test]
    fn a_refusal_says_what_to_do() {
        let refused = |status, said: &str, known| RegistryError::Refused {
            registry: "ghcr.io".to_owned(),
            what: "the upload of a blob".to_owned(),
            status,
            said: said.to_owned(),
            known,
        };
        let text = refused(401, "UNAUTHORIZED: authentication required", false).to_string();
        assert_eq!(text, "ghcr.io refuses the upload of a blob: status 401 (UNAUTHORIZED: authentication required)");
        for (status, said, known, wanted) in [
            (401, "", false, "`docker login ghcr.io`"),
            (403, "", false, "no credentials were found"),
            (401, "", true, "not right"),
            (403, "", true, "may not do this"),
            (400, "name_invalid: x", true, "upper case"),
            (405, "", true, "read-only"),
            (507, "", true, "no room"),
        ] {
            let hint = refused(status, said, known).hint().unwrap();
            assert!(hint.contains(wanted), "{status}: {hint}");
        }
        assert!(refused(418, "", true).hint().is_none());
        assert!(refused(503, "", true).should_retry() && !refused(507, "", true).should_retry());
    }
}
