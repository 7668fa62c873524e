/// An exchange that came to no answer, or whose body broke off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum Broken {
    /// Nothing came for the whole time-out.
    #[error("no answer ({what} timed out)")]
    TimedOut {
        /// The phase that took too long.
        what: String,
    },
    /// The other side's certificate is signed by nobody whom this machine trusts, or is not valid.
    #[error("{why}")]
    #[hint(
        "does a proxy answer with certificates of its own? Name a bundle with its authority in SSL_CERT_FILE; what Nix runs in \
         its sandbox sees that file only when nix.conf lists it in `sandbox-paths` (or: --option extra-sandbox-paths FILE)"
    )]
    Untrusted {
        /// What the TLS library said.
        why: String,
    },
    /// The connection could not be made or broke, or what came was no HTTP.
    #[error("{why}")]
    Connection {
        /// What the system or the protocol library said.
        why: String,
        /// Whether the same again can go better.
        retry: bool,
    },
}

impl Broken {
    /// Whether the same again, later, can go better.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Untrusted { .. } => false,
            Self::Connection { retry, .. } => *retry,
        }
    }

    /// An error of the HTTP library.
    pub fn of(error: &ureq::Error) -> Self {
        use ureq::Error as E;
        match error {
            E::Timeout(what) => Self::TimedOut { what: what.to_string() },
            E::Io(error) => Self::of_reading(error),
            E::HostNotFound => Self::Connection { why: "the host name is not known".to_owned(), retry: true },
            E::Rustls(rustls::Error::InvalidCertificate(_)) => Self::Untrusted { why: error.to_string() },
            E::BadUri(_) | E::TooManyRedirects | E::RedirectFailed | E::Tls(_) | E::Rustls(_) | E::Pem(_) => {
                Self::Connection { why: error.to_string(), retry: false }
            }
            other => Self::Connection { why: other.to_string(), retry: true },
        }
    }

    /// An error in the middle of a body, where the library wraps its own errors.
    pub fn of_reading(error: &std::io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
            Some(inner) => Self::of(inner),
            None if matches!(error.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) => {
                Self::TimedOut { what: error.to_string() }
            }
            None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Connection { why: "the other side closed the connection".to_owned(), retry: true }
            }
            None if is_of_certificate(error) => Self::Untrusted { why: error.to_string() },
            None => Self::Connection { why: error.to_string(), retry: true },
        }
    }
}

/// Whether it is rustls that refused the certificate: the handshake is part of the first read or write.
fn is_of_certificate(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}
