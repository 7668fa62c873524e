use sage_oci_http::{BadProxy, Broken};

/// The action of an exchange of tokens, whose refusals have reasons of their own.
pub(crate) const EXCHANGE: &str = "exchange GitHub's token for one of Docker's";

/// Why the page is not as it should be.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum HubError {
    /// An address that no secret may be sent to.
    #[error("`{address}` is no address for a password: {why}")]
    #[hint("it must begin with https://, or with http:// for this machine")]
    BadAddress {
        /// The address, without what may be secret in it.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A variable that should hold a proxy.
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    /// No answer came.
    #[error("cannot {action}: {host}: {source}")]
    #[hint("look at the network, and at https://www.dockerstatus.com")]
    NoAnswer {
        /// What was tried.
        action: &'static str,
        /// Who was asked.
        host: String,
        /// What went wrong.
        source: Broken,
    },
    /// An answer that is a refusal.
    #[error("cannot {action}: {host} answered with status {code}{}", meaning(*code))]
    #[hint(with = advice(action, *code, *wait))]
    Refused {
        /// What was tried.
        action: &'static str,
        /// Who was asked.
        host: String,
        /// The status.
        code: u16,
        /// How many seconds it asks to wait.
        wait: Option<u64>,
    },
    /// An answer that is not what the API promises.
    #[error("cannot {action}: the answer of {host} has no `{field}`")]
    #[hint(
        "the Hub's way to change a page is not documented, and may have changed; change it by hand at https://hub.docker.com"
    )]
    Answer {
        /// What was tried.
        action: &'static str,
        /// Who was asked.
        host: String,
        /// What is missing.
        field: &'static str,
    },
    /// The page was taken, and another text is there.
    #[error("{host} took the page of `{repository}`, and shows another text")]
    #[hint("somebody else may have changed it meanwhile; look at it, and do it again")]
    NotKept {
        /// The Hub.
        host: String,
        /// The repository.
        repository: String,
    },
}

impl HubError {
    /// Whether the same again, later, can go better.
    pub fn should_retry(&self) -> bool {
        match self {
            HubError::NoAnswer { source, .. } => source.should_retry(),
            HubError::Refused { code, .. } => matches!(code, 408 | 429 | 500..=599),
            HubError::NotKept { .. } => true,
            HubError::BadAddress { .. } | HubError::Proxy(_) | HubError::Answer { .. } => false,
        }
    }
}

fn meaning(code: u16) -> &'static str {
    match code {
        300..=399 => " (a redirect, which no password follows)",
        401 => " (the name or the password is wrong)",
        403 => " (not allowed)",
        404 => " (there is no such repository, or it is not for this user)",
        429 => " (too many requests)",
        500..=599 => " (the server's fault)",
        _ => "",
    }
}

fn advice(action: &str, code: u16, wait: Option<u64>) -> Option<String> {
    match (code, wait) {
        (429, Some(seconds)) => Some(format!("try again after {seconds} s")),
        (429, None) => Some("try again in some minutes".to_owned()),
        // RFC 8693 takes 400 from OAuth for an exchange that is refused.
        (400 | 401 | 403, _) if action == EXCHANGE => {
            Some("do the rules of the Hub's OIDC connection allow this workflow and this branch?".to_owned())
        }
        (401, _) => Some(
            "the password is an access token of the Hub, for the user or organisation that the name says".to_owned(),
        ),
        (403, _) => {
            Some("the user must be one who may edit the repository, and the access token one that may write".to_owned())
        }
        (404, _) => Some("make the repository on the Hub first, or push an image to it".to_owned()),
        _ => None,
    }
}
